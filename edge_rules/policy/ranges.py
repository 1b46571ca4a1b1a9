"""What a condition leaves of each fact: some of its values, or a range of numbers.

Only comparisons of one fact with constants are understood; `whole` says whether that was all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Final, TypeAlias

from edge_rules.cel.environment import Checked, Variable
from edge_rules.cel.generator import UNKNOWN, constant_of
from edge_rules.cel.syntax import Call, Expr, Select
from edge_rules.facts import FIELDS, INT_MAX, INT_MIN, Kind
from edge_rules.policy.index_keys import conjuncts

_TURNED: Final = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}
_NUMBERS: Final = (int, float)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`; an open end does not belong to them."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: object) -> bool:
        if type(value) is bool or not isinstance(value, _NUMBERS):
            return False
        above = value > self.low or (value == self.low and not self.low_open)
        return above and (value < self.high or (value == self.high and not self.high_open))

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


Left: TypeAlias = Range | frozenset[Any]


@dataclass(frozen=True, slots=True)
class Box:
    """What is left of each fact that a condition names; `whole` if that is all it asks."""

    left: dict[str, Left]
    whole: bool

    @property
    def impossible(self) -> str:
        """Name a fact of which nothing is left."""
        return next((fact for fact, left in self.left.items() if nothing(left)), "")


def box_of(checked: Checked) -> Box:
    """Reckon what must be so of each fact for a condition to hold."""
    left: dict[str, Left] = {}
    whole = True
    for node in conjuncts(checked.root):
        found = _constraint(node, checked)
        if found is None:
            whole = False
            continue
        fact, allowed = found
        left[fact] = both(left.get(fact, _domain(fact)), allowed)
    return Box(left, whole)


def both(one: Left, other: Left) -> Left:
    """Return what two constraints leave together."""
    if isinstance(one, frozenset):
        return frozenset(value for value in one if value in other)
    if isinstance(other, frozenset):
        return both(other, one)
    low = max((one.low, one.low_open), (other.low, other.low_open))
    high = min((one.high, not one.high_open), (other.high, not other.high_open))
    return Range(low[0], high[0], low[1], not high[1])


def nothing(left: Left) -> bool:
    """Whether no value is left."""
    return left.empty if isinstance(left, Range) else not left


def _domain(fact: str) -> Left:
    field = FIELDS[fact]
    if field.words:
        return field.words
    if field.kind is Kind.BOOL:
        return frozenset({True, False})
    if field.kind is Kind.INT and (field.low, field.high) != (INT_MIN, INT_MAX):
        return Range(field.low, field.high)
    return _Anything()


class _Anything(Range):
    """All values of a fact that has no list and no bounds, texts too."""

    __slots__ = ()

    def __contains__(self, value: object) -> bool:
        return True


def _constraint(node: Expr, checked: Checked) -> tuple[str, Left] | None:
    if fact := _fact(node, checked):
        return fact, frozenset({True})
    if not isinstance(node, Call) or node.target is not None:
        return None
    if node.function == "!_" and (fact := _fact(node.args[0], checked)):
        return fact, frozenset({False})
    if len(node.args) != 2:
        return None
    for (left, right), function in (
        (node.args, node.function),
        (
            node.args[::-1],
            _TURNED.get(node.function, "" if "in" in node.function else node.function),
        ),
    ):
        fact, value = _fact(left, checked), constant_of(right, checked)
        if fact and value is not UNKNOWN:
            allowed = _allowed(function, fact, value)
            return None if allowed is None else (fact, allowed)
    return None


def _allowed(function: str, fact: str, value: Any) -> Left | None:  # noqa: ANN401 - any constant
    if function == "_==_" and isinstance(value, str | bool | int | float):
        return frozenset({value})
    if function == "@in" and isinstance(value, tuple):
        return frozenset(value)
    domain = _domain(fact)
    if function == "_!=_" and isinstance(domain, frozenset):
        return domain - {value}
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return None
    ranges: dict[str, Callable[[], Range]] = {
        "_<_": lambda: Range(high=value, high_open=True),
        "_<=_": lambda: Range(high=value),
        "_>_": lambda: Range(low=value, low_open=True),
        "_>=_": lambda: Range(low=value),
    }
    return ranges[function]() if function in ranges else None


def _fact(node: Expr, checked: Checked) -> str:
    """Name the fact a node reads, if it reads one."""
    reference = checked.references.get(node.id)
    if isinstance(reference, Variable) and not (isinstance(node, Select) and node.test):
        return reference.name
    return ""
