"""One lane: its rules, and what it holds between two inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from devices.commands import Do
from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import Direction, Door, Temperature
from edge_rules.credentials.credential import Credential
from edge_rules.decision import Decision

CREDENTIAL = "credential"
TEMPERATURE = "temperature"

GATE_SILENCE_MS = 15_000  # three of its five-second states missed: the gate is not there


class Mode(StrEnum):
    """What stands above every decision at a lane."""

    NORMAL = "normal"
    LOCKDOWN = "lockdown"
    RELEASED = "released"


class Authority(StrEnum):
    """On whose word a gate moves."""

    POLICY = "policy"
    OPERATOR = "operator"
    EXIT = "exit"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class DeviceRules:
    """One device of a lane; `announces`: its driver says when it comes and goes."""

    role: str
    announces: bool = True


@dataclass(frozen=True, slots=True)
class LaneRules:
    """What the site file says of a lane; durations in milliseconds."""

    lane: LaneId
    checkpoint: str
    direction: Direction
    needs: frozenset[str]
    gate: DeviceId
    devices: Mapping[DeviceId, DeviceRules]
    visit_window_ms: int = 8000
    reading_max_age_ms: int = 10_000
    open_within_ms: int = 1000
    pass_within_ms: int = 5000
    accessible: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A credential that a scanner read for a visit."""

    id: str
    arrived: Moment
    credential: Credential


@dataclass(frozen=True, slots=True)
class Measured:
    """A temperature, for the one visit that takes it."""

    reading: Temperature
    arrived: Moment


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's readings while they come together."""

    id: str
    opened: Moment
    shown: tuple[Shown, ...]
    measured: tuple[Measured, ...] = ()
    track: str | None = None
    doubt: str | None = None  # why no policy is asked: the visit can only be referred

    @property
    def readings(self) -> list[str]:
        """The ids of all readings this visit uses up."""
        return [x.id for x in self.shown] + [x.reading.id for x in self.measured]

    @property
    def credential(self) -> Credential:
        """The credential that counts: a misread gives way to what was read after it."""
        read = [x.credential for x in self.shown if not is_misread(x.credential)]
        return read[0] if read else self.shown[0].credential

    @property
    def last_arrived(self) -> Moment:
        """When the last of its readings came."""
        return max([x.arrived for x in self.shown] + [x.arrived for x in self.measured])


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission for one opening; past `ends_ms` (CLOCK_BOOTTIME) it opens nothing."""

    id: str
    visit: str | None
    authority: Authority
    ends_ms: float
    command: str
    readings: tuple[str, ...] = ()
    track: str | None = None
    persons: int = 1
    passed: int = 0


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """A command on its way, or lapsed and kept a while in case its result is only late."""

    id: str
    do: Do
    grant: str | None
    ends_ms: float
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Referred:
    """A visit a guard should look at; what a second measurement needs is kept with it."""

    visit: Visit
    event: str
    since_ms: float
    answered: bool = False


@dataclass(frozen=True, slots=True)
class GateView:
    """What is known of the gate; `seen_ms` is its last live word."""

    door: Door | None = None
    boot: str | None = None
    seen_ms: float = -inf
    online: bool | None = None

    def ready(self, now: Moment) -> bool:
        """Whether a command would reach it, as far as can be known."""
        return self.online is not False and now.boot_ms - self.seen_ms <= GATE_SILENCE_MS


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate should have been told, and which run of it has confirmed that."""

    do: Do
    confirmed_boot: str | None = None
    retry_ms: float = -inf


@dataclass(frozen=True, slots=True)
class LastDecision:
    """What the page shows of the last person."""

    event: str
    visit: str | None
    decision: Decision
    celsius: float | None
    credential: Credential | None
    at: Moment


@dataclass(frozen=True, slots=True)
class LaneState:
    """All a lane remembers; every tuple in it is bounded."""

    rules: LaneRules
    gathering: Visit | None = None
    waiting: tuple[Visit, ...] = ()  # complete, until the live grant ends
    pool: tuple[Measured, ...] = ()  # temperatures no scan has joined yet
    grant: Grant | None = None
    commands: tuple[PendingCommand, ...] = ()
    referred: tuple[Referred, ...] = ()
    mode: Mode = Mode.NORMAL
    standing: Standing | None = None
    gate: GateView = GateView()
    online: Mapping[DeviceId, bool] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)  # per sensor: how many it sees
    tracks: frozenset[str] = frozenset()
    seconding: tuple[str, float] | None = None  # who asked to open in lockdown, and until when
    last: LastDecision | None = None

    @property
    def crowded(self) -> bool:
        """Whether a sensor sees more than one person."""
        return any(count > 1 for count in self.people.values())

    @property
    def occupied(self) -> bool:
        """Whether a sensor sees anyone."""
        return any(count > 0 for count in self.people.values())


def is_misread(credential: Credential) -> bool:
    """Tell a text that was no credential at all, such as half a code, from a second person's."""
    return credential.status == "unreadable"
