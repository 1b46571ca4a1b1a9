"""devices.native.messages: what each channel says, written out by hand from docs/protocol.md."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.commands import Command, Do, Show
from devices.errors import DeviceProtocolError
from devices.moment import Moment
from devices.native.messages import (
    decode_message,
    encode_command,
    encode_online,
    encode_show,
    read_message,
)
from devices.readings import (
    Button,
    CommandResult,
    Direction,
    Door,
    GateState,
    Online,
    Passage,
    Presence,
    Scan,
    Spot,
    Temperature,
    TemperatureKind,
    Unreadable,
)
from devices.units import Celsius

AT = "2026-11-23T08:00:00.123Z"
AT_MS = int(datetime(2026, 11, 23, 8, 0, tzinfo=UTC).timestamp()) * 1000 + 123

GOOD: list[tuple[str, dict[str, Any], object]] = [
    ("scan", {"id": "s-1", "at": AT, "text": "HC1:X", "symbology": "QR-Code"},
     Scan("s-1", AT_MS, "HC1:X", "QR-Code")),
    ("scan", {"id": "s-1", "text": "码"}, Scan("s-1", None, "码")),
    ("temperature",
     {"id": "t-1", "at": AT, "celsius": 36.5, "spot": "forehead", "kind": "surface",
      "uncertainty": 0.2, "quality": "good", "track": "p-7"},
     Temperature("t-1", AT_MS, Celsius(36.5), Spot.FOREHEAD, TemperatureKind.SURFACE, 0.2,
                 "good", "p-7")),
    ("temperature", {"id": "t-1", "celsius": "36.5", "spot": "nose", "kind": 3, "quality": "fine"},
     Temperature("t-1", None, None, None, None)),
    ("presence", {"id": "p-1", "at": AT, "track": "p-7", "people": 2, "entered": True},
     Presence("p-1", AT_MS, "p-7", 2, entered=True)),
    ("state", {"at": AT, "door": "closed", "boot": "b1", "tick_ms": 1200.0},
     GateState(AT_MS, Door.CLOSED, "b1", 1200)),
    ("state", {"door": "fault"}, GateState(None, Door.FAULT, None, None)),
    ("passage", {"id": "x-1", "at": AT, "grant": None, "direction": "in"},
     Passage("x-1", AT_MS, None, Direction.IN)),
    ("button", {"id": "r-1", "at": AT, "button": "rex", "pressed": True},
     Button("r-1", AT_MS, "rex", True)),
    ("online", {"online": False, "at": AT}, Online(False, AT_MS)),
    ("result", {"command": "c-1", "done": False, "reason": "expired", "at": AT},
     CommandResult("c-1", False, "expired", AT_MS)),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "body", "reading"), GOOD)
def test_each_channel_as_the_protocol_has_it(
    channel: str, body: dict[str, Any], reading: object
) -> None:
    assert decode_message(channel, json.dumps(body).encode()) == reading


@pytest.mark.parametrize(
    ("channel", "payload", "fault"),
    [
        ("scan", b'{"id": "A B", "text": "x"}', "id"),
        ("scan", b'{"id": "s-1", "text": ""}', "text"),
        ("scan", b'{"id": "s-1", "text": "\\ud800"}', "text"),
        ("temperature", b'{"id": "t-1", "celsius": 36, "track": 7}', "track"),
        ("presence", b'{"id": "p-1", "track": "a", "people": -1}', "people"),
        ("presence", b'{"id": "p-1", "track": "a", "people": true}', "people"),
        ("presence", b'{"id": "p-1", "people": 1}', "track"),
        ("state", b'{"door": "ajar"}', "door"),
        ("state", b'{"door": "open", "boot": "\\udfff"}', "boot"),
        ("passage", b'{"id": "x-1", "direction": "up"}', "direction"),
        ("button", b'{"id": "r-1", "button": ["rex"], "pressed": true}', "button"),
        ("button", b'{"id": "r-1", "button": "rex", "pressed": 1}', "pressed"),
        ("online", b'{"online": "true"}', "online"),
        ("result", b'{"command": 3, "done": true}', "command"),
        ("scan", b"[]", "object"),
        ("command", b"{}", "channel"),
    ],
)
def test_fault_names_the_key_and_what_would_be_right(
    channel: str, payload: bytes, fault: str
) -> None:
    with pytest.raises(DeviceProtocolError, match=fault):
        decode_message(channel, payload)
    assert isinstance(read_message(channel, payload), Unreadable)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_are_none_make_the_fact_missing(number: str) -> None:
    payload = f'{{"id": "t-1", "celsius": {number}, "uncertainty": {number}}}'.encode()
    assert decode_message("temperature", payload) == Temperature("t-1", None, None, None, None)
    state = f'{{"door": "open", "boot": "b", "tick_ms": {number}}}'.encode()
    assert decode_message("state", state) == GateState(None, Door.OPEN, "b", None)


@pytest.mark.parametrize(
    "at",
    ["yesterday", "2026-13-01T00:00:00Z", "2026-11-23 08:00:00Z", 7, "0001-01-01T00:00:00+23:59"],
)
def test_a_time_that_is_none_is_missing(at: object) -> None:
    reading = decode_message("online", json.dumps({"online": True, "at": at}).encode())
    assert isinstance(reading, Online)
    assert reading.at_ms is None or reading.at_ms < 0


def test_command_as_a_gate_reads_it() -> None:
    command = Command("c-1", Do.OPEN, Moment(5_000, AT_MS), 3000, "g-1")
    assert json.loads(encode_command(command, boot="b1", until_tick_ms=777)) == {
        "id": "c-1", "grant": "g-1", "do": "open", "boot": "b1", "until_tick_ms": 777,
        "expires": AT, "hold_ms": 3000,
    }  # fmt: skip


def test_show_and_online_as_devices_read_them() -> None:
    show = Show("green", "tick", "请通行", "Please pass")
    assert json.loads(encode_show(show)) == {
        "colour": "green", "shape": "tick", "text": {"zh": "请通行", "en": "Please pass"},
    }  # fmt: skip
    assert json.loads(encode_online(online=True, at_ms=AT_MS)) == {"online": True, "at": AT}
    assert json.loads(encode_online(online=False, at_ms=None)) == {"online": False}
