"""CEL's operators on values whose types are known only now; what has no overload is an error."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.values import (
    INT_MIN,
    NUMBERS,
    Duration,
    OptionalValue,
    Timestamp,
    TypeValue,
    UInt,
    Value,
    bounded_size,
    checked_duration,
    checked_int,
    checked_timestamp,
    checked_uint,
    equals,
    map_key,
    map_keys,
    type_name,
)

_ORDERED: Final = NUMBERS | {bool, str, bytes, Timestamp, Duration}
_Table = Mapping[tuple[type, type], Callable[[Value, Value], Value]]


def no_overload(name: str, *values: object) -> EvaluationError:
    """Say that a function does not take values of these types."""
    return EvaluationError(f"no such overload: {name} of {', '.join(map(type_name, values))}")


def divide_int(left: int, right: int) -> int:
    """Divide towards zero."""
    return checked_int(_quotient(left, right))


def divide_uint(left: int, right: int) -> UInt:
    """Divide without a sign."""
    return checked_uint(_quotient(left, right))


def divide_double(left: float, right: float) -> float:
    """Divide as IEEE 754 does: by zero gives an infinity or NaN."""
    if right:
        return left / right
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def modulo_int(left: int, right: int) -> int:
    """Return the rest, with the sign of the dividend."""
    if left == INT_MIN and right == -1:
        msg = "int overflow: the quotient does not fit 64 bits"
        raise EvaluationError(msg)
    rest = _rest(left, right)
    return -rest if left < 0 else rest


def modulo_uint(left: int, right: int) -> UInt:
    """Return the rest."""
    return UInt(_rest(left, right))


def item_of(items: tuple[Value, ...], index: int) -> Value:
    """Return an item of a list by its position from 0."""
    if 0 <= index < len(items):
        return items[index]
    msg = f"index {index} is outside a list of {len(items)}"
    raise EvaluationError(msg)


def value_of(mapping: dict[Value, Value], key: Value) -> Value:
    """Return a value of a map by its key."""
    found = mapping.get(_lookup_key(key), mapping)
    if found is mapping:
        msg = "no such key in the map"
        raise EvaluationError(msg)
    return found


def index(held: Value, key: Value) -> Value:
    """`held[key]` of a list or map; a double or uint that is whole finds an item too."""
    if type(held) is dict:
        return value_of(held, key)
    if type(held) is tuple and type(key) in NUMBERS and _whole(key):
        return item_of(held, int(key))
    if type(held) is OptionalValue:
        return optional_index(held, key)
    msg = "[]"
    raise no_overload(msg, held, key)


def field_of(held: Value, name: str) -> Value:
    """`held.name` of a map."""
    if type(held) is OptionalValue:
        return optional_field(held, name)
    if type(held) is not dict:
        msg = f".{name}"
        raise no_overload(msg, held)
    return value_of(held, name)


def has_field(held: Value, name: str) -> bool:
    """`has(held.name)` of a map."""
    if type(held) is OptionalValue:
        return held.present and has_field(held.value, name)
    if type(held) is not dict:
        msg = "has"
        raise no_overload(msg, held)
    return name in held


def optional_index(held: Value, key: Value) -> OptionalValue:
    """`held[?key]`: nothing where there is no such item or key."""
    if type(held) is OptionalValue:
        return optional_index(held.value, key) if held.present else held
    if type(held) is dict:
        inner = _lookup_key(key)
        return OptionalValue(held[inner], present=True) if inner in held else OptionalValue()
    if type(held) is tuple and type(key) in NUMBERS:
        found = _whole(key) and 0 <= key < len(held)
        return OptionalValue(held[int(key)], present=True) if found else OptionalValue()
    msg = "[?]"
    raise no_overload(msg, held, key)


def optional_field(held: Value, name: str) -> OptionalValue:
    """`held.?name`: nothing where a map has no such key."""
    if type(held) is OptionalValue:
        return optional_field(held.value, name) if held.present else held
    if type(held) is dict:
        return optional_index(held, name)
    msg = f"no such key: .?{name} of {type_name(held)}"
    raise EvaluationError(msg)


def contained(value: Value, held: Value) -> bool:
    """`value in held`, compared as `==` does."""
    if type(held) is tuple:
        return any(equals(value, item) for item in held)
    if type(held) is dict:
        return _lookup_key(value) in held
    msg = "in"
    raise no_overload(msg, value, held)


def elements(held: Value) -> tuple[Value, ...]:
    """List what a macro runs over: the items of a list, the keys of a map."""
    if type(held) is tuple:
        return held
    if type(held) is dict:
        return map_keys(held)
    msg = f"no such overload: a macro runs over a list or map, not {type_name(held)}"
    raise EvaluationError(msg)


def truth(value: Value) -> bool:
    """Return a value that must be true or false."""
    if type(value) is bool:
        return value
    msg = f"no matching overload: true or false is wanted, not {type_name(value)}"
    raise EvaluationError(msg)


def not_equal(left: Value, right: Value) -> bool:
    """`left != right` of any types."""
    return not equals(left, right)


def negate(value: Value) -> Value:
    """`-value` of an int or double."""
    if type(value) is int:
        return checked_int(-value)
    if type(value) is float:
        return -value
    msg = "-"
    raise no_overload(msg, value)


def deny(value: Value) -> bool:
    """`!value` of a bool."""
    return not truth(value)


def _quotient(left: int, right: int) -> int:
    if right == 0:
        msg = "divide by zero"
        raise EvaluationError(msg)
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _rest(left: int, right: int) -> int:
    if right == 0:
        msg = "modulus by zero"
        raise EvaluationError(msg)
    return abs(left) % abs(right)


def _whole(number: float) -> bool:
    return type(number) is not float or number.is_integer()


def _lookup_key(key: Value) -> Value:
    """Turn what is looked up into a key; what no key can be is never found."""
    if type(key) is float:
        return int(key) if key.is_integer() else math.nan
    return map_key(key) if type(key) in (bool, int, UInt, str) else TypeValue("no key")


def _concatenated(left: Value, right: Value) -> Value:
    bounded_size(len(left) + len(right))
    return left + right


def _arithmetic(sign: str, table: _Table) -> Callable[[Value, Value], Value]:
    def apply(left: Value, right: Value) -> Value:
        implementation = table.get((type(left), type(right)))
        if implementation is None:
            raise no_overload(sign, left, right)
        return implementation(left, right)

    return apply


def _comparison(
    sign: str, compare: Callable[[Value, Value], bool]
) -> Callable[[Value, Value], bool]:
    def apply(left: Value, right: Value) -> bool:
        kind, other = type(left), type(right)
        if kind is other and kind in _ORDERED:
            return compare(left, right)
        if kind not in NUMBERS or other not in NUMBERS:
            raise no_overload(sign, left, right)
        if kind is float or other is float:
            return compare(float(left), float(right))
        return compare(left, right)

    return apply


add = _arithmetic(
    "+",
    {
        (int, int): lambda a, b: checked_int(a + b),
        (UInt, UInt): lambda a, b: checked_uint(a + b),
        (float, float): operator.add,
        **dict.fromkeys(((t, t) for t in (str, bytes, tuple)), _concatenated),
        (Duration, Duration): lambda a, b: checked_duration(a + b),
        (Timestamp, Duration): lambda a, b: checked_timestamp(a + b),
        (Duration, Timestamp): lambda a, b: checked_timestamp(a + b),
    },
)
subtract = _arithmetic(
    "-",
    {
        (int, int): lambda a, b: checked_int(a - b),
        (UInt, UInt): lambda a, b: checked_uint(a - b),
        (float, float): operator.sub,
        (Duration, Duration): lambda a, b: checked_duration(a - b),
        (Timestamp, Duration): lambda a, b: checked_timestamp(a - b),
        (Timestamp, Timestamp): lambda a, b: checked_duration(a - b),
    },
)
multiply = _arithmetic(
    "*",
    {
        (int, int): lambda a, b: checked_int(a * b),
        (UInt, UInt): lambda a, b: checked_uint(a * b),
        (float, float): operator.mul,
    },
)
divide = _arithmetic(
    "/",
    {(int, int): divide_int, (UInt, UInt): divide_uint, (float, float): divide_double},
)
modulo = _arithmetic("%", {(int, int): modulo_int, (UInt, UInt): modulo_uint})
less = _comparison("<", operator.lt)
less_equal = _comparison("<=", operator.le)
greater = _comparison(">", operator.gt)
greater_equal = _comparison(">=", operator.ge)
