"""CEL's math extension: extremes, rounding, signs and bits.

Source: cel-go, ext/README.md, "Math".
"""

import math
import operator
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel.dispatch import by_types
from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.operators import greater, less, no_overload
from edge_rules.cel.values import NUMBERS, UINT_MAX, UInt, Value, checked_int

_BITS: Final = 64


def _extreme(name: str, beats: Callable[[Value, Value], bool]) -> Callable[..., Value]:
    def find(*values: Value) -> Value:
        numbers = values[0] if len(values) == 1 and type(values[0]) is tuple else values
        if not numbers or any(type(each) not in NUMBERS for each in numbers):
            raise no_overload(name, *values)
        if any(each != each for each in numbers):  # noqa: PLR0124 - NaN alone is not itself
            msg = f"{name}: NaN has no order"
            raise EvaluationError(msg)
        best = numbers[0]
        for each in numbers[1:]:
            if beats(each, best):
                best = each
        return best

    return find


def _of_doubles(name: str, function: Callable[[float], Any]) -> Callable[..., Any]:
    return by_types(name, {(float,): function})


def _rounding(name: str, function: Callable[[float], int]) -> Callable[..., Any]:
    def apply(value: float) -> float:
        if not math.isfinite(value):
            return value
        return math.copysign(float(function(value)), value)

    return _of_doubles(name, apply)


def _half_away(value: float) -> int:
    whole = math.trunc(value)
    return whole + (1 if value > 0 else -1) if abs(value - whole) >= 0.5 else whole


def _sign(value: float) -> float:
    return value if value == 0 or math.isnan(value) else math.copysign(1.0, value)


def _root(value: float) -> float:
    return math.sqrt(value) if not value < 0 else math.nan


def _bits(name: str, function: Callable[[int, int], int]) -> Callable[..., Any]:
    return by_types(name, {(int, int): function, (UInt, UInt): lambda a, b: UInt(function(a, b))})


def _signed(bits: int) -> int:
    bits &= UINT_MAX
    return bits - 2**_BITS if bits >= 2 ** (_BITS - 1) else bits


def _shift(name: str, function: Callable[[int, int], int]) -> Callable[..., Any]:
    def shifted(value: int, by: int) -> int:
        if by < 0:
            msg = f"{name}: negative offset {by}"
            raise EvaluationError(msg)
        return function(value & UINT_MAX, by) & UINT_MAX if by < _BITS else 0

    return by_types(
        name,
        {
            (int, int): lambda value, by: _signed(shifted(value, by)),
            (UInt, int): lambda value, by: UInt(shifted(value, by)),
        },
    )


IMPLEMENTATIONS: Final[MappingProxyType[str, Callable[..., Any]]] = MappingProxyType(
    {
        "math.greatest": _extreme("math.greatest", greater),
        "math.least": _extreme("math.least", less),
        "math.ceil": _rounding("math.ceil", math.ceil),
        "math.floor": _rounding("math.floor", math.floor),
        "math.round": _rounding("math.round", _half_away),
        "math.trunc": _rounding("math.trunc", math.trunc),
        "math.abs": by_types(
            "math.abs",
            {(int,): lambda n: checked_int(abs(n)), (UInt,): lambda n: n, (float,): abs},
        ),
        "math.sign": by_types(
            "math.sign",
            {
                (int,): lambda n: (n > 0) - (n < 0),
                (UInt,): lambda n: UInt(n > 0),
                (float,): _sign,
            },
        ),
        "math.sqrt": by_types(
            "math.sqrt",
            {(int,): _root, (UInt,): _root, (float,): _root},
        ),
        "math.isNaN": _of_doubles("math.isNaN", math.isnan),
        "math.isInf": _of_doubles("math.isInf", math.isinf),
        "math.isFinite": _of_doubles("math.isFinite", math.isfinite),
        "math.bitAnd": _bits("math.bitAnd", operator.and_),
        "math.bitOr": _bits("math.bitOr", operator.or_),
        "math.bitXor": _bits("math.bitXor", operator.xor),
        "math.bitNot": by_types(
            "math.bitNot", {(int,): operator.invert, (UInt,): lambda n: UInt(UINT_MAX - n)}
        ),
        "math.bitShiftLeft": _shift("math.bitShiftLeft", operator.lshift),
        "math.bitShiftRight": _shift("math.bitShiftRight", operator.rshift),
    }
)
