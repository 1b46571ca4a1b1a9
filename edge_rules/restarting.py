"""A new run of the gateway: what the record says of the last one, and how its loose ends are tied.

No grant from before opens anything; a standing release or lockdown stands.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from devices.commands import Do
from devices.ids import DeviceId, LaneId
from devices.moment import Moment, parse_stamp
from devices.readings import Direction
from edge_rules.changing import told
from edge_rules.clock_trust import STEPPED
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.effects import Effect
from edge_rules.granting import MAX_REFERRED, record_referral
from edge_rules.inputs import Act
from edge_rules.lane import (
    Authority,
    LaneRules,
    LaneState,
    Mode,
    Referred,
    Shown,
    Standing,
    Visit,
    standing_order,
)
from edge_rules.operating import ActResult
from edge_rules.policies import Policies
from edge_rules.receiving import CLOCK_SUSPECT, identity_on_record
from edge_rules.recent_ids import RecentIds
from edge_rules.site import MAX_ACTS, SiteState
from edge_rules.turn import MAX_ALARMS, Alarm, ClockTrust, Granted, SiteRules, Turn
from edge_rules.vouched import How, Vouched

RESTARTED = "gateway-restarted"

Event = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(slots=True)
class _Past:
    """What is still open after the events read so far."""

    seen: dict[DeviceId, RecentIds] = field(default_factory=dict)
    readings: dict[Key, list[Event]] = field(default_factory=dict)
    grants: dict[str, Event] = field(default_factory=dict)
    commands: dict[str, Event] = field(default_factory=dict)
    modes: dict[str, Mode] = field(default_factory=dict)
    unlocked: set[str] = field(default_factory=set)  # lanes that are back to normal
    alarms: dict[tuple[str, str | None, str | None], Event] = field(default_factory=dict)
    admitted: list[Event] = field(default_factory=list)
    acts: dict[str, ActResult] = field(default_factory=dict)
    opening: dict[str, str] = field(default_factory=dict)  # lane → key of the opening just asked
    started: dict[str, Event] = field(default_factory=dict)  # visits that a guard began

    def remember(self, event: Event) -> None:
        """Read one event of long ago: nothing of then is under way any more."""
        if event["type"] == "reading-received":
            self._see(event)
        elif event["type"] == "passage-decided" and event.get("grant"):
            self.admitted.append(event)

    def _see(self, event: Event) -> None:
        device = DeviceId(event["device"])
        self.seen[device] = self.seen.get(device, RecentIds()).adding(identity_on_record(event))

    def take(self, event: Event) -> None:
        """Read one event, oldest first."""
        type_, lane = event["type"], event.get("lane", "")
        if event.get("mode") in set(Mode):
            self._follow_mode(lane, Mode(event["mode"]))
        if type_ == "reading-received":
            self._see(event)
            if event["kind"] in {"scan", "temperature"}:
                self.readings.setdefault((lane, event["reading"]), []).append(event)
        elif type_ in {"passage-decided", "visit-abandoned"}:
            self._end_readings(event, lane)
            self.started.pop(event.get("visit", ""), None)
            if type_ == "passage-decided" and event.get("grant"):
                self.admitted.append(event)
        elif type_ in {"alarm-raised", "alarm-acknowledged"}:
            about = (event["alarm"], event.get("lane"), event.get("device"))
            self.alarms.pop(about, None)
            if type_ == "alarm-raised":
                self.alarms[about] = event
            elif event.get("key"):
                self.acts[event["key"]] = ActResult()
        elif type_ == "operator-acted":
            self._follow_act(event, lane)
        else:
            self._follow_gate(event)

    def _follow_mode(self, lane: str, mode: Mode) -> None:
        before = self.modes.get(lane)
        self.modes[lane] = mode
        if mode is not Mode.NORMAL:
            self.unlocked.discard(lane)
        elif before not in {None, Mode.NORMAL}:
            self.unlocked.add(lane)

    def _follow_act(self, event: Event, lane: str) -> None:
        """Know an act again: the same key after a restart is the same act, not another one."""
        if key := event.get("key"):
            self.acts[key] = ActResult(refused=event.get("refused"))
            if event["act"] == Act.OPEN and not event.get("refused"):
                self.opening[lane] = key
        if event.get("began"):
            self.started[event["visit"]] = event

    def _follow_gate(self, event: Event) -> None:
        type_, grant = event["type"], event.get("grant")
        if type_ == "gate-commanded":
            if event["do"] in {Do.OPEN, Do.RELEASE}:
                self.commands[event["command"]] = event
            if event.get("authority") == Authority.OPERATOR and event["do"] == Do.OPEN:
                key = self.opening.pop(event.get("lane", ""), None)
                if key is not None:
                    self.acts[key] = ActResult(command=event["command"])
            if grant:
                self.grants[grant] = event
        elif type_ in {"gate-opened", "gate-unknown"}:
            self.commands.pop(event["command"], None)
        elif type_ in {"passage-completed", "passage-not-taken"} and grant:
            self.grants.pop(grant, None)

    def _end_readings(self, event: Event, lane: str) -> None:
        # Two devices of a lane may use one id: a decision ends scans first, the rest temperatures.
        first = "scan" if event["type"] == "passage-decided" else "temperature"
        for reading in event["readings"]:
            same = self.readings.get((lane, reading), [])
            same.sort(key=lambda e: e["kind"] == first)
            if same:
                same.pop()
            if not same:
                self.readings.pop((lane, reading), None)


def resume(
    rules: SiteRules,
    policies: Policies,
    run: str,
    lanes: Iterable[LaneRules],
    modes: Mapping[LaneId, Mode],
    recent: Iterable[Event],
    now: Moment,
    earlier: Iterable[Event] = (),
) -> tuple[SiteState, tuple[Effect, ...]]:
    """Start a run: `recent` are the last events of the record, `modes` what stood before them.

    Of `earlier` events, oldest first, only the ids of readings and the admissions still count.
    """
    past = _Past(modes={str(lane): mode for lane, mode in modes.items()})
    for event in earlier:
        past.remember(event)
    for event in recent:
        past.take(event)
    turn = Turn(now, rules, policies.current.policy, run, 0, (), {}, "", ())
    if not policies.recorded:
        placed = policies.current
        policies = told(policies, policies, placed.source, placed.by, turn)
    referred = _tie_loose_ends(past, turn)
    lanes = tuple(lanes)
    windows = {str(lane.lane): lane.visit_window_ms for lane in lanes}
    states = {
        lane.lane: _standing(
            LaneState(lane, referred=referred.get(lane.lane, ())),
            past.modes.get(lane.lane, Mode.NORMAL),
            unlocked=lane.lane in past.unlocked,
        )
        for lane in lanes
    }
    state = SiteState(
        rules,
        policies,
        run,
        states,
        serial=turn.serial,
        seen=past.seen,
        granted=_granted(past, windows, turn),
        uses=_uses(past, turn),
        uses_date=turn.local_date,
        alarms=tuple(map(_alarm, past.alarms.values()))[-MAX_ALARMS:],
        acts=tuple(past.acts.items())[-MAX_ACTS:],
        clock=_clock(past),
    )
    return state, tuple(turn.effects)


def _clock(past: _Past) -> ClockTrust:
    """Keep a clock that stepped in doubt until somebody has acknowledged that."""
    alarm = past.alarms.get((CLOCK_SUSPECT, None, None), {})
    stepped = alarm.get("detail") == STEPPED
    return ClockTrust(stepped=stepped, alarmed=stepped, why=STEPPED if stepped else None)


def _standing(lane: LaneState, mode: Mode, *, unlocked: bool) -> LaneState:
    tells = standing_order(lane.rules, mode)
    if unlocked and lane.rules.direction is Direction.IN:
        tells = Do.UNLOCK  # whether the gate heard of it nobody knows; once more does no harm
    return replace(lane, mode=mode, standing=Standing(tells) if tells else None)


def _tie_loose_ends(past: _Past, turn: Turn) -> dict[LaneId, tuple[Referred, ...]]:
    for command in past.commands.values():
        body = {key: command.get(key) for key in ("command", "grant", "do")}
        turn.record(
            "gate-unknown", {**body, "reason": RESTARTED}, lane=LaneId(command["lane"]),
            device=command.get("device"),
        )  # fmt: skip
    visits = {event["grant"]: event.get("visit") for event in past.admitted}
    for grant, event in past.grants.items():
        body = {"grant": grant, "reason": RESTARTED, "passed": 0}
        turn.record("passage-not-taken", body, lane=LaneId(event["lane"]), visit=visits.get(grant))
    referred: dict[LaneId, tuple[Referred, ...]] = {}
    for event in (event for same in past.readings.values() for event in same):
        lane, reading = LaneId(event["lane"]), event["reading"]
        if event["kind"] == "scan":
            open_ = _refer(event, turn)
            referred[lane] = (*referred.get(lane, ()), open_)[-MAX_REFERRED:]
        else:
            body = {"readings": [reading], "grant": None, "reason": RESTARTED}
            turn.record("visit-abandoned", body, lane=lane, visit=turn.new_id())
    for act in past.started.values():
        lane = LaneId(act["lane"])
        vouched = Vouched(How(act["how"]), _credential(act))
        shown = Shown(act["key"], turn.now, vouched.credential, vouched=vouched)
        open_ = _referred(act, shown, act["visit"], turn)
        referred[lane] = (*referred.get(lane, ()), open_)[-MAX_REFERRED:]
    return referred


def _refer(scan: Event, turn: Turn) -> Referred:
    """Refer a visit that was open at the end: whoever it is may still stand there."""
    return _referred(scan, Shown(scan["reading"], turn.now, _credential(scan)), turn.new_id(), turn)


def _referred(event: Event, shown: Shown, id_: str, turn: Turn) -> Referred:
    visit = Visit(id_, turn.now, (shown,), doubt=RESTARTED)
    record, lane = event.get("credential"), LaneId(event["lane"])
    decided = record_referral(lane, id_, visit.readings, [RESTARTED], record or None, turn)
    return Referred(visit, decided, turn.now.boot_ms)


def _credential(event: Event) -> Credential:
    record = event.get("credential") or {}
    return Credential(
        CredentialKind(record.get("kind") or CredentialKind.UNKNOWN),
        CredentialStatus(record.get("status") or CredentialStatus.UNREADABLE),
        record.get("reason"),
        record.get("subject"),
    )


def _uses(past: _Past, turn: Turn) -> dict[str, int]:
    local = turn.now.utc.astimezone(turn.rules.zone)
    midnight_ms = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000
    subjects = (
        _subject(event) for event in past.admitted if parse_stamp(event["at"]) >= midnight_ms
    )
    return dict(Counter(subject for subject in subjects if subject))


def _granted(past: _Past, windows: Mapping[str, int], turn: Turn) -> tuple[Granted, ...]:
    granted = []
    for event in past.admitted:
        window_ms = windows.get(event["lane"], 0)
        # Of a grant that a clock set back puts into the future only its window is known to hold.
        age_ms = max(0, turn.now.wall_ms - parse_stamp(event["at"]))
        if age_ms < window_ms and _subject(event):
            granted.append(Granted(_subject(event), turn.now.boot_ms + window_ms - age_ms))
    return tuple(granted)


def _subject(event: Event) -> str:
    return (event.get("credential") or {}).get("subject") or ""


def _alarm(event: Event) -> Alarm:
    return Alarm(
        event["id"], event["alarm"], event["severity"], parse_stamp(event["at"]),
        event.get("lane"), event.get("device"),
    )  # fmt: skip
