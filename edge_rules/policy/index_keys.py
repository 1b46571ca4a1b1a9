"""Which facts a condition compares with constants: what a rule can be found by."""

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

from edge_rules.cel.environment import Checked, Variable
from edge_rules.cel.generator import UNKNOWN, constant_of
from edge_rules.cel.syntax import Call, Expr, Literal, Select
from edge_rules.cel.types import BOOL, INT, STRING, list_of
from edge_rules.cel.values import Value

MAX_KEYS = 4  # of one rule; more comparisons are judged after the rule is found
MAX_ENTRIES = 64  # places in the index that one rule takes, for its lists of words

_KEYED: Final = {STRING: str, INT: int, BOOL: bool}  # where equal in Python is equal in CEL


@dataclass(frozen=True, slots=True)
class Key:
    """One fact to look up; `guarded` when the rule asks has() first, so that it may lack."""

    fact: str
    kind: type
    guarded: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """How a rule is found: the keys in the rule's order, the constants, and what is left to ask.

    `literals` are the ids of the constants that stand in the text as such, else None.
    """

    keys: tuple[Key, ...]
    values: tuple[tuple[Value, ...], ...]
    literals: tuple[int | None, ...]
    rest: tuple[Expr, ...]

    def gaps(self, holes: tuple[int, ...]) -> tuple[int | None, ...]:
        """Say for each key which of a shape's holes it is compared with, if it is one."""
        return tuple(holes.index(id_) if id_ in holes else None for id_ in self.literals)

    def paths(
        self, gaps: tuple[int | None, ...], given: tuple[str, ...]
    ) -> list[tuple[Value, ...]]:
        """List the constants a rule stands under, its own texts in the gaps."""
        if None not in gaps:
            return [tuple([given[gap] for gap in gaps if gap is not None])]
        options = [
            each if gap is None else (given[gap],)
            for each, gap in zip(self.values, gaps, strict=True)
        ]
        return list(product(*options))


def plan_of(checked: Checked) -> Plan:
    """Take apart a condition that holds only if some facts equal constants."""
    operands = conjuncts(checked.root)
    guarded = {
        reference.name
        for node in operands
        if isinstance(node, Select) and node.test
        and isinstance(reference := checked.references.get(node.id), Variable)
    }  # fmt: skip
    keys: list[Key] = []
    values: list[tuple[Value, ...]] = []
    literals: list[int | None] = []
    rest: list[Expr] = []
    for node in operands:
        found = _compared(node, checked)
        if found is None or len(keys) == MAX_KEYS or not _few([*values, found[1]]):
            rest.append(node)
            continue
        fact, wanted, literal = found
        kind = _KEYED[checked.types[fact.id]]
        name = _variable(fact, checked)
        keys.append(Key(name, kind, name in guarded))
        values.append(wanted)
        literals.append(literal)
    return Plan(tuple(keys), tuple(values), tuple(literals), tuple(rest))


def conjuncts(root: Expr) -> tuple[Expr, ...]:
    """List what must all be true."""
    return root.args if isinstance(root, Call) and root.function == "_&&_" else (root,)


def _few(values: list[tuple[Value, ...]]) -> bool:
    return prod(map(len, values)) <= MAX_ENTRIES


def _compared(node: Expr, checked: Checked) -> tuple[Expr, tuple[Value, ...], int | None] | None:
    """Return the fact, the constants one of which it must equal, and the literal's id."""
    if not isinstance(node, Call) or len(node.args) != 2 or node.target is not None:
        return None
    left, right = node.args
    if node.function == "_==_":
        for fact, other in ((left, right), (right, left)):
            if _variable(fact, checked) and checked.types[fact.id] == checked.types[other.id]:
                value = constant_of(other, checked)
                if checked.types[fact.id] in _KEYED and value is not UNKNOWN:
                    return fact, (value,), other.id if isinstance(other, Literal) else None
    if node.function == "@in" and _variable(left, checked):
        kind = checked.types[left.id]
        held = constant_of(right, checked)
        if kind in _KEYED and checked.types[right.id] == list_of(kind) and type(held) is tuple:
            return left, tuple(dict.fromkeys(held)), None
    return None


def _variable(node: Expr, checked: Checked) -> str:
    """Name the fact that a node reads, if it reads one."""
    reference = checked.references.get(node.id)
    if isinstance(reference, Variable) and not (isinstance(node, Select) and node.test):
        return reference.name
    return ""
