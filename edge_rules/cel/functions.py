"""What CEL's standard functions take and give: the declarations the checker reads.

Source: the CEL language definition, "Standard Environment". `matches` runs on RE2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Final

from edge_rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NUMERIC,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
    map_of,
    type_of,
)


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function; of a `member` the first parameter stands before the dot."""

    params: tuple[Type, ...]
    result: Type
    member: bool = False


_A, _B = Type("?A"), Type("?B")
_LIST, _MAP = list_of(_A), map_of(_A, _B)


def _same(result: Type | None, *types: Type, count: int = 2) -> list[Overload]:
    return [Overload((each,) * count, result or each) for each in types]


def _from(result: Type, *types: Type) -> list[Overload]:
    return [Overload((each,), result) for each in types]


def _member(result: Type, *params: Type) -> Overload:
    return Overload(params, result, member=True)


_ORDERED = _same(BOOL, BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION)
_ORDERED += [Overload((a, b), BOOL) for a, b in product(NUMERIC, NUMERIC) if a != b]

_OPERATORS = {
    "_==_": [Overload((_A, _A), BOOL)],
    "_!=_": [Overload((_A, _A), BOOL)],
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), _ORDERED),
    "_+_": [
        *_same(None, INT, UINT, DOUBLE, STRING, BYTES, _LIST, DURATION),
        Overload((TIMESTAMP, DURATION), TIMESTAMP),
        Overload((DURATION, TIMESTAMP), TIMESTAMP),
    ],
    "_-_": [
        *_same(None, INT, UINT, DOUBLE, DURATION),
        Overload((TIMESTAMP, TIMESTAMP), DURATION),
        Overload((TIMESTAMP, DURATION), TIMESTAMP),
    ],
    "_*_": _same(None, INT, UINT, DOUBLE),
    "_/_": _same(None, INT, UINT, DOUBLE),
    "_%_": _same(None, INT, UINT),
    "-_": _same(None, INT, DOUBLE, count=1),
    "!_": _same(None, BOOL, count=1),
    "_[_]": [Overload((_LIST, INT), _A), Overload((_MAP, _A), _B)],
    "@in": [Overload((_A, _LIST), BOOL), Overload((_A, _MAP), BOOL)],
}

_SIZED = (STRING, BYTES, _LIST, _MAP)
_CONVERSIONS = {
    "bool": _from(BOOL, BOOL, STRING),
    "bytes": _from(BYTES, BYTES, STRING),
    "double": _from(DOUBLE, *NUMERIC, STRING),
    "duration": _from(DURATION, DURATION, STRING),
    "dyn": _from(DYN, _A),
    "int": _from(INT, *NUMERIC, STRING, TIMESTAMP),
    "string": _from(STRING, BOOL, *NUMERIC, STRING, BYTES, TIMESTAMP, DURATION),
    "timestamp": _from(TIMESTAMP, TIMESTAMP, STRING, INT),
    "type": [Overload((_A,), type_of(_A))],
    "uint": _from(UINT, *NUMERIC, STRING),
}
_STRINGS = {
    "size": _from(INT, *_SIZED) + [_member(INT, each) for each in _SIZED],
    "contains": [_member(BOOL, STRING, STRING)],
    "startsWith": [_member(BOOL, STRING, STRING)],
    "endsWith": [_member(BOOL, STRING, STRING)],
    "matches": [_member(BOOL, STRING, STRING), Overload((STRING, STRING), BOOL)],
}
_OF_DAYS = ("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear")
_OF_CLOCK = ("getHours", "getMinutes", "getSeconds", "getMilliseconds")
_TIMES = {
    name: [_member(INT, TIMESTAMP), _member(INT, TIMESTAMP, STRING)]
    + ([_member(INT, DURATION)] if name in _OF_CLOCK else [])
    for name in _OF_DAYS + _OF_CLOCK
}

FUNCTIONS: Final = MappingProxyType({**_OPERATORS, **_CONVERSIONS, **_STRINGS, **_TIMES})

TYPE_NAMES: Final = MappingProxyType(
    {
        "bool": BOOL, "int": INT, "uint": UINT, "double": DOUBLE, "string": STRING,
        "bytes": BYTES, "list": list_of(DYN), "map": map_of(DYN, DYN), "type": type_of(DYN),
        "null_type": Type("null_type"), "google.protobuf.Timestamp": TIMESTAMP,
        "google.protobuf.Duration": DURATION,
    }
)  # fmt: skip


def shown(function: str) -> str:
    """Name a function or operator as it is written."""
    if function in ("@in", "_[_]"):
        return {"@in": "in", "_[_]": "[]"}[function]
    return function.strip("_") if function.startswith(("_", "!", "-")) else f"{function}()"


def no_overload(
    function: str, given: Sequence[Type], ways: Sequence[Overload], *, member: bool
) -> str:
    """Say why a function can't be called so, and what would be right."""
    name = shown(function)
    if all(overload.member is not member for overload in ways):
        return f"write {function}(value)" if member else f"write value.{function}(…)"
    what = f"no `{name}` for {' and '.join(map(str, given)) or 'nothing'}"
    if len(given) == 2 and all(each in NUMERIC for each in given):
        other = next((each for each in given if each != INT), INT)
        what += f": numbers of two types don't mix here, convert one with {other}(…)"
        if other == DOUBLE:
            what += " or write it with a decimal point"
    return what
