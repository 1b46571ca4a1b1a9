"""How the doubles and texts of some expressions are written: as plainly as what they ask allows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from edge_rules.cel.environment import Checked, Constant, Shape
from edge_rules.cel.generator import UNKNOWN, constant_of
from edge_rules.cel.syntax import Call, Expr, Literal, children
from edge_rules.cel.types import DOUBLE, STRING, list_of
from edge_rules.facts import FIELDS
from edge_rules.policy.proving.doubles import Doubles, Floats, Places
from edge_rules.policy.proving.texts import Line, Sequences, Texts

EQUALITY: Final = ("_==_", "_!=_")
ORDER: Final = ("_<_", "_<=_", "_>_", "_>=_")
_OF_PLACES: Final = ("_?_:_", "-_", "@in", "_[_]", "size", "math.greatest", "math.least")
_OF_CHARACTERS: Final = ("size", "contains", "endsWith", "_+_")


@dataclass(frozen=True, slots=True)
class Manner:
    """How one question is written."""

    doubles: Doubles
    texts: Texts


def manner_of(expressions: Iterable[Checked], words: Iterable[str]) -> Manner:
    """Choose how to write expressions; `words` are texts that are compared beside them."""
    known = {*words, *(word for field in FIELDS.values() for word in field.words)}
    floats = sequences = ordered = False
    for checked, node in _parts(expressions, known):
        if not isinstance(node, Call) or constant_of(node, checked) is not UNKNOWN:
            known.update(_said(node, checked))
            continue
        floats = floats or _reckons(node, checked)
        sequences = sequences or _takes_apart(node, checked)
        ordered = ordered or (node.function in ORDER and _asks(node, checked, STRING))
    texts: Texts = Sequences(ordered=ordered) if sequences else Line(known)
    return Manner(Floats() if floats else Places(), texts)


def _parts(expressions: Iterable[Checked], known: set[str]) -> Iterator[tuple[Checked, Expr]]:
    """List all parts of some expressions, those of one shape once; their own words are `known`."""
    seen: set[Shape] = set()
    for checked in expressions:
        if checked.shape is not None:
            known.update(checked.values)
            if checked.shape in seen:
                continue
            seen.add(checked.shape)
        waiting = [checked.root]
        while waiting:
            node = waiting.pop()
            yield checked, node
            waiting += children(node)


def _said(node: Expr, checked: Checked) -> Iterator[str]:
    reference = checked.references.get(node.id)
    value = reference.value if isinstance(reference, Constant) else None
    if isinstance(node, Literal):
        value = node.value
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, str):
            yield each


def _asks(node: Call, checked: Checked, *kinds: object) -> bool:
    asked = (*node.args, *([node.target] if node.target else []))
    return any(checked.types[each.id] in kinds for each in asked)


def _reckons(node: Call, checked: Checked) -> bool:
    """Whether a call does more with doubles than to compare them."""
    if node.function in (*EQUALITY, *ORDER):
        left, right = node.args
        types = [checked.types[side.id] for side in (left, right)]
        if DOUBLE not in types or types[0] == types[1]:
            return False
        other = left if types[1] == DOUBLE else right
        return constant_of(other, checked) is UNKNOWN
    if node.function in _OF_PLACES:
        return False
    return checked.types[node.id] == DOUBLE or _asks(node, checked, DOUBLE, list_of(DOUBLE))


def _takes_apart(node: Call, checked: Checked) -> bool:
    """Whether a call asks more of texts than which comes first."""
    if node.function == "startsWith":
        return constant_of(node.args[0], checked) is UNKNOWN
    return node.function in _OF_CHARACTERS and _asks(node, checked, STRING)
