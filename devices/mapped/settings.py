"""The keys of a mapped device: what its messages are, and where in them the parts stand."""

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from devices.mapped.pointer import parse_pointer
from devices.mapped.values import Unit, to_number, to_word
from devices.readings import Direction, Door, Spot, TemperatureKind

As = Literal["scan", "temperature", "passage", "state"]
Value = str | int | float | bool

NEEDED: Mapping[As, tuple[str, ...]] = {
    "scan": ("text",),
    "temperature": ("celsius", "spot", "kind"),
    "passage": ("direction",),
    "state": ("door",),
}
OPTIONAL: Mapping[As, tuple[str, ...]] = {
    "scan": ("id", "at", "symbology"),
    "temperature": ("id", "at", "quality", "uncertainty"),
    "passage": ("id", "at"),
    "state": ("at", "boot", "tick_ms"),
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "spot": tuple(Spot),
    "kind": tuple(TemperatureKind),
    "quality": ("good", "poor"),
    "direction": tuple(Direction),
    "door": tuple(Door),
}
# The same for every message of one device; all else differs from person to person.
SAID_OUTRIGHT = ("spot", "kind", "quality", "uncertainty", "direction")


class MappedSettings(BaseModel):
    """What one vendor's messages mean.

    A value of `fields` that is empty or begins with / is a JSON pointer, another is meant as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_: As = Field(alias="as")
    fields: dict[str, Value]
    unit: Unit | None = None
    words: dict[str, dict[str, str]] = {}
    only: dict[str, Value] = {}
    payload: Literal["json", "text"] = "json"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        faults = [*_fields(self), *_words(self), *_only(self), *_payload(self)]
        if self.unit and self.as_ != "temperature":
            faults.append("unit: only a temperature has one")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def measures(self) -> tuple[Spot, TemperatureKind] | None:
        """Spot and kind of its temperatures, where the site file itself says both."""
        spot, kind = self.fields.get("spot"), self.fields.get("kind")
        said = self.as_ == "temperature" and spot in WORDS["spot"] and kind in WORDS["kind"]
        return (Spot(str(spot)), TemperatureKind(str(kind))) if said else None


def is_pointer(value: Value) -> bool:
    """Tell a pointer from a value that is meant as it is."""
    return isinstance(value, str) and (not value or value.startswith("/"))


def _fields(settings: MappedSettings) -> Iterator[str]:
    as_ = settings.as_
    known = NEEDED[as_] + OPTIONAL[as_]
    for name in NEEDED[as_]:
        if name not in settings.fields:
            yield f"fields.{name}: is missing; {_what_it_may_be(name)}"
    for name, value in settings.fields.items():
        if name not in known:
            yield f"fields.{name}: a {as_} has none; it has {', '.join(known)}"
        elif is_pointer(value):
            yield from _pointer(f"fields.{name}", str(value))
        elif not _may_be_said(name, value):
            yield f"fields.{name}: {_what_it_may_be(name)}"


def _may_be_said(name: str, value: Value) -> bool:
    if name not in SAID_OUTRIGHT:
        return False
    if name in WORDS:
        return value in WORDS[name]
    found = to_number(value)
    return found is not None and found >= 0


def _what_it_may_be(name: str) -> str:
    pointer = f"give a JSON pointer such as /data/{name}"
    if name not in SAID_OUTRIGHT:
        return pointer
    if name in WORDS:
        return f"{pointer}, or one of {', '.join(WORDS[name])}"
    return f"{pointer}, or a number"


def _words(settings: MappedSettings) -> Iterator[str]:
    for name, words in settings.words.items():
        if name not in WORDS or name not in settings.fields:
            theirs = [field for field in WORDS if field in settings.fields]
            yield f"words.{name}: no such field is mapped; with words come {', '.join(theirs)}"
            continue
        for word, meaning in words.items():
            if meaning not in WORDS[name]:
                yield f"words.{name}.{word}: must mean one of {', '.join(WORDS[name])}"


def _only(settings: MappedSettings) -> Iterator[str]:
    for pointer, value in settings.only.items():
        if not is_pointer(pointer):
            yield f"only.{pointer}: give a JSON pointer such as /type, then the value it must have"
        yield from _pointer("only", pointer) if is_pointer(pointer) else ()
        if to_word(value) == "":
            yield f"only.{pointer}: give the value that a message must have there"


def _payload(settings: MappedSettings) -> Iterator[str]:
    if settings.payload == "json":
        return
    pointers = [value for value in settings.fields.values() if is_pointer(value)]
    if settings.only or pointers != [""]:
        yield 'payload: a text has no parts: map one field, to "", and leave only away'


def _pointer(place: str, text: str) -> Iterator[str]:
    try:
        parse_pointer(text)
    except ValueError as error:
        yield f"{place}: {error}"
