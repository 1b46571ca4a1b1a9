"""Arithmetic and conversions as formulas: whole numbers that overflow are errors."""

from functools import reduce
from operator import add, mul, sub
from typing import Any, Final

import z3

from edge_rules.cel.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    NUMERIC,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
)
from edge_rules.cel.values import INT_MAX, INT_MIN, TIMESTAMP_MAX, TIMESTAMP_MIN, UINT_MAX
from edge_rules.policy.proving import doubles
from edge_rules.policy.proving.given import Given, Handler, OpaqueError
from edge_rules.policy.proving.terms import NO, Items, Term, both, either, negation

RANGES: Final = {
    INT: (INT_MIN, INT_MAX),
    UINT: (0, UINT_MAX),
    DURATION: (INT_MIN, INT_MAX),
    TIMESTAMP: (TIMESTAMP_MIN, TIMESTAMP_MAX),
}
_SECOND: Final = 10**9
_PLAIN: Final = {"_+_": add, "_-_": sub, "_*_": mul}
_GIVES: Final = {
    ("_+_", INT, INT): INT, ("_-_", INT, INT): INT, ("_*_", INT, INT): INT,
    ("_+_", UINT, UINT): UINT, ("_-_", UINT, UINT): UINT, ("_*_", UINT, UINT): UINT,
    ("_+_", DURATION, DURATION): DURATION, ("_-_", DURATION, DURATION): DURATION,
    ("_+_", TIMESTAMP, DURATION): TIMESTAMP, ("_+_", DURATION, TIMESTAMP): TIMESTAMP,
    ("_-_", TIMESTAMP, DURATION): TIMESTAMP, ("_-_", TIMESTAMP, TIMESTAMP): DURATION,
}  # fmt: skip


def outside(value: z3.ArithRef, kind: Type) -> z3.BoolRef:
    """Say that a number does not fit its type."""
    low, high = RANGES[kind]
    return z3.Or(value < low, value > high)


def _checked(given: Given, value: z3.ArithRef, kind: Type, failed: z3.BoolRef = NO) -> Term:
    return given.result(value, either((failed, outside(value, kind))))


def _arithmetic(given: Given) -> Term:
    left, right = given.types
    one, other = given.values
    if left == right == DOUBLE:
        return given.result(doubles.reckoned(given.function, one, other))
    if given.function == "_+_" and left == right == STRING:
        return given.result(z3.Concat(one, other))
    if isinstance(one, Items) and isinstance(other, Items) and left == right:
        return given.result(_joined(one, other))
    kind = _GIVES.get((given.function, left, right))
    if kind is None:
        raise OpaqueError
    return _checked(given, _PLAIN[given.function](one, other), kind)


def _joined(one: Items, other: Items) -> Items:
    dense = other.dense and all(z3.is_true(guard) for guard in one.guards)
    return Items(
        one.guards + other.guards, one.values + other.values, dense, one.ordered and other.ordered
    )


def _division(given: Given) -> Term:
    """Divide towards zero, as Python's operators on the sizes of both do."""
    kind, right = given.types
    one, other = given.values
    if kind == right == DOUBLE and given.function == "_/_":
        return given.result(doubles.reckoned(given.function, one, other))
    if kind != right or kind not in (INT, UINT):
        raise OpaqueError
    by_zero = other == 0
    size, by = _size(one), z3.If(by_zero, 1, _size(other))
    if given.function == "_/_":
        value = z3.If((one < 0) == (other < 0), size / by, -(size / by))
        return _checked(given, value, kind, by_zero)
    rest = size % by
    overflow = both((one == INT_MIN, other == -1)) if kind == INT else NO
    return given.result(z3.If(one < 0, -rest, rest), either((by_zero, overflow)))


def _size(value: z3.ArithRef) -> z3.ArithRef:
    return z3.If(value < 0, -value, value)


def _negative(given: Given) -> Term:
    (kind,), (value,) = given.types, given.values
    if kind == DOUBLE:
        return given.result(given.manner.doubles.negative(value))
    if kind != INT:
        raise OpaqueError
    return _checked(given, -value, INT)


def _denied(given: Given) -> Term:
    if given.types != (BOOL,):
        raise OpaqueError
    return given.result(negation(given.values[0]))


def _int(given: Given) -> Term:
    (kind,), (value,) = given.types, given.values
    if kind == TIMESTAMP:
        return given.result(value / _SECOND)  # towards the past, as Python's
    if kind in (INT, UINT):
        return _checked(given, value, INT if given.function == "int" else UINT)
    if kind == DOUBLE:
        return doubles.to_int(given.terms[0], signed=given.function == "int")
    raise OpaqueError


def _double(given: Given) -> Term:
    (kind,), (value,) = given.types, given.values
    if kind == DOUBLE:
        return given.terms[0]
    if kind not in (INT, UINT):
        raise OpaqueError
    return given.result(doubles.of_int(value, signed=kind == INT))


def _timestamp(given: Given) -> Term:
    if given.types == (INT,):
        return _checked(given, given.values[0] * _SECOND, TIMESTAMP)
    return _as_it_is(given)


def _as_it_is(given: Given) -> Term:
    wanted = {"bool": BOOL, "string": STRING, "timestamp": TIMESTAMP, "duration": DURATION}
    if given.types != (wanted[given.function],):
        raise OpaqueError
    return given.terms[0]


def _extreme(given: Given) -> Term:
    kinds, values = set(given.types), given.values
    if isinstance(values[0], Items):
        kinds, values = set(given.types[0].params), _all_items(values[0])
    if len(kinds) != 1 or not kinds <= set(NUMERIC):
        raise OpaqueError
    greatest = given.function == "math.greatest"

    def better(best: Any, each: Any) -> Any:  # noqa: ANN401 - formulas
        one, other = (best, each) if greatest else (each, best)
        less = (
            given.manner.doubles.less(one, other, equal=False) if DOUBLE in kinds else one < other
        )
        return z3.If(less, each, best)

    failed = doubles.has_nan(values, given.manner.doubles) if DOUBLE in kinds else NO
    return given.result(reduce(better, values), failed)


def _all_items(items: Items) -> list[Any]:
    if not items.values or not all(z3.is_true(guard) for guard in items.guards):
        raise OpaqueError
    return list(items.values)


def _of_one(given: Given) -> Term:
    (kind,), (value,) = given.types, given.values
    if kind == DOUBLE:
        return given.result(doubles.of_one(given.function, value))
    if given.function == "math.sign" and kind in (INT, UINT):
        return given.result(z3.If(value > 0, 1, z3.If(value < 0, -1, 0)))
    if given.function != "math.abs" or kind not in (INT, UINT):
        raise OpaqueError
    return _checked(given, _size(value), kind)


RECKONING: Final[dict[str, Handler]] = {
    "_+_": _arithmetic, "_-_": _arithmetic, "_*_": _arithmetic,
    "_/_": _division, "_%_": _division, "-_": _negative, "!_": _denied,
    "int": _int, "uint": _int, "double": _double, "timestamp": _timestamp,
    "bool": _as_it_is, "string": _as_it_is, "duration": _as_it_is,
    "math.greatest": _extreme, "math.least": _extreme,
    **{
        f"math.{name}": _of_one
        for name in ("abs", "sign", "sqrt", "ceil", "floor", "round", "trunc")
    },
    **{f"math.{name}": _of_one for name in ("isNaN", "isInf", "isFinite")},
}  # fmt: skip
