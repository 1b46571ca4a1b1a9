"""CEL's conversions between types: `int(x)`, `string(x)` and their like."""

import math
import re
from decimal import Decimal
from typing import Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.operators import no_overload
from edge_rules.cel.times import parse_duration, parse_timestamp, show_duration, show_timestamp
from edge_rules.cel.values import (
    INT_MAX,
    INT_MIN,
    NUMBERS,
    UINT_MAX,
    Address,
    Duration,
    Network,
    Timestamp,
    TypeValue,
    UInt,
    Value,
    checked_int,
    checked_timestamp,
    checked_uint,
    type_name,
)

_WHOLE: Final = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_REAL: Final = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,5})?|inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE
)
_TRUE: Final = frozenset({"1", "t", "true", "TRUE", "True"})
_FALSE: Final = frozenset({"0", "f", "false", "FALSE", "False"})
MAX_NUMBER_TEXT = 512


def to_int(value: Value) -> int:
    """Convert to int; a double loses its fraction, a timestamp becomes seconds since 1970."""
    kind = type(value)
    if kind is int or kind is UInt:
        return checked_int(int(value))
    if kind is float:
        return _truncated(value, low=INT_MIN + 1, high=INT_MAX)
    if kind is str:
        return checked_int(_whole(value))
    if kind is Timestamp:
        return int(value) // 10**9
    msg = "int"
    raise no_overload(msg, value)


def to_uint(value: Value) -> UInt:
    """Convert to uint; a double loses its fraction."""
    kind = type(value)
    if kind is int or kind is UInt:
        return checked_uint(value)
    if kind is float:
        return UInt(_truncated(value, low=0, high=UINT_MAX))
    if kind is str:
        return checked_uint(_whole(value))
    msg = "uint"
    raise no_overload(msg, value)


def to_double(value: Value) -> float:
    """Convert to double."""
    if type(value) in NUMBERS:
        return float(value)
    if type(value) is not str:
        msg = "double"
        raise no_overload(msg, value)
    if len(value) > MAX_NUMBER_TEXT or not _REAL.fullmatch(value):
        msg = "type conversion error: this text is no number"
        raise EvaluationError(msg)
    return float(value)


def to_string(value: Value) -> str:  # noqa: C901, PLR0911 - one line a type
    """Convert to string; bytes must be UTF-8."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is UInt:
        return str(int(value))
    if kind is float:
        return show_double(value)
    if kind is Timestamp:
        return show_timestamp(value)
    if kind is Duration:
        return show_duration(value)
    if kind is Address:
        return str(value.ip)
    if kind is Network:
        return str(value.at)
    if kind is not bytes:
        msg = "string"
        raise no_overload(msg, value)
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        msg = "type conversion error: these bytes are not UTF-8"
        raise EvaluationError(msg) from error


def to_bytes(value: Value) -> bytes:
    """Convert to bytes; a string becomes its UTF-8."""
    if type(value) is bytes:
        return value
    if type(value) is str:
        return value.encode(errors="replace")
    msg = "bytes"
    raise no_overload(msg, value)


def to_bool(value: Value) -> bool:
    """Convert to bool; few texts are."""
    if type(value) is bool:
        return value
    if type(value) is not str:
        msg = "bool"
        raise no_overload(msg, value)
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    msg = 'type conversion error: this text is neither "true" nor "false"'
    raise EvaluationError(msg)


def to_timestamp(value: Value) -> Timestamp:
    """Convert to timestamp; an int counts seconds since 1970."""
    kind = type(value)
    if kind is Timestamp:
        return Timestamp(value)
    if kind is str:
        return parse_timestamp(value)
    if kind is int:
        return checked_timestamp(value * 10**9)
    msg = "timestamp"
    raise no_overload(msg, value)


def to_duration(value: Value) -> Duration:
    """Convert to duration."""
    if type(value) is Duration:
        return value
    if type(value) is str:
        return parse_duration(value)
    msg = "duration"
    raise no_overload(msg, value)


def to_type(value: object) -> TypeValue:
    """Return a value's type."""
    return TypeValue(type_name(value))


def to_dyn(value: Value) -> Value:
    """Return the value; only the checker forgets its type."""
    return value


def show_double(value: float) -> str:
    """Write a double with the fewest digits that read back the same."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + int(exponent) - 1 if value else 0
    if -5 < power < 21:
        return f"{Decimal(repr(value)).normalize():f}" if value else "-0" if sign else "0"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{'-' if sign else ''}{text[0]}{fraction}e{power:+03d}"


def _truncated(value: float, *, low: int, high: int) -> int:
    """Cut the fraction off; the bounds themselves are out of reach where a double is coarse."""
    if not low <= value < high:
        msg = "range error: this double does not fit the type"
        raise EvaluationError(msg)
    return int(value)


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        msg = "type conversion error: this text is no whole number"
        raise EvaluationError(msg)
    return int(text)
