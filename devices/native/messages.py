"""Payloads of the native protocol: what each channel's bytes say, and how commands are written."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from devices.commands import Command, Show
from devices.errors import DeviceProtocolError
from devices.ids import is_id
from devices.moment import format_stamp, parse_stamp
from devices.native.frames import decode_frame
from devices.native.json_text import is_text, number, parse_object, shape_of, whole
from devices.readings import (
    Button,
    CommandResult,
    Direction,
    Door,
    GateState,
    Online,
    Passage,
    Presence,
    Reading,
    Scan,
    Spot,
    Temperature,
    TemperatureKind,
    Unreadable,
)
from devices.units import Celsius

MAX_TEXT = 8192  # the longest QR code holds 7,089 digits
MAX_PEOPLE = 1000
MAX_BOOT = 64  # a UUID and more
MAX_STAMP = 64
ID = "1 to 32 of a-z, 0-9 and -"
BUTTONS = ("rex", "fire", "duress", "tamper")
KNOWN_KEYS = frozenset(
    {"id", "at", "text", "symbology", "celsius", "spot", "kind", "uncertainty", "quality", "track"}
    | {"people", "entered", "left", "door", "boot", "tick_ms", "grant", "direction", "button"}
    | {"pressed", "online", "command", "done", "reason"}
)

Body = Mapping[str, Any]
Word = TypeVar("Word", bound=StrEnum)


def decode_message(channel: str, payload: bytes) -> Reading:
    """Read one message of a device; DeviceProtocolError where it can't be used at all."""
    if channel == "frame":
        return decode_frame(payload)
    decode = _DECODERS.get(channel)
    if decode is None:
        msg = f"nothing comes from a device on channel {channel}"
        raise DeviceProtocolError(msg)
    return decode(parse_object(payload))


def read_message(channel: str, payload: bytes) -> Reading:
    """Read one message; what can't be read comes back described, without a word of its text."""
    try:
        return decode_message(channel, payload)
    except DeviceProtocolError as error:
        shape = "" if channel == "frame" else shape_of(payload, KNOWN_KEYS)
        return Unreadable(channel, len(payload), error.fault, error.position, shape)


def encode_command(command: Command, *, boot: str | None, until_tick_ms: int | None) -> bytes:
    """Write a command for one run (`boot`) of one gate."""
    return _json(
        {
            "id": command.id,
            "grant": command.grant,
            "do": command.do.value,
            "boot": boot,
            "until_tick_ms": until_tick_ms,
            "expires": format_stamp(command.until.wall_ms),
            "hold_ms": command.hold_ms,
        }
    )


def encode_show(show: Show) -> bytes:
    """Write what a display and voice present."""
    text = {"zh": show.zh, "en": show.en}
    body = {"colour": show.colour, "shape": show.shape, "text": text}
    return _json(body if show.tone is None else {**body, "tone": show.tone})


def encode_online(*, online: bool, at_ms: int | None) -> bytes:
    """Write that the gateway is there, or is not; its last will can't know when that will be."""
    body = {"online": online}
    return _json(body if at_ms is None else {**body, "at": format_stamp(at_ms)})


def _json(body: Body) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _scan(body: Body) -> Scan:
    text = _text(body, "text", MAX_TEXT)
    symbology = body.get("symbology")
    named = isinstance(symbology, str) and is_id(symbology.lower())
    return Scan(_id(body), _at(body), text, symbology if named else None)


def _temperature(body: Body) -> Temperature:
    celsius = number(body.get("celsius"))
    return Temperature(
        id=_id(body),
        at_ms=_at(body),
        celsius=None if celsius is None else Celsius(celsius),
        spot=_member(Spot, body.get("spot")),
        kind=_member(TemperatureKind, body.get("kind")),
        uncertainty=number(body.get("uncertainty")),
        quality=body["quality"] if body.get("quality") in ("good", "poor") else None,
        track=_track(body),
    )


def _presence(body: Body) -> Presence:
    people = whole(body.get("people"))
    if people is None or not 0 <= people <= MAX_PEOPLE:
        _refuse("people", f"a count from 0 to {MAX_PEOPLE}")
    track = _track(body)
    if track is None:
        _refuse("track", ID)
    return Presence(
        _id(body), _at(body), track, people,
        body.get("entered") is True, body.get("left") is True,
    )  # fmt: skip


def _state(body: Body) -> GateState:
    door = _member(Door, body.get("door"))
    if door is None:
        _refuse("door", f"one of {', '.join(Door)}")
    boot = body.get("boot")
    if boot is not None and not is_text(boot, MAX_BOOT):
        _refuse("boot", f"a text of 1 to {MAX_BOOT} characters")
    tick_ms = whole(body.get("tick_ms"))
    return GateState(_at(body), door, boot, None if tick_ms is None or tick_ms < 0 else tick_ms)


def _passage(body: Body) -> Passage:
    direction = _member(Direction, body.get("direction"))
    if direction is None:
        _refuse("direction", "in or out")
    return Passage(_id(body), _at(body), _name(body, "grant"), direction)


def _button(body: Body) -> Button:
    if body.get("button") not in BUTTONS:
        _refuse("button", f"one of {', '.join(BUTTONS)}")
    return Button(_id(body), _at(body), body["button"], _flag(body, "pressed"))


def _online(body: Body) -> Online:
    return Online(_flag(body, "online"), _at(body))


def _result(body: Body) -> CommandResult:
    command = _name(body, "command")
    if command is None:
        _refuse("command", "the id of a command")
    reason = body.get("reason")
    word = reason if isinstance(reason, str) and is_id(reason) else None
    return CommandResult(command, _flag(body, "done"), word, _at(body))


_DECODERS: dict[str, Callable[[Body], Reading]] = {
    "scan": _scan,
    "temperature": _temperature,
    "presence": _presence,
    "state": _state,
    "passage": _passage,
    "button": _button,
    "online": _online,
    "result": _result,
}


def _refuse(key: str, right: str) -> NoReturn:
    msg = f"{key} is missing or wrong: it must be {right}"
    raise DeviceProtocolError(msg)


def _id(body: Body) -> str:
    id_ = body.get("id")
    if not isinstance(id_, str) or not is_id(id_):
        _refuse("id", ID)
    return id_


def _track(body: Body) -> str | None:
    """Read which person a reading is of; one that can't be told would be taken for anybody's."""
    track = body.get("track")
    if track is not None and not (isinstance(track, str) and is_id(track)):
        _refuse("track", ID)
    return track


def _name(body: Body, key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) and is_id(value) else None


def _text(body: Body, key: str, longest: int) -> str:
    value = body.get(key)
    if not is_text(value, longest):
        _refuse(key, f"a text of 1 to {longest} characters")
    return str(value)


def _flag(body: Body, key: str) -> bool:
    value = body.get(key)
    if not isinstance(value, bool):
        _refuse(key, "true or false")
    return value


def _at(body: Body) -> int | None:
    """Read the device's own time; one that can't be read is missing, so nothing rests on it."""
    value = body.get("at")
    try:
        return parse_stamp(value) if isinstance(value, str) and len(value) < MAX_STAMP else None
    except (ValueError, OverflowError):
        return None


def _member(words: type[Word], value: object) -> Word | None:
    return next((word for word in words if word == value), None)
