"""devices.native: any bytes on any channel are a reading or described, and never quoted."""

import json
import time
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import DeviceProtocolError
from devices.native.json_text import MAX_BYTES, parse_json
from devices.native.messages import KNOWN_KEYS, decode_message, encode_command, read_message
from devices.native.topics import FROM_DEVICES
from devices.readings import GateState, Scan, Unreadable
from tests.devices.native.payloads import a_command

CHANNELS = sorted(FROM_DEVICES)
SECRET = "ZHANGSAN13800138000"

channels = st.sampled_from(CHANNELS)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["in", "rex", "open", "s-1", "2026-11-23T08:00:00Z", SECRET])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(sorted(KNOWN_KEYS)) | st.text(max_size=8), values)


def described(channel: str, payload: bytes) -> Unreadable | None:
    reading = read_message(channel, payload)
    return reading if isinstance(reading, Unreadable) else None


@given(channels, st.binary(max_size=300))
def test_garbage_never_raises(channel: str, payload: bytes) -> None:
    reading = described(channel, payload)
    if reading is not None:
        assert reading.length == len(payload)
        assert reading.channel == channel


@given(channels, bodies)
def test_any_json_never_raises_and_can_be_written_out_again(
    channel: str, body: dict[str, Any]
) -> None:
    reading = read_message(channel, json.dumps(body).encode())
    if isinstance(reading, GateState):
        encode_command(a_command(), boot=reading.boot, until_tick_ms=reading.tick_ms)
    if isinstance(reading, Scan):
        reading.text.encode()


@given(bodies)
def test_any_cbor_never_raises(body: dict[str, Any]) -> None:
    read_message("frame", cbor2.dumps({**body, "pixels": b"1234", "unit": "centikelvin"}))


@given(channels, st.integers(0, 60), bodies)
def test_nothing_of_a_message_is_shown(channel: str, cut: int, body: dict[str, Any]) -> None:
    whole = json.dumps({SECRET: SECRET, **body, "x": [SECRET, {SECRET: SECRET}]}).encode()
    for payload in (whole, whole[: len(whole) - cut], whole[cut:], SECRET.encode() + whole):
        reading = described(channel, payload)
        if reading is not None:
            assert SECRET[:5] not in repr(reading)
            assert len(repr(reading)) < 600


def test_scan_does_not_show_its_text() -> None:
    payload = json.dumps({"id": "s-1", "text": SECRET}).encode()
    assert SECRET not in repr(decode_message("scan", payload))


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
        b'"' + b"\\" * 60_001,
        b'"\\' * 30_000,
        b"x" * 1_000_000,
        b"[" * 60_000,
        b'["' + b"[" * 60_000,
        b"]" * 9 + b"[" * 60_000,
        b"1" * 60_000,
        b"[" + b"[]," * 20_000 + b"0]",
        b"{" + b",".join(b'"%d":{}' % n for n in range(6000)) + b"}",
        b"\xff" * 60_000,
        b"\xef\xbb\xbf{}",
        b"",
    ],
    ids=lambda payload: f"{payload[:6]!r}-{len(payload)}",
)
@pytest.mark.parametrize("channel", CHANNELS)
def test_bombs_are_described_at_once(channel: str, payload: bytes) -> None:
    start = time.process_time()
    assert described(channel, payload) is not None
    assert time.process_time() - start < 1


@pytest.mark.parametrize("depth", [8, 9])
def test_depth_ends_at_eight(depth: int) -> None:
    payload = b"[" * depth + b"]" * depth
    if depth > 8:
        with pytest.raises(DeviceProtocolError, match="deeper"):
            parse_json(payload)
    else:
        parse_json(payload)


def test_brackets_in_a_text_are_no_depth() -> None:
    text = "[" * 100 + '\\"{{'
    assert parse_json(json.dumps({"text": text}).encode()) == {"text": text}


def test_parsers_words_are_passed_on_only_where_they_can_hold_no_text() -> None:
    with pytest.raises(DeviceProtocolError, match=r"^not JSON \(at byte 7\)$"):
        parse_json(b'{"a": "\\q"}')
    with pytest.raises(DeviceProtocolError, match="not JSON: Expecting value"):
        parse_json(b'{"a": }')


def test_position_is_in_bytes() -> None:
    payload = '{"码": 码}'.encode()
    with pytest.raises(DeviceProtocolError) as caught:
        parse_json(payload)
    assert caught.value.position == payload.rindex("码".encode())
    with pytest.raises(DeviceProtocolError) as caught:
        parse_json(b" " * (MAX_BYTES + 1))
    assert caught.value.position == MAX_BYTES
