"""CEL's values in JSON, in the shape of the conformance tests: `{"int": "5"}`."""

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.times import parse_duration, parse_timestamp, show_duration, show_timestamp
from edge_rules.cel.values import (
    MAX_SIZE,
    BoolKey,
    Duration,
    OptionalValue,
    Timestamp,
    TypeValue,
    UInt,
    Value,
    bounded_size,
    checked_int,
    checked_uint,
    make_map,
    type_name,
)

MAX_DEPTH: Final = 64
_MAX_DIGITS: Final = 32  # of a number; one of 64 bits has 20
_DOUBLES: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def read_value(encoded: Any, depth: int = 0) -> Value:  # noqa: ANN401 - judged here
    """Return the value; ValueError says what is not understood."""
    if depth > MAX_DEPTH or not isinstance(encoded, Mapping):
        msg = "a value is one key with its value, not nested deeper than 64 levels"
        raise ValueError(msg)
    if "object" in encoded:
        return _object(encoded)
    if len(encoded) != 1:
        msg = "a value is one key with its value"
        raise ValueError(msg)
    ((kind, value),) = encoded.items()
    if kind == "list" and isinstance(value, list):
        return tuple(read_value(item, depth + 1) for item in value)
    if kind == "map" and isinstance(value, list):
        return make_map(
            *((read_value(key, depth + 1), read_value(held, depth + 1)) for key, held in value)
        )
    if kind in _READERS:
        read = _READERS[kind](value)
        if type(read) in (str, bytes):
            bounded_size(len(read))
        return read
    msg = f"no value is written as {kind!r:.32}"
    raise ValueError(msg)


def _object(encoded: Mapping[str, Any]) -> Value:
    held = encoded.get("json")
    text = held.get("value") if isinstance(held, Mapping) else None
    if isinstance(text, str):
        if encoded["object"] == "google.protobuf.Timestamp":
            return parse_timestamp(text)
        if encoded["object"] == "google.protobuf.Duration":
            return parse_duration(text)
    msg = "messages of protobuf are not in this language"
    raise ValueError(msg)


def _digits(value: Any) -> int:  # noqa: ANN401 - judged here
    if isinstance(value, bool) or len(str(value)) > _MAX_DIGITS:
        msg = "a whole number is written as its digits"
        raise ValueError(msg)
    return int(value)


def _double(value: Any) -> float:  # noqa: ANN401 - judged here
    return _DOUBLES[value] if value in _DOUBLES else float(value)


def _is(kind: type | None) -> Callable[[Any], Value]:
    def read(value: Value) -> Value:
        if (value is None) if kind is None else type(value) is kind:
            return value
        msg = "this is not what its key says"
        raise ValueError(msg)

    return read


_READERS: Final[dict[str, Callable[[Any], Value]]] = {
    "null": _is(None),
    "bool": _is(bool),
    "string": _is(str),
    "int": lambda value: checked_int(_digits(value)),
    "uint": lambda value: checked_uint(_digits(value)),
    "double": _double,
    "bytes_b64": lambda value: base64.b64decode(value, validate=True),
    "type": lambda value: TypeValue(_is(str)(value)),
}


class ValueWriter:
    """Writes one value; what it holds in all is bounded, since parts can be shared."""

    def __init__(self) -> None:
        self._left = MAX_SIZE

    def write(self, value: Value) -> dict[str, Any]:
        """Write a value; EvaluationError if it is too large or nothing that can be written."""
        self._left -= 1 + (len(value) if type(value) in (str, bytes) else 0)
        if self._left < 0:
            msg = f"too large: more than {MAX_SIZE} characters and items in one value"
            raise EvaluationError(msg)
        match value:
            case tuple():
                return {"list": [self.write(item) for item in value]}
            case dict():
                return {"map": [self._entry(*entry) for entry in value.items()]}
            case OptionalValue():
                held = self.write(value.value) if value.present else None
                return {"optional": held}
            case Timestamp() | Duration():
                return _time(value)
        if type(value) in _WRITERS:
            return _WRITERS[type(value)](value)
        msg = f"a value of {type_name(value)} has no form in JSON"
        raise EvaluationError(msg)

    def _entry(self, key: Value, value: Value) -> list[dict[str, Any]]:
        return [self.write(key.value if type(key) is BoolKey else key), self.write(value)]


def show_double(value: float) -> str:
    """Write a double so that it reads back the same."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _time(value: Timestamp | Duration) -> dict[str, Any]:
    text = show_timestamp(value) if isinstance(value, Timestamp) else show_duration(value)
    name = type_name(value)
    seconds, rest = divmod(abs(int(value)), 10**9)
    if isinstance(value, Timestamp):
        seconds, rest = divmod(int(value), 10**9)
    elif value < 0:
        seconds, rest = -seconds, -rest
    message = b"".join(
        bytes([tag]) + _varint(number) for tag, number in ((8, seconds), (16, rest)) if number
    )
    return {
        "object": name,
        "json": {"@type": f"type.googleapis.com/{name}", "value": text},
        "b64": base64.b64encode(message).decode(),
    }


def _varint(number: int) -> bytes:
    number &= 2**64 - 1
    built = bytearray()
    while number > 0x7F:
        built.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*built, number])


_WRITERS: Final[dict[type, Callable[[Any], dict[str, Any]]]] = {
    type(None): lambda value: {"null": None},
    bool: lambda value: {"bool": value},
    int: lambda value: {"int": str(value)},
    UInt: lambda value: {"uint": str(int(value))},
    float: lambda value: {"double": show_double(value)},
    str: lambda value: {"string": value},
    bytes: lambda value: {"bytes_b64": base64.b64encode(value).decode()},
    TypeValue: lambda value: {"type": value.name},
}
