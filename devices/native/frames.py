"""Thermal pictures of the `frame` channel: one CBOR map around raw centikelvin."""

from io import BytesIO

import cbor2
import numpy as np

from devices.errors import DeviceProtocolError
from devices.ids import is_id
from devices.moment import parse_stamp
from devices.native.json_text import whole
from devices.readings import ThermalFrame

MAX_BYTES = 2 * 1024 * 1024
MAX_SIDE = 1280  # pixels; the largest microbolometers of this trade have 1280 × 1024


def decode_frame(payload: bytes) -> ThermalFrame:
    """Read one picture; its pixels are copied out, so that the message can be let go."""
    if len(payload) > MAX_BYTES:
        msg = f"{len(payload)} bytes, at most {MAX_BYTES} make a picture"
        raise DeviceProtocolError(msg, position=MAX_BYTES)
    try:
        body = cbor2.CBORDecoder(BytesIO(payload)).decode()
    except (cbor2.CBORError, ValueError, RecursionError, MemoryError, OverflowError):
        msg = "not CBOR"
        raise DeviceProtocolError(msg) from None
    if not isinstance(body, dict):
        msg = "not a CBOR map"
        raise DeviceProtocolError(msg)
    id_, pixels = body.get("id"), body.get("pixels")
    width, height = whole(body.get("width")), whole(body.get("height"))
    if not isinstance(id_, str) or not is_id(id_):
        msg = "id is missing or wrong"
        raise DeviceProtocolError(msg)
    if body.get("unit") != "centikelvin":
        msg = "unit must be centikelvin"
        raise DeviceProtocolError(msg)
    if not (width and height and 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        msg = f"width and height must be 1 to {MAX_SIDE} pixels"
        raise DeviceProtocolError(msg)
    if not isinstance(pixels, bytes) or len(pixels) != 2 * width * height:
        msg = "pixels must be width × height × 2 bytes"
        raise DeviceProtocolError(msg)
    picture = np.frombuffer(pixels, "<u2").reshape(height, width).astype(np.uint16)
    ffc_age_ms = whole(body.get("ffc_age_ms"))
    return ThermalFrame(id_, _at(body.get("at")), picture, ffc_age_ms)


def _at(value: object) -> int | None:
    try:
        return parse_stamp(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
