"""One vendor's message, seen through its mapping."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NoReturn, TypeVar

from devices.errors import DeviceProtocolError
from devices.mapped.pointer import NOWHERE, follow, parse_pointer
from devices.mapped.settings import Value, is_pointer
from devices.mapped.values import Unit, to_celsius, to_number, to_wall_ms, to_word
from devices.native.messages import MAX_TEXT
from devices.qr_scanner.symbology import split_symbology
from devices.readings import (
    Direction,
    Door,
    GateState,
    Passage,
    Reading,
    Scan,
    Spot,
    Temperature,
    TemperatureKind,
)

MAX_NAME = 64

Word = TypeVar("Word", bound=StrEnum)
Words = Mapping[str, Mapping[str, str]]


class Quality(StrEnum):
    """How far a measurement can be trusted."""

    GOOD = "good"
    POOR = "poor"


class MappedMessage:
    """A parsed message whose parts have the names of our own protocol."""

    def __init__(
        self, document: object, fields: Mapping[str, Value], words: Words, unit: Unit
    ) -> None:
        self.unit: Unit = unit
        self._document = document
        self._fields = fields
        self._words = words

    def value(self, name: str) -> object:
        """Return what stands there, or NOWHERE."""
        value = self._fields.get(name, NOWHERE)
        if isinstance(value, str) and is_pointer(value):
            return follow(parse_pointer(value), self._document)
        return value

    def text(self, name: str) -> str | None:
        """Return a text, also one that is written as a whole number; None for all else."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        return str(value)

    def word(self, name: str, members: type[Word]) -> Word | None:
        """Return one of our words, translated if need be; None for any other."""
        word = to_word(self.value(name), self._words.get(name, {}))
        return next((member for member in members if member == word), None)

    @property
    def at_ms(self) -> int | None:
        """The device's own time."""
        return to_wall_ms(self.value("at"))

    def refuse(self, name: str, wrong: str) -> NoReturn:
        """Say what is wrong with a part, by its place and not by what it holds."""
        msg = f"{name} ({self._fields[name]}) {wrong}"
        raise DeviceProtocolError(msg)


Read = Callable[[MappedMessage, str], Reading]


def read_scan(message: MappedMessage, id_: str) -> Scan:
    """Read a scanned text."""
    text = message.text("text") or ""
    if not (0 < len(text) <= MAX_TEXT and _is_unicode(text)):
        message.refuse("text", f"is no text of 1 to {MAX_TEXT} characters")
    marked, text = split_symbology(text)
    named = message.text("symbology")
    return Scan(id_, message.at_ms, text, named if named and len(named) <= MAX_NAME else marked)


def read_temperature(message: MappedMessage, id_: str) -> Temperature:
    """Read a temperature; a value that is no number is a missing one."""
    value = message.value("celsius")
    if value is NOWHERE:
        message.refuse("celsius", "is not in the message")
    return Temperature(
        id=id_,
        at_ms=message.at_ms,
        celsius=to_celsius(value, message.unit),
        spot=message.word("spot", Spot),
        kind=message.word("kind", TemperatureKind),
        uncertainty=to_number(message.value("uncertainty")),
        quality=message.word("quality", Quality),
    )


def read_passage(message: MappedMessage, id_: str) -> Passage:
    """Read that somebody went through."""
    direction = message.word("direction", Direction)
    if direction is None:
        message.refuse("direction", "is neither in nor out; words can translate it")
    return Passage(id_, message.at_ms, None, direction)


def read_state(message: MappedMessage, _: str) -> GateState:
    """Read what a gate says of itself."""
    door = message.word("door", Door)
    if door is None:
        message.refuse("door", f"is none of {', '.join(Door)}; words can translate it")
    boot, tick_ms = message.text("boot"), to_number(message.value("tick_ms"))
    return GateState(
        message.at_ms,
        door,
        boot if boot and len(boot) <= MAX_NAME else None,
        None if tick_ms is None or tick_ms < 0 else int(tick_ms),
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON lets pass
        return False
    return True
