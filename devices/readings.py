"""What devices say, once it is parsed; values a device may omit or botch are None."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from devices.units import Celsius


class Door(StrEnum):
    """What a gate says of its own leaf."""

    CLOSED = "closed"
    OPEN = "open"
    HELD = "held"
    FORCED = "forced"
    FAULT = "fault"


class Spot(StrEnum):
    """Where on the body a temperature was taken."""

    FOREHEAD = "forehead"
    CANTHUS = "canthus"
    FACE = "face"
    WRIST = "wrist"
    EAR = "ear"


class TemperatureKind(StrEnum):
    """Whether a value is of the skin, or already adjusted to the body's core."""

    SURFACE = "surface"
    BODY_EQUIVALENT = "body-equivalent"


class Direction(StrEnum):
    """Which way a lane leads, or a person went."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Scan:
    """A text off a scanner. It holds a credential: it is judged at once and goes no further."""

    id: str
    at_ms: int | None
    text: str
    symbology: str | None = None

    def __repr__(self) -> str:
        return f"Scan(id={self.id!r}, {len(self.text)} characters)"


@dataclass(frozen=True, slots=True)
class Temperature:
    """One measured temperature of one person."""

    id: str
    at_ms: int | None
    celsius: Celsius | None
    spot: Spot | None
    kind: TemperatureKind | None
    uncertainty: float | None = None
    quality: str | None = None
    track: str | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """Who a camera or sensor sees in the lane: `people` in view, one `track` coming or going."""

    id: str
    at_ms: int | None
    track: str
    people: int
    entered: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ThermalFrame:
    """One radiometric picture: (height, width) uint16 in centikelvin. Never stored."""

    id: str
    at_ms: int | None
    pixels: NDArray[np.uint16]
    ffc_age_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate's own word on itself; `tick_ms` is its uptime, `boot` names that run of it."""

    at_ms: int | None
    door: Door
    boot: str | None
    tick_ms: int | None


@dataclass(frozen=True, slots=True)
class Passage:
    """One person went through."""

    id: str
    at_ms: int | None
    grant: str | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class Button:
    """An input at the gate: rex (request to exit), fire, duress or tamper."""

    id: str
    at_ms: int | None
    button: str
    pressed: bool


@dataclass(frozen=True, slots=True)
class Online:
    """A device came or went."""

    online: bool
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a command; the same for every copy of it."""

    command: str
    done: bool
    reason: str | None
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that could not be parsed, described without a word of its text."""

    channel: str
    length: int
    fault: str
    position: int | None
    shape: str
    digest: str | None = None  # keyed: whether the same message came again


Reading = (
    Scan
    | Temperature
    | Presence
    | ThermalFrame
    | GateState
    | Passage
    | Button
    | Online
    | CommandResult
    | Unreadable
)
