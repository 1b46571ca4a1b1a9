"""What the site reducer takes: readings, credentials judged, operators' acts, time passing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devices.arrival import Fence
from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.orders.order import Order
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
from edge_rules.decision import Policy
from edge_rules.policies import Source
from edge_rules.vouched import Vouched


@dataclass(frozen=True, slots=True)
class CredentialShown:
    """A scan after its judgement: the text is gone, the facts and the subject stay.

    `code` is the keyed hash of a text that a platform has to be asked about, None for all else.
    """

    id: str
    at_ms: int | None
    credential: Credential
    code: str | None = None


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
    START_VISIT = "start-visit"
    ACKNOWLEDGE = "acknowledge"
    ROLLBACK_POLICY = "rollback-policy"
    SUSPEND_ORDER = "suspend-order"


@dataclass(frozen=True, slots=True)
class OperatorActed:
    """An authorised person did something; `key` makes a repeated act the same act.

    `lane` is None for acts on an alarm or a visit, which name their lane themselves, and on what
    holds for the whole site.
    """

    act: Act
    by: str
    role: str
    key: str
    lane: LaneId | None = None
    reason: str = ""
    target: str | None = None  # alarm, visit or order
    vouched: Vouched | None = None
    celsius: float | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class RecordLate:
    """The disk did not keep a decision in time: its command was not sent."""

    lane: LaneId
    grant: str
    unwritten: bool  # the late record could still be taken back, so it never reached the disk


@dataclass(frozen=True, slots=True)
class PlatformAnswered:
    """What came of asking a platform about a scan; `why` it gave no usable answer."""

    lane: LaneId
    query: str
    credential: Credential
    why: str | None = None


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


@dataclass(frozen=True, slots=True)
class PolicyOffered:
    """A policy of the site's own that is sound: loaded, and its tests hold."""

    policy: Policy
    source: Source
    by: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyRefused:
    """A policy of the site's own with faults; `fault` is the first one's sentence."""

    source: Source
    by: str | None
    fault: str
    faults: int = 1


@dataclass(frozen=True, slots=True)
class OrderGiven:
    """An order of the HQ that was checked, with its policy ready; `key` signed it."""

    order: Order
    key: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """An order that is not obeyed: `reason` is a word, `detail` says what would be right."""

    order: str | None
    key: str | None
    kind: str
    reason: str
    detail: str


Input = (
    ReadingArrived
    | OperatorActed
    | RecordLate
    | PlatformAnswered
    | TimePassed
    | AlarmSeen
    | ClockJudged
    | Noted
    | PolicyOffered
    | PolicyRefused
    | OrderGiven
    | OrderRefused
)
