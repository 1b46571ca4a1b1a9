"""`==`, `<`, `in` and their like, as formulas."""

from typing import Any, Final

import z3

from edge_rules.cel.generator import UNKNOWN
from edge_rules.cel.types import BOOL, DOUBLE, INT, NUMERIC, STRING, Type
from edge_rules.policy.proving.doubles import of_int
from edge_rules.policy.proving.given import WHOLE, Given, Handler, OpaqueError
from edge_rules.policy.proving.manner import Manner
from edge_rules.policy.proving.terms import NO, Items, Term, both, either, negation


def equal(kind: Type, one: Any, other: Any, manner: Manner) -> z3.BoolRef:  # noqa: ANN401
    """Say that two values of one type are equal."""
    if isinstance(one, Items) and isinstance(other, Items):
        return _same_items(kind.params[0], one, other, manner)
    if kind == DOUBLE:
        return manner.doubles.equal(one, other)
    if kind in (BOOL, STRING, *WHOLE):
        return one == other
    raise OpaqueError


def _same_items(kind: Type, one: Items, other: Items, manner: Manner) -> z3.BoolRef:
    if not (one.dense and other.dense and one.ordered and other.ordered):
        raise OpaqueError
    shorter, longer = sorted((one, other), key=lambda items: len(items.values))
    shared = len(shorter.values)
    parts = [negation(guard) for guard in longer.guards[shared:]]
    for at in range(shared):
        mine, its = shorter.guards[at], longer.guards[at]
        same = equal(kind, shorter.values[at], longer.values[at], manner)
        parts.append(both((mine == its, either((negation(mine), same)))))
    return both(parts)


def _equality(given: Given) -> Term:
    left, right = given.types
    one, other = given.values
    if left != right:
        empty = any(isinstance(each, Items) and not each.values for each in (one, other))
        if not empty:
            raise OpaqueError
        if isinstance(one, Items) and not one.values:
            left = right
    same = equal(left, one, other, given.manner)
    return given.result(same if given.function == "_==_" else negation(same))


def _order(given: Given) -> Term:
    left, right = given.types
    one, other = given.values
    swapped, or_equal = given.function in ("_>_", "_>=_"), given.function in ("_<=_", "_>=_")
    if DOUBLE in (left, right):
        one, other = (_as_double(given, at) for at in (0, 1))
    elif left != right and not (left in NUMERIC and right in NUMERIC):
        raise OpaqueError
    if swapped:
        one, other = other, one
    if DOUBLE in (left, right):
        return given.result(given.manner.doubles.less(one, other, equal=or_equal))
    if left == STRING:
        return given.result(given.manner.texts.less(one, other, equal=or_equal))
    if left == BOOL:
        less = both((negation(one), other))
        return given.result(either((less, one == other)) if or_equal else less)
    if left not in WHOLE:
        raise OpaqueError
    return given.result(one <= other if or_equal else one < other)


def _as_double(given: Given, at: int) -> Any:  # noqa: ANN401 - a formula
    """Compare a whole number with a double as CEL does here: rounded to the nearest double."""
    kind, known = given.types[at], given.constants[at]
    if kind == DOUBLE:
        return given.terms[at].value
    if kind not in NUMERIC:
        raise OpaqueError
    if known is not UNKNOWN:
        return given.manner.doubles.constant(float(known))  # type: ignore[arg-type]
    return of_int(given.terms[at].value, signed=kind == INT)


def _membership(given: Given) -> Term:
    kind, held = given.types
    value, items = given.values
    if not isinstance(items, Items) or (items.values and held.params[0] != kind):
        raise OpaqueError
    found = (
        both((guard, equal(kind, value, item, given.manner)))
        for guard, item in zip(items.guards, items.values, strict=True)
    )
    return given.result(either(found) if items.values else NO)


COMPARING: Final[dict[str, Handler]] = {
    "_==_": _equality, "_!=_": _equality, "@in": _membership,
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), _order),
}  # fmt: skip
