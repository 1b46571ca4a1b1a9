"""`"…".format([…])` of CEL's string extension.

Source: the CEL specification, doc/extensions/strings.md.
"""

import math
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.times import show_duration, show_timestamp
from edge_rules.cel.values import (
    BoolKey,
    Duration,
    Timestamp,
    TypeValue,
    UInt,
    Value,
    bounded_size,
    type_name,
)

MAX_PRECISION = 100  # decimals; a double has 17 digits that say anything
_CLAUSE: Final = re.compile(r"%(?:\.([0-9]{1,4}))?(.?)", re.DOTALL)
_INVALID: Final = re.compile("\ufffd+")


def format_text(text: str, values: tuple[Value, ...]) -> str:
    """Put values into the clauses of a text."""
    pieces: list[str] = []
    last = used = length = 0
    for found in _CLAUSE.finditer(text):
        if found.start() < last:
            continue
        piece = text[last : found.start()]
        last = found.end()
        if found[0] == "%%":
            piece += "%"
        else:
            if used >= len(values):
                msg = f"index {used} out of range: the text has more clauses than there are values"
                raise EvaluationError(msg)
            piece += _clause(found[2], found[1], values[used])
            used += 1
        length += len(piece)
        bounded_size(length)
        pieces.append(piece)
    return "".join(pieces) + text[last:]


def _clause(kind: str, precision: str | None, value: Value) -> str:
    write = _CLAUSES.get(kind)
    if write is None or (precision is not None and kind not in "fe"):
        msg = f'could not parse formatting clause: unrecognized formatting clause "{kind}"'
        raise EvaluationError(msg)
    if kind in ("f", "e"):
        digits = 6 if precision is None else int(precision)
        if digits > MAX_PRECISION:
            msg = f"could not parse formatting clause: at most {MAX_PRECISION} decimals"
            raise EvaluationError(msg)
        return _real(kind, digits, value)
    return write(value)


def _real(kind: str, digits: int, value: Value) -> str:
    if type(value) not in (int, UInt, float):
        name = "scientific" if kind == "e" else "fixed-point"
        msg = f"{name} clause can only be used on doubles"
        raise _wrong(msg, value)
    if type(value) is float and not math.isfinite(value):
        return _special(value)
    return f"{float(value):.{digits}{kind}}"


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Value) -> str:
    if type(value) in (int, UInt):
        return str(int(value))
    if type(value) is float:
        return _double(value)
    msg = "decimal clause can only be used on integers"
    raise _wrong(msg, value)


def _binary(value: Value) -> str:
    if type(value) in (int, UInt, bool):
        return f"{int(value):b}"
    msg = "only integers and bools can be formatted as binary"
    raise _wrong(msg, value)


def _octal(value: Value) -> str:
    if type(value) in (int, UInt):
        return f"{int(value):o}"
    msg = "octal clause can only be used on integers"
    raise _wrong(msg, value)


def _hex(value: Value) -> str:
    if type(value) in (int, UInt):
        return f"{int(value):x}"
    if type(value) is str:
        return value.encode(errors="replace").hex()
    if type(value) is bytes:
        return value.hex()
    msg = "only integers, byte buffers, and strings can be formatted as hex"
    raise _wrong(msg, value)


def _double(value: float) -> str:
    if not math.isfinite(value):
        return _special(value)
    return f"{Decimal(repr(value)).normalize():f}" if value else f"{value:.0f}"


def _list(value: tuple[Value, ...]) -> str:
    return f"[{_joined(_string(item) for item in value)}]"


def _map(value: dict[Value, Value]) -> str:
    keys = {_string(key.value if type(key) is BoolKey else key): key for key in value}
    entries = ((name, value[keys[name]]) for name in sorted(keys))
    return f"{{{_joined(f'{key}: {_string(held)}' for key, held in entries)}}}"


def _joined(parts: Iterable[str]) -> str:
    pieces, length = [], 0
    for part in parts:
        length += len(part) + 2
        bounded_size(length)
        pieces.append(part)
    return ", ".join(pieces)


_STRINGS: Final[dict[type, Callable[[Any], str]]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    UInt: lambda value: str(int(value)),
    float: _double,
    bytes: lambda value: _INVALID.sub("\ufffd", value.decode(errors="replace")),
    type(None): lambda value: "null",
    Timestamp: show_timestamp,
    Duration: show_duration,
    TypeValue: lambda value: value.name,
    tuple: _list,
    dict: _map,
}


def _string(value: Value) -> str:
    write = _STRINGS.get(type(value))
    if write is None:
        msg = "a string clause can't be used on this"
        raise _wrong(msg, value)
    return write(value)


def _wrong(what: str, value: Value) -> EvaluationError:
    return EvaluationError(f"error during formatting: {what}, was given {type_name(value)}")


_CLAUSES: Final[dict[str, Callable[[Any], str]]] = {
    "s": _string,
    "d": _decimal,
    "f": _decimal,
    "e": _decimal,
    "b": _binary,
    "o": _octal,
    "x": _hex,
    "X": lambda value: _hex(value).upper(),
}
