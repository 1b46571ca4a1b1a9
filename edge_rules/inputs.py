"""What the site reducer takes: readings, credentials judged, operators' acts, time passing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devices.arrival import Fence
from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import (
    Button,
    CommandResult,
    GateState,
    Online,
    Passage,
    Presence,
    Temperature,
    Unreadable,
)
from edge_rules.credentials.credential import Credential


@dataclass(frozen=True, slots=True)
class CredentialShown:
    """A scan after its judgement: the text is gone, the facts and the subject stay."""

    id: str
    at_ms: int | None
    credential: Credential


@dataclass(frozen=True, slots=True)
class ReadingArrived:
    """One reading of one device at one lane; `arrived` is when its last byte was here."""

    lane: LaneId
    device: DeviceId
    reading: (
        CredentialShown
        | Temperature
        | Presence
        | GateState
        | Passage
        | Button
        | Online
        | CommandResult
        | Unreadable
    )
    arrived: Moment
    fence: Fence = Fence.LIVE
    retained: bool = False


class Act(StrEnum):
    """What an operator may do."""

    OPEN = "open"
    LOCK = "lock"
    RELEASE = "release"
    RESTORE = "restore"
    SECOND_MEASURE = "second-measure"
    ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True, slots=True)
class OperatorActed:
    """An authorised person did something; `key` makes a repeated act the same act.

    `lane` is None for acts on an alarm or a visit, which name their lane themselves.
    """

    act: Act
    by: str
    role: str
    key: str
    lane: LaneId | None = None
    reason: str = ""
    target: str | None = None  # alarm or visit
    celsius: float | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class RecordLate:
    """The disk did not keep a decision in time: its command was not sent."""

    lane: LaneId
    grant: str
    unwritten: bool  # the late record could still be taken back, so it never reached the disk


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing but the clock; drives every deadline."""


@dataclass(frozen=True, slots=True)
class AlarmSeen:
    """The gateway noticed something wrong with itself or with a link to a device."""

    alarm: str
    severity: int
    lane: LaneId | None = None
    device: DeviceId | None = None
    detail: str | None = None  # a sentence for whoever mends it, never of a person


@dataclass(frozen=True, slots=True)
class ClockJudged:
    """What set the machine's wall clock, None where nothing that knows the time has."""

    source: str | None


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the gateway itself puts on record, such as the store's silence."""

    type: str
    body: Mapping[str, Any]


Input = ReadingArrived | OperatorActed | RecordLate | TimePassed | AlarmSeen | ClockJudged | Noted
