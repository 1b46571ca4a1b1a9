"""One lane: its rules, and what it holds between two inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from devices.commands import Do
from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import Direction, Door, Presence, Temperature
from edge_rules.credentials.card_codes import MISSING
from edge_rules.credentials.credential import Credential, CredentialKind
from edge_rules.decision import Decision
from edge_rules.vouched import Vouched

CREDENTIAL = "credential"
TEMPERATURE = "temperature"
CODES_MISSING = MISSING.reason  # of a credential in several codes

GATE_SILENCE_MS = 15_000  # three of its five-second states missed: the gate is not there
MAX_TRACKS = 16  # of one sensor; a lane where so many stand is crowded anyhow


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
    platform_within_ms: int | None = None  # None: there is nobody to ask about a colour code
    platform_refers: bool = True  # without its answer a guard looks, whatever the policy says


@dataclass(frozen=True, slots=True)
class Query:
    """A question to a platform; past `ends_ms` (CLOCK_BOOTTIME) it counts as unanswered."""

    id: str
    ends_ms: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A credential that a scanner read for a visit.

    `code` names a text that a platform is asked about, `query` is set while it has not answered,
    `why` where it gave no usable answer. What a guard `vouched` for, no scanner read.
    """

    id: str
    arrived: Moment
    credential: Credential
    code: str | None = None
    query: Query | None = None
    why: str | None = None
    vouched: Vouched | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A temperature, for the one visit that takes it."""

    reading: Temperature
    arrived: Moment


@dataclass(frozen=True, slots=True)
class Visit:
    """The readings of one person, or of a few on one guard's word, while they come together."""

    id: str
    opened: Moment
    shown: tuple[Shown, ...]
    measured: tuple[Measured, ...] = ()
    track: str | None = None
    doubt: str | None = None  # why no policy is asked: the visit can only be referred
    queries: int = 0  # that were asked for it
    persons: int = 1  # who are measured each, and pass on its grant
    companion: bool = False  # of somebody who was let in, and whose credential covers it

    @property
    def readings(self) -> list[str]:
        """The ids of all readings this visit uses up."""
        scans = [x.id for x in self.shown if x.vouched is None]
        return scans + [x.reading.id for x in self.measured]

    @property
    def group(self) -> int:
        """How many belong together: those who pass, and whom they accompany."""
        return self.persons + self.companion

    @property
    def measured_persons(self) -> int:
        """How many were measured, as far as tracks tell."""
        untracked = sum(x.reading.track is None for x in self.measured)
        return len(self.measured_tracks) + untracked

    @property
    def measured_tracks(self) -> frozenset[str]:
        """Everybody whom a sensor named as it measured."""
        return frozenset(x.reading.track for x in self.measured if x.reading.track)

    @property
    def user(self) -> str | None:
        """Whose credential its passage uses up; a companion uses up nobody's."""
        return None if self.companion else self.credential.subject

    @property
    def credential(self) -> Credential:
        """The credential that counts: a misread gives way to what was read after it."""
        return self.counting.credential

    @property
    def counting(self) -> Shown:
        """What was shown with it; of one person's colour codes the newest counts.

        What a guard vouches for stands above what a scanner read.
        """
        vouched = [x for x in self.shown if x.vouched]
        if vouched:
            return vouched[-1]
        read = [x for x in self.shown if not is_misread(x.credential)]
        whole = [x for x in self.shown if not is_part(x.credential)]
        first = next(iter(read or whole), self.shown[0])
        is_colour = first.credential.kind is CredentialKind.COLOUR_CODE
        return read[-1] if is_colour and read else first

    @property
    def asking(self) -> bool:
        """Whether a platform has still to answer for it."""
        return any(x.query for x in self.shown)

    @property
    def in_parts(self) -> bool:
        """Whether all that was shown are some codes of a credential that has more."""
        return bool(self.shown) and all(is_part(x.credential) for x in self.shown)

    @property
    def last_arrived(self) -> Moment:
        """When the last of its readings came."""
        return max([x.arrived for x in self.shown] + [x.arrived for x in self.measured])


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission for one opening; past `ends_ms` (CLOCK_BOOTTIME) it opens nothing."""

    id: str
    authority: Authority
    ends_ms: float
    command: str
    visit: Visit | None = None
    decided: str | None = None  # the event that gave it, where a policy did
    supersedes: str | None = None  # and the one which that superseded
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
    withdrawn: bool = False  # nobody repeats it any more: silence is no fault of the gate


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
class Sighting:
    """Whom one sensor sees: how many, and the tracks it named and has not ended."""

    people: int = 0
    tracks: tuple[str, ...] = ()

    def following(self, presence: Presence) -> "Sighting":
        """Return what the sensor sees after its next word."""
        if presence.people == 0:
            return Sighting()
        tracks = tuple(track for track in self.tracks if track != presence.track)
        if not presence.left:
            tracks = (*tracks, presence.track)[-MAX_TRACKS:]
        return Sighting(presence.people, tracks)


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
    sightings: Mapping[DeviceId, Sighting] = field(default_factory=dict)
    doors: Mapping[DeviceId, Door] = field(default_factory=dict)  # by sensors that are no gate
    seconding: tuple[str, float] | None = None  # who asked to open in lockdown, and until when
    last: LastDecision | None = None

    @property
    def tracks(self) -> frozenset[str]:
        """Everybody whom a sensor named and has not seen leave."""
        return frozenset(track for seen in self.sightings.values() for track in seen.tracks)

    @property
    def in_view(self) -> int:
        """How many people are in view, as far as any sensor tells."""
        return max([len(self.tracks), *(seen.people for seen in self.sightings.values())])

    @property
    def occupied(self) -> bool:
        """Whether a sensor sees anyone."""
        return any(seen.people > 0 for seen in self.sightings.values())


def standing_order(rules: LaneRules, mode: Mode) -> Do | None:
    """Name what a gate is told for as long as a mode stands; a way out is never locked."""
    if mode is Mode.RELEASED:
        return Do.RELEASE
    return Do.LOCK if mode is Mode.LOCKDOWN and rules.direction is Direction.IN else None


def is_part(credential: Credential) -> bool:
    """Tell a code of several, the others of which have not been read yet."""
    return credential.reason == CODES_MISSING


def is_misread(credential: Credential) -> bool:
    """Tell a text that was no credential at all, such as half a code, from a second person's."""
    return credential.status == "unreadable"
