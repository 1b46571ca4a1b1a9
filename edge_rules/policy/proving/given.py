"""What a function is called with, as formulas; and how values get into formulas and out again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import z3

from edge_rules.cel.types import BOOL, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT, Type
from edge_rules.cel.values import Duration, Timestamp, UInt
from edge_rules.policy.proving.manner import Manner
from edge_rules.policy.proving.terms import NO, YES, Items, Term, failing, in_turn
from edge_rules.policy.proving.texts import UnwritableTextError

WHOLE = (INT, UINT, TIMESTAMP, DURATION)


class OpaqueError(Exception):
    """No formula says what this is; what is above it may do without."""


@dataclass(frozen=True, slots=True)
class Given:
    """One call: its arguments with their types, `constants` where they are known else UNKNOWN."""

    function: str
    types: tuple[Type, ...]
    terms: tuple[Term, ...]
    constants: tuple[object, ...]
    manner: Manner

    @property
    def values(self) -> list[Any]:
        """The arguments' formulas."""
        return [term.value for term in self.terms]

    def result(self, value: Any, failed: z3.BoolRef = NO) -> Term:  # noqa: ANN401 - any value
        """Make the term of what the call gives; it has none where an argument has none."""
        return failing(in_turn(self.terms, value), failed)


Handler: TypeAlias = Callable[[Given], Term]  # raises OpaqueError


def sort_of(kind: Type, manner: Manner) -> z3.SortRef:
    """Return how values of a type are written; OpaqueError if they aren't."""
    if kind == BOOL:
        return z3.BoolSort()
    if kind in WHOLE:
        return z3.IntSort()
    if kind == DOUBLE:
        return manner.doubles.sort
    if kind == STRING:
        return manner.texts.sort
    raise OpaqueError


def lifted(value: object, manner: Manner) -> Any:  # noqa: ANN401 - a formula, or items
    """Write a value that is known."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, int):
        return z3.IntVal(int(value))
    if isinstance(value, float):
        return manner.doubles.constant(value)
    if isinstance(value, str):
        try:
            return manner.texts.constant(value)
        except UnwritableTextError:
            raise OpaqueError from None
    if isinstance(value, tuple):
        return all_of([lifted(item, manner) for item in value])
    raise OpaqueError


def all_of(values: Sequence[Any]) -> Items:
    """Make a list of which every item is in it."""
    return Items((YES,) * len(values), tuple(values))


def lowered(kind: Type, value: Any, manner: Manner) -> Any:  # noqa: ANN401 - values of any type
    """Turn what a model gives into a value of CEL."""
    if kind == BOOL:
        return z3.is_true(value)
    if kind == DOUBLE:
        return manner.doubles.read(value)
    if kind == STRING:
        return manner.texts.read(value)
    made = {UINT: UInt, TIMESTAMP: Timestamp, DURATION: Duration}.get(kind, int)
    return made(value.as_long())
