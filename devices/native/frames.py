"""Thermal pictures of the `frame` channel: one CBOR map around raw centikelvin."""

from io import BytesIO
from typing import Any, NoReturn

import cbor2
import numpy as np

from devices.errors import DeviceProtocolError
from devices.ids import is_id
from devices.moment import parse_stamp
from devices.native.json_text import whole
from devices.readings import ThermalFrame

MAX_BYTES = 4 * 1024 * 1024
MAX_SIDE = 1280  # pixels; the largest microbolometers of this trade have 1280 × 1024
MAX_DEPTH = 3
MAX_STAMP = 64


def decode_frame(payload: bytes) -> ThermalFrame:
    """Read one picture; its pixels are copied out, so that the message can be let go."""
    body = _map_of(payload)
    id_, pixels = body.get("id"), body.get("pixels")
    width, height = whole(body.get("width")), whole(body.get("height"))
    if not isinstance(id_, str) or not is_id(id_):
        _refuse("id is missing or wrong: it must be 1 to 32 of a-z, 0-9 and -")
    if body.get("unit") != "centikelvin":
        _refuse("unit is missing or wrong: it must be centikelvin")
    if not (width and height and 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        _refuse(f"width and height must be 1 to {MAX_SIDE} pixels")
    if not isinstance(pixels, bytes) or len(pixels) != 2 * width * height:
        _refuse("pixels must be bytes, width × height × 2 of them")
    picture = np.frombuffer(pixels, "<u2").reshape(height, width).astype(np.uint16)
    ffc_age_ms = whole(body.get("ffc_age_ms"))
    fresh = ffc_age_ms is not None and ffc_age_ms >= 0
    return ThermalFrame(id_, _at(body.get("at")), picture, ffc_age_ms if fresh else None)


def _map_of(payload: bytes) -> dict[Any, Any]:
    if len(payload) > MAX_BYTES:
        msg = f"{len(payload)} bytes, at most {MAX_BYTES} make a picture"
        raise DeviceProtocolError(msg, position=MAX_BYTES)
    stream = BytesIO(payload)
    decoder = cbor2.CBORDecoder(
        stream,
        max_depth=MAX_DEPTH,
        strict_hashable_types=True,
        semantic_decoders=_NO_TAGS,
        tag_hook=_no_tag,
    )
    try:
        body = decoder.decode()
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, MemoryError):
        _refuse("not CBOR, or with tags or nesting that no picture needs")
    if not isinstance(body, dict):
        _refuse("not a CBOR map")
    if stream.tell() != len(payload):
        msg = "bytes behind the CBOR map"
        raise DeviceProtocolError(msg, position=stream.tell())
    return body


def _no_tag(*_: object) -> NoReturn:
    msg = "a tag"
    raise ValueError(msg)


# The library would make dates, patterns, addresses or references of these.
_BUILT_IN = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 43, 52, 54, 100, 256, 258, 260, 261)
_NO_TAGS = dict.fromkeys((*_BUILT_IN, 1004, 43000, 55799), _no_tag)


def _refuse(msg: str) -> NoReturn:
    raise DeviceProtocolError(msg) from None


def _at(value: object) -> int | None:
    try:
        return parse_stamp(value) if isinstance(value, str) and len(value) < MAX_STAMP else None
    except (ValueError, OverflowError):
        return None
