"""CEL's types in JSON, in the shape of the conformance tests' declarations."""

from collections.abc import Mapping
from typing import Any, Final

from edge_rules.cel.functions import Overload
from edge_rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
    map_of,
    type_of,
    wrapper_of,
)

MAX_DEPTH: Final = 64
_PRIMITIVES: Final = {
    "BOOL": BOOL, "INT64": INT, "UINT64": UINT, "DOUBLE": DOUBLE, "STRING": STRING, "BYTES": BYTES,
}  # fmt: skip
_NAMES: Final = {kind: name for name, kind in _PRIMITIVES.items()}
_WELL_KNOWN: Final = {"ANY": DYN, "TIMESTAMP": TIMESTAMP, "DURATION": DURATION}
_MESSAGES: Final = {
    "google.protobuf.Timestamp": TIMESTAMP,
    "google.protobuf.Duration": DURATION,
    "google.protobuf.Any": DYN,
    "google.protobuf.Value": DYN,
    "google.protobuf.Struct": map_of(STRING, DYN),
    "google.protobuf.ListValue": list_of(DYN),
    "google.protobuf.NullValue": NULL,
    "google.protobuf.BoolValue": wrapper_of(BOOL),
    "google.protobuf.BytesValue": wrapper_of(BYTES),
    "google.protobuf.DoubleValue": wrapper_of(DOUBLE),
    "google.protobuf.FloatValue": wrapper_of(DOUBLE),
    "google.protobuf.Int32Value": wrapper_of(INT),
    "google.protobuf.Int64Value": wrapper_of(INT),
    "google.protobuf.StringValue": wrapper_of(STRING),
    "google.protobuf.UInt32Value": wrapper_of(UINT),
    "google.protobuf.UInt64Value": wrapper_of(UINT),
}


def read_type(encoded: Any, depth: int = 0) -> Type:  # noqa: ANN401, C901, PLR0911
    """Return the type; ValueError says what is not understood."""
    if depth > MAX_DEPTH or not isinstance(encoded, Mapping) or len(encoded) != 1:
        msg = "a type is one key with its value, not nested deeper than 64 levels"
        raise ValueError(msg)
    ((kind, value),) = encoded.items()
    inside = depth + 1
    match kind:
        case "dyn" | "error":
            return DYN
        case "null":
            return NULL
        case "primitive" if value in _PRIMITIVES:
            return _PRIMITIVES[value]
        case "wrapper" if value in _PRIMITIVES:
            return wrapper_of(_PRIMITIVES[value])
        case "wellKnown" if value in _WELL_KNOWN:
            return _WELL_KNOWN[value]
        case "messageType" if isinstance(value, str) and value:
            return _MESSAGES.get(value, Type(value))
        case "typeParam" if isinstance(value, str) and value:
            return Type(f"?{value}")
        case "listType":
            return list_of(read_type(value.get("elemType", {"dyn": {}}), inside))
        case "mapType":
            keys = read_type(value.get("keyType", {"dyn": {}}), inside)
            return map_of(keys, read_type(value.get("valueType", {"dyn": {}}), inside))
        case "type":
            return type_of(read_type(value, inside) if value else DYN)
        case "abstractType" if isinstance(value, Mapping) and value.get("name"):
            params = value.get("parameterTypes", ())
            return Type(str(value["name"]), tuple(read_type(each, inside) for each in params))
    msg = f"no type is written as {kind!r:.32}"
    raise ValueError(msg)


def write_type(given: Type) -> dict[str, Any]:  # noqa: PLR0911 - one line a kind
    """Write a type in the same shape."""
    if given in _NAMES:
        return {"primitive": _NAMES[given]}
    match given.name, given.params:
        case "dyn", _:
            return {"dyn": {}}
        case "null_type", _:
            return {"null": None}
        case "list", (item,):
            return {"listType": {"elemType": write_type(item)}}
        case "map", (key, value):
            return {"mapType": {"keyType": write_type(key), "valueType": write_type(value)}}
        case "type", (what,):
            return {"type": write_type(what)}
        case "wrapper", (what,):
            return {"wrapper": _NAMES[what]}
        case ("google.protobuf.Timestamp" | "google.protobuf.Duration") as name, _:
            return {"wellKnown": name.rpartition(".")[2].upper()}
        case name, ():
            abstract = name in ("net.IP", "net.CIDR")
            return {"abstractType": {"name": name}} if abstract else {"messageType": name}
    params = [write_type(each) for each in given.params]
    return {"abstractType": {"name": given.name, "parameterTypes": params}}


def read_overload(encoded: Mapping[str, Any]) -> Overload:
    """Return one way to call a declared function."""
    return Overload(
        tuple(read_type(each) for each in encoded.get("params", ())),
        read_type(encoded.get("resultType", {"dyn": {}})),
        member=bool(encoded.get("isInstanceFunction", False)),
    )
