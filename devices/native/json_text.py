"""JSON from strangers: bounded in size and depth; its faults quote nothing of it."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from devices.errors import DeviceProtocolError
from devices.strict_json import JsonRefusedError

MAX_BYTES = 64 * 1024  # the longest honest message is a scan of a few kilobytes
MAX_DEPTH = 8
MAX_SHAPE = 200
MAX_KEYS = 16  # of each object in a shape

# Everything but brackets outside strings.
_FLAT = re.compile(rb'"(?:[^"\\]|\\.)*"?|[^][{}"]+', re.DOTALL)

# What the parser says of a fault, as far as it can't contain any of the text.
_FAULTS = frozenset(
    {"Expecting value", "Expecting ',' delimiter", "Expecting ':' delimiter", "Extra data"}
    | {"Expecting property name enclosed in double quotes", "Unterminated string starting at"}
    | {"Unexpected UTF-8 BOM (decode using utf-8-sig)"}
)


def parse_json(
    payload: bytes,
    longest: int = MAX_BYTES,
    *,
    pairs: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:  # noqa: ANN401 - JSON is any data
    """Parse a payload; DeviceProtocolError gives the fault's position and never its text.

    `pairs` makes an object of its pairs, as `strict_json.unambiguous` does; dict if left out.
    """
    if len(payload) > longest:
        msg = f"{len(payload)} bytes, at most {longest} make a message"
        raise DeviceProtocolError(msg, position=longest)
    _check_depth(payload)
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "not UTF-8"
        raise DeviceProtocolError(msg, position=error.start) from None
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except JsonRefusedError as error:
        raise DeviceProtocolError(error.what) from None
    except json.JSONDecodeError as error:
        msg = f"not JSON: {error.msg}" if error.msg in _FAULTS else "not JSON"
        position = len(text[: error.pos].encode())
        raise DeviceProtocolError(msg, position=position) from None
    except (ValueError, RecursionError):  # an integer of more digits than Python takes
        msg = "not JSON that fits a machine"
        raise DeviceProtocolError(msg) from None


def parse_object(payload: bytes, longest: int = MAX_BYTES) -> Mapping[str, Any]:
    """Parse a payload that must be one JSON object."""
    body = parse_json(payload, longest)
    if not isinstance(body, dict):
        msg = "not a JSON object"
        raise DeviceProtocolError(msg, position=0)
    return body


def number(value: object) -> float | None:
    """Return a finite number, else None: a wrong type makes a fact missing, not a message wrong."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        finite = float(value)
    except OverflowError:
        return None
    return finite if math.isfinite(finite) else None


def whole(value: object) -> int | None:
    """Return a whole number that a clock could show, else None; 5.0 is one, 5.5 is not."""
    finite = number(value)
    if finite is None or not finite.is_integer() or abs(finite) >= 2**63:
        return None
    return int(value) if isinstance(value, int) else int(finite)


def is_text(value: object, longest: int) -> bool:
    """Tell a text of 1 to `longest` characters that can be written out again.

    JSON's escapes can spell half a surrogate pair, which no encoding writes.
    """
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def shape_of(payload: bytes, known: frozenset[str]) -> str:
    """Draw a payload's structure without its content; names that are not known stay hidden."""
    try:
        body = parse_json(payload)
    except DeviceProtocolError:
        return ""
    return _shape(body, known)[:MAX_SHAPE]


def _check_depth(payload: bytes) -> None:
    depth = 0
    for byte in _FLAT.sub(b"", payload):
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                msg = f"nested deeper than {MAX_DEPTH} levels"
                raise DeviceProtocolError(msg)
        else:
            depth -= 1


def _shape(value: object, known: frozenset[str]) -> str:
    if isinstance(value, dict):
        inner = ", ".join(
            f"{key if key in known else '?'}: {_shape(of, known)}"
            for key, of in list(value.items())[:MAX_KEYS]
        )
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"list({len(value)})"
    if isinstance(value, str):
        return f"string({len(value)})"
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return "number"
