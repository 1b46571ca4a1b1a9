"""One step of the reducer while it runs: the instant, fresh ids, effects, what lanes share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import Spot, TemperatureKind
from edge_rules.decision import Policy
from edge_rules.effects import Effect, Record
from edge_rules.lane import Measured

MAX_ALARMS = 64  # standing ones; a guard who has this many acts on the first
MAX_GRANTED = 4096
CLOCK_BUILT_MS = 1_767_225_600_000  # 2026-01-01: a wall clock before this was never set

Limits = Mapping[tuple[Spot, TemperatureKind], float]


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What the site file says of the whole estate."""

    site: str
    zone: ZoneInfo
    limits: Limits
    started: Moment  # no reading sent before this opens anything
    screening_ends_ms: int | None = None

    def screening(self, now: Moment) -> bool:
        """Whether people's health may be judged at this time."""
        return self.screening_ends_ms is not None and now.wall_ms <= self.screening_ends_ms

    def limit_for(self, measured: Measured) -> float | None:
        """Return the limit in °C for one measurement, None where the authority gave none."""
        spot, kind = measured.reading.spot, measured.reading.kind
        return self.limits.get((spot, kind)) if spot and kind else None


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm nobody has acknowledged yet."""

    id: str
    alarm: str
    severity: int
    at_ms: int
    lane: LaneId | None
    device: DeviceId | None


@dataclass(frozen=True, slots=True)
class Granted:
    """Who was let in last, so that the same credential is not used twice at once."""

    subject: str
    until_ms: float  # CLOCK_BOOTTIME: a wall clock that steps lets nobody in twice


@dataclass(frozen=True, slots=True)
class ClockTrust:
    """What is known of the wall clock; `why` it is in doubt, None while it is believed."""

    offset_ms: float | None = None  # of the wall clock from CLOCK_BOOTTIME at the last input
    at_ms: float = 0.0  # on CLOCK_BOOTTIME
    known: bool = True
    stepped: bool = False
    alarmed: bool = False
    why: str | None = None


@dataclass(slots=True)
class Turn:
    """The only mutable thing of a step; it does not outlive it."""

    now: Moment
    rules: SiteRules
    policy: Policy
    run: str
    serial: int
    granted: tuple[Granted, ...]
    uses: Mapping[str, int]
    uses_date: str
    alarms: tuple[Alarm, ...]
    clock_trusted: bool = True
    effects: list[Effect] = field(default_factory=list)

    def new_id(self) -> str:
        """Return an id that no other step and no other run of the gateway gives."""
        self.serial += 1
        return f"{self.run}-{self.serial:x}"

    def record(
        self,
        type_: str,
        body: Mapping[str, Any],
        *,
        lane: LaneId | None = None,
        device: DeviceId | None = None,
        visit: str | None = None,
    ) -> str:
        """Put an event on record and return its id."""
        id_ = self.new_id()
        self.effects.append(Record(id_, type_, self.now.wall_ms, body, lane, device, visit))
        return id_

    def alarm(
        self, word: str, severity: int, lane: LaneId | None, device: DeviceId | None, **more: object
    ) -> None:
        """Raise an alarm, unless the same one still stands."""
        if any((a.alarm, a.lane, a.device) == (word, lane, device) for a in self.alarms):
            return
        body = {"alarm": word, "severity": severity, **more}
        whole = {"lane": None} if lane is None else {}
        whole |= {"device": None} if device is None else {}
        id_ = self.record("alarm-raised", {**whole, **body}, lane=lane, device=device)
        alarm = Alarm(id_, word, severity, self.now.wall_ms, lane, device)
        self.alarms = (*self.alarms, alarm)[-MAX_ALARMS:]

    def repeats(self, subject: str | None) -> bool:
        """Whether this subject was let in a moment ago."""
        return any(g.subject == subject and self.now.boot_ms < g.until_ms for g in self.granted)

    def let_in(self, subject: str | None, window_ms: int) -> None:
        """Remember a grant for `repeats` and for the count of today's uses."""
        if subject is None:
            return
        fresh = tuple(g for g in self.granted if self.now.boot_ms < g.until_ms)
        granted = Granted(subject, self.now.boot_ms + window_ms)
        self.granted = (*fresh, granted)[-MAX_GRANTED:]
        self.uses = {**self._uses_today(), subject: self.used_today(subject) + 1}
        self.uses_date = self.local_date

    def used_today(self, subject: str | None) -> int:
        """How many times a subject was let in since the site's midnight."""
        return self._uses_today().get(subject or "", 0)

    @property
    def local_date(self) -> str:
        """Today at the site."""
        return self.now.utc.astimezone(self.rules.zone).date().isoformat()

    def _uses_today(self) -> Mapping[str, int]:
        return self.uses if self.uses_date == self.local_date else {}
