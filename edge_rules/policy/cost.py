"""What an expression can cost at worst, reckoned before it ever runs.

Sizes of facts are bounded at their boundary, so every loop has a known bound. One unit is about
the time of one operator, some 0.1 µs.
"""

from dataclasses import dataclass
from typing import Final

from edge_rules.cel.environment import Checked, Constant
from edge_rules.cel.errors import EvaluationError, ExpressionFault
from edge_rules.cel.generator import constant_of
from edge_rules.cel.syntax import Bind, Call, Expr, Ident, ListOf, Literal, Loop, MapOf, Select
from edge_rules.cel.texts import pattern
from edge_rules.cel.types import STRING
from edge_rules.cel.values import MAX_SIZE
from edge_rules.facts import MAX_ITEMS, MAX_TEXT

MAX_COST = 10_000  # units of one rule: about 1 ms; a loop in a loop over two facts is more
MAX_POLICY_COST = 500_000  # units of all rules together: about 50 ms, if every loop is full
TEXT_UNIT = 64  # characters handled in the time of one operator
SEARCH_UNIT = 64  # instructions of a pattern, times characters, in the time of one operator or two
CONVERSION = 10

_SCANS: Final = frozenset({"contains", "_+_", "indexOf"})  # read the longer text
_MATCHED: Final = frozenset({"_==_", "_!=_", "startsWith", "endsWith"})  # end with the shorter


_LETTERS: Final = frozenset({"lowerAscii", "upperAscii"})  # look at each character
_LETTERS_UNIT: Final = 4  # characters handled in the time of one operator
_PARTS: Final = frozenset({"substring", "trim"}) | _LETTERS  # never longer than the whole


@dataclass(frozen=True, slots=True)
class Cost:
    """Units of work, the size of the value that comes out, and of the items it holds."""

    units: int
    size: int = 1
    item: int = 1


class CostReckoner:
    """Adds up one expression; a fault marks the place where the bound is passed."""

    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self._loops: list[tuple[str, int]] = []
        self.faults: list[ExpressionFault] = []

    def cost(self, node: Expr) -> Cost:
        """Reckon a node and all below it, up to the first fault."""
        cost = Cost(0) if self.faults else self._cost(node)
        if not self.faults and (cost.units > MAX_COST or cost.size * cost.item > MAX_SIZE):
            what = "could be slow: too much work for one decision; use fewer or shorter loops"
            if isinstance(node, Call) and node.function == "matches":
                what += ", and patterns with fewer counts and smaller classes"
            self.faults.append(ExpressionFault(node.at, what))
        return cost

    def _cost(self, node: Expr) -> Cost:  # noqa: PLR0911 - one line a kind of node
        match node:
            case Literal():
                return Cost(0, _length(node.value))
            case Ident() | Select():
                return self._name(node)
            case Call():
                return self._call(node)
            case Loop():
                return self._loop(node)
            case Bind():
                return self._bind(node)
            case ListOf():
                return self._built([self.cost(item) for item in node.items], len(node.items))
            case MapOf():
                parts = [self.cost(part) for entry in node.entries for part in entry]
                return self._built(parts, len(node.entries))

    def _built(self, parts: list[Cost], count: int) -> Cost:
        units = sum(part.units for part in parts) + count
        return Cost(units, count, max((part.size * part.item for part in parts), default=1))

    def _name(self, node: Ident | Select) -> Cost:
        reference = self._checked.references.get(node.id)
        if isinstance(reference, Constant):
            return Cost(0, _length(reference.value), _longest(reference.value))
        given = self._checked.types[node.id]
        if isinstance(node, Ident):
            for name, size in reversed(self._loops):
                if name == node.name and not node.absolute:
                    return Cost(1, size)
        if isinstance(node, Select) and reference is None:
            held = self.cost(node.operand)
            return Cost(held.units + 1, 1 if node.test else held.item)
        if given == STRING:
            return Cost(1, MAX_TEXT)
        return Cost(1, MAX_ITEMS, MAX_TEXT) if given.name in ("list", "map") else Cost(1)

    def _call(self, node: Call) -> Cost:
        nodes = (*((node.target,) if node.target else ()), *node.args)
        parts = [self.cost(each) for each in nodes]
        units = sum(part.units for part in parts) + 1
        sizes = [part.size * part.item for part in parts]
        if node.function in _SCANS:
            units += max(sizes) // TEXT_UNIT
        if node.function == "matches":
            units += sizes[0] * self._instructions(nodes[1]) // SEARCH_UNIT
        if node.function in _MATCHED:
            units += min(sizes) // TEXT_UNIT
        if node.function in _LETTERS:
            units += sizes[0] // _LETTERS_UNIT
        if node.function.startswith("math."):
            units += CONVERSION + max(sizes)
        if node.function == "@in":
            held = parts[1]
            units += held.size * (1 + min(parts[0].size, held.item) // TEXT_UNIT)
        if node.function in ("string", "bytes", "timestamp", "duration") or node.target:
            units += CONVERSION
        return self._sized(node, units, parts)

    def _instructions(self, node: Expr) -> int:
        """Count what RE2 may try at each character; a faulty pattern is told of elsewhere."""
        wanted = constant_of(node, self._checked)
        try:
            return int(pattern(wanted).programsize) if type(wanted) is str else 0
        except EvaluationError:
            return 0

    def _sized(self, node: Call, units: int, parts: list[Cost]) -> Cost:
        if node.function == "_+_":
            return Cost(units, parts[0].size + parts[1].size, max(part.item for part in parts))
        if node.function == "_[_]":
            return Cost(units, parts[0].item)
        if node.function in _PARTS:
            return Cost(units, parts[0].size)
        if node.function == "_?_:_":
            return Cost(units, *(max(p.size for p in parts), max(p.item for p in parts)))
        if node.function in ("string", "bytes", "dyn"):
            return Cost(units, max(parts[0].size * 4, 32), parts[0].item)
        return Cost(units)

    def _bind(self, node: Bind) -> Cost:
        value = self.cost(node.value)
        self._loops.append((node.variable, value.size))
        body = self.cost(node.body)
        self._loops.pop()
        return Cost(value.units + body.units + 1, body.size, body.item)

    def _loop(self, node: Loop) -> Cost:
        over = self.cost(node.over)
        self._loops.append((node.variable, over.item))
        body = self.cost(node.body)
        condition = self.cost(node.condition) if node.condition else Cost(0)
        self._loops.pop()
        units = over.units + over.size * (body.units + condition.units + 2)
        if node.kind == "map":
            return Cost(units, over.size, body.size * body.item)
        return Cost(units, over.size, over.item) if node.kind == "filter" else Cost(units)


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | bytes | tuple) else 1


def _longest(value: object) -> int:
    return max(map(_length, value), default=1) if isinstance(value, tuple) else 1
