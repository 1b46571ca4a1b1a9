"""CEL's values as Python objects.

bool, int, double, string, bytes and null are Python's own; a list is a tuple, a map a dict whose
keys went through `map_key`. What Python has no type for is an int that knows what it counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Any, TypeAlias

from edge_rules.cel.errors import EvaluationError

Value: TypeAlias = Any  # any value of CEL; only running code knows which

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
UINT_MAX = 2**64 - 1
MAX_SIZE = 1 << 18  # characters or items of one value that is built; Python takes them at one go
TIMESTAMP_MIN = -62_135_596_800 * 10**9  # 0001-01-01T00:00:00Z
TIMESTAMP_MAX = 253_402_300_800 * 10**9 - 1  # 9999-12-31T23:59:59.999999999Z

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UInt(int):
    """An unsigned 64-bit integer."""

    __slots__ = ()


class Timestamp(int):
    """An instant, in nanoseconds since 1970 in UTC."""

    __slots__ = ()


class Duration(int):
    """A span of time in nanoseconds; CEL gives it 64 bits."""

    __slots__ = ()


class BoolKey(Enum):
    """A bool as the key of a map: Python's dict would take True for 1."""

    FALSE = False
    TRUE = True


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value, what `type(x)` gives."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class OptionalValue:
    """A value that may be nothing, what `optional.of(x)` gives."""

    value: Any = None
    present: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address, what `ip("…")` gives."""

    ip: IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Network:
    """A network as it was written, with its length of prefix, what `cidr("…")` gives."""

    at: IPv4Interface | IPv6Interface


NUMBERS: frozenset[type] = frozenset({int, UInt, float})
_PLAIN: frozenset[type] = frozenset(
    {bool, int, UInt, float, str, bytes, Timestamp, Duration, type(None), TypeValue}
    | {Address, Network}
)
_TYPE_NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    tuple: "list",
    dict: "map",
    type(None): "null_type",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    TypeValue: "type",
    OptionalValue: "optional_type",
    Address: "net.IP",
    Network: "net.CIDR",
}


def type_name(value: object) -> str:
    """Name a value's type as CEL does."""
    return _TYPE_NAMES[type(value)]


def timestamp_of(moment: datetime) -> Timestamp:
    """Turn an aware datetime into CEL's timestamp."""
    return Timestamp((moment - _EPOCH) // _MICROSECOND * 1000)


def duration_of(span: timedelta) -> Duration:
    """Turn a timedelta into CEL's duration; spans beyond 64 bits of nanoseconds are errors."""
    return checked_duration(span // _MICROSECOND * 1000)


def datetime_of(stamp: int) -> datetime:
    """Return the instant in UTC; what is finer than microseconds falls away."""
    return _EPOCH + timedelta(microseconds=stamp // 1000)


def bounded_size(size: int) -> None:
    """Refuse to build what is larger than any expression needs."""
    if size > MAX_SIZE:
        msg = f"too large: {size} characters or items, at most {MAX_SIZE} are built"
        raise EvaluationError(msg)


def checked_int(number: int) -> int:
    """Return what fits 64 bits."""
    if INT_MIN <= number <= INT_MAX:
        return number
    msg = "int overflow: the result does not fit 64 bits"
    raise EvaluationError(msg)


def checked_uint(number: int) -> UInt:
    """Return what fits 64 bits without a sign."""
    if 0 <= number <= UINT_MAX:
        return UInt(number)
    msg = "uint overflow: the result does not fit 64 bits without a sign"
    raise EvaluationError(msg)


def checked_timestamp(nanoseconds: int) -> Timestamp:
    """Return what lies in the years 1 to 9999."""
    if TIMESTAMP_MIN <= nanoseconds <= TIMESTAMP_MAX:
        return Timestamp(nanoseconds)
    msg = "timestamp out of range: years 0001 to 9999"
    raise EvaluationError(msg)


def checked_duration(nanoseconds: int) -> Duration:
    """Return what fits 64 bits of nanoseconds."""
    if INT_MIN <= nanoseconds <= INT_MAX:
        return Duration(nanoseconds)
    msg = "duration out of range: about 292 years either way"
    raise EvaluationError(msg)


def equals(left: Value, right: Value) -> bool:  # noqa: PLR0911 - one line a kind
    """Compare two values of any types as CEL's `==` does; other types are simply not equal."""
    kind, other = type(left), type(right)
    if kind is not other:
        if kind in NUMBERS and other in NUMBERS:
            return _same_number(left, right)
        return False
    if kind in _PLAIN:
        return bool(left == right)
    if kind is OptionalValue:
        return left.present is right.present and equals(left.value, right.value)
    if len(left) != len(right):
        return False
    if kind is tuple:
        return all(equals(a, b) for a, b in zip(left, right, strict=True))
    return all(key in right and equals(value, right[key]) for key, value in left.items())


def map_key(key: Value) -> Value:
    """Turn a value into the key a dict can hold without mistaking its type."""
    kind = type(key)
    if kind is bool:
        return BoolKey(key)
    if kind is str or kind is int or kind is UInt:
        return key
    msg = f"unsupported key type {type_name(key)}: bool, int, uint or string"
    raise EvaluationError(msg)


def map_keys(mapping: dict[Value, Value]) -> tuple[Value, ...]:
    """List the keys of a map as values."""
    return tuple(key.value if type(key) is BoolKey else key for key in mapping)


def make_map(*entries: tuple[Value, Value]) -> dict[Value, Value]:
    """Build a map of the entries that are written out."""
    return map_of(entries)


def map_of(entries: Iterable[tuple[Value, Value]]) -> dict[Value, Value]:
    """Build a map; a repeated key is an error, also 1 beside 1u."""
    built: dict[Value, Value] = {}
    for key, value in entries:
        inner = map_key(key)
        if inner in built:
            msg = "repeated key in a map"
            raise EvaluationError(msg)
        built[inner] = value
    return built


def _same_number(left: float, right: float) -> bool:
    if type(left) is float or type(right) is float:
        return float(left) == float(right)
    return left == right
