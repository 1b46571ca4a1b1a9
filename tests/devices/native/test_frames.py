"""devices.native.frames."""

import tracemalloc
from typing import Any

import cbor2
import numpy as np
import pytest

from devices.errors import DeviceProtocolError
from devices.native.frames import decode_frame

PIXELS = bytes([0x10, 0x75, 0x11, 0x75, 0x12, 0x75, 0x13, 0x75, 0x14, 0x75, 0x15, 0x75])


def picture(**change: object) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": "f-1", "at": "2026-11-23T08:00:00.000Z", "width": 3, "height": 2,
        "unit": "centikelvin", "pixels": PIXELS, "ffc_age_ms": 900,
    }  # fmt: skip
    return {**body, **change}


def test_rows_of_little_endian_centikelvin() -> None:
    frame = decode_frame(cbor2.dumps(picture()))
    assert frame.pixels.tolist() == [[29968, 29969, 29970], [29971, 29972, 29973]]
    assert frame.pixels.dtype == np.uint16
    assert (frame.id, frame.at_ms, frame.ffc_age_ms) == ("f-1", 1_795_420_800_000, 900)


def test_largest_picture_of_the_trade() -> None:
    pixels = bytes(2 * 1280 * 1024)
    frame = decode_frame(cbor2.dumps(picture(width=1280, height=1024, pixels=pixels)))
    assert frame.pixels.shape == (1024, 1280)


def test_what_may_be_missing_is_none() -> None:
    frame = decode_frame(cbor2.dumps(picture(at=7, ffc_age_ms=-1)))
    assert (frame.at_ms, frame.ffc_age_ms) == (None, None)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": "F 1"}, "id"),
        ({"unit": "celsius"}, "unit"),
        ({"width": 0}, "width"),
        ({"width": 2**40}, "width"),
        ({"height": True}, "height"),
        ({"pixels": "x" * 12}, "pixels"),
        ({"pixels": PIXELS[1:]}, "pixels"),
        ({"at": cbor2.CBORTag(35, "(a+)+$")}, "tag"),
        ({"at": cbor2.CBORTag(4, [2**30, 1])}, "tag"),
        ({"at": cbor2.CBORTag(1_000_000, 1)}, "tag"),
        ({"at": {"a": {"b": {"c": 1}}}}, "nesting"),
        ({7: 1}, "CBOR"),
    ],
)
def test_fault_says_what_would_be_right(change: dict[Any, object], fault: str) -> None:
    with pytest.raises(DeviceProtocolError, match=fault):
        decode_frame(cbor2.dumps({**picture(), **change}))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xa0",
        b"\x5b" + b"\x0f" * 8,
        b"\x9b" + b"\x0f" * 8,
        b"\xbb" + b"\x0f" * 8,
        b"\x81" * 1_000_000,
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\xc2\x5a\x00\x10\x00\x00" + b"\xff" * 0x100000,
        b"x" * 5_000_000,
        cbor2.dumps(picture()) + b"\x00",
    ],
    ids=lambda payload: f"{payload[:5].hex()}-{len(payload)}",
)
def test_bombs_cost_little(payload: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(DeviceProtocolError):
        decode_frame(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(payload) + 1_000_000
