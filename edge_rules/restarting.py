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
from edge_rules.effects import Effect
from edge_rules.granting import record_referral
from edge_rules.lane import LaneRules, LaneState, Mode, Standing
from edge_rules.recent_ids import RecentIds
from edge_rules.site import SiteState
from edge_rules.turn import MAX_ALARMS, Alarm, Granted, Policy, SiteRules, Turn

RESTARTED = "gateway-restarted"
_TELLS = {Mode.LOCKDOWN: Do.LOCK, Mode.RELEASED: Do.RELEASE}

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
    alarms: dict[str, Event] = field(default_factory=dict)
    admitted: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Read one event, oldest first."""
        type_, lane = event["type"], event.get("lane", "")
        if "mode" in event:
            self.modes[lane] = Mode(event["mode"])
        if type_ == "reading-received":
            device = DeviceId(event["device"])
            self.seen[device] = self.seen.get(device, RecentIds()).adding(event["reading"])
            if event["kind"] in {"scan", "temperature"}:
                self.readings.setdefault((lane, event["reading"]), []).append(event)
        elif type_ in {"passage-decided", "visit-abandoned"}:
            self._end_readings(event, lane)
            if type_ == "passage-decided" and event.get("grant"):
                self.admitted.append(event)
        elif type_ in {"alarm-raised", "alarm-acknowledged"}:
            self.alarms.pop(event.get("raised", ""), None)
            if type_ == "alarm-raised":
                self.alarms[event["id"]] = event
        else:
            self._follow_gate(event)

    def _follow_gate(self, event: Event) -> None:
        type_, grant = event["type"], event.get("grant")
        if type_ == "gate-commanded":
            if event["do"] in {Do.OPEN, Do.RELEASE}:
                self.commands[event["command"]] = event
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
    policy: Policy,
    run: str,
    lanes: Iterable[LaneRules],
    modes: Mapping[LaneId, Mode],
    recent: Iterable[Event],
    now: Moment,
) -> tuple[SiteState, tuple[Effect, ...]]:
    """Start a run: `recent` are the last events of the record, `modes` what stood before them."""
    past = _Past(modes={str(lane): mode for lane, mode in modes.items()})
    for event in recent:
        past.take(event)
    turn = Turn(now, rules, policy, run, 0, (), {}, "", ())
    _tie_loose_ends(past, turn)
    lanes = tuple(lanes)
    windows = {str(lane.lane): lane.visit_window_ms for lane in lanes}
    states = {
        lane.lane: _standing(LaneState(lane), past.modes.get(lane.lane, Mode.NORMAL))
        for lane in lanes
    }
    state = SiteState(
        rules,
        policy,
        run,
        states,
        serial=turn.serial,
        seen=past.seen,
        granted=_granted(past, windows, turn),
        uses=_uses(past, turn),
        uses_date=turn.local_date,
        alarms=tuple(map(_alarm, past.alarms.values()))[-MAX_ALARMS:],
    )
    return state, tuple(turn.effects)


def _standing(lane: LaneState, mode: Mode) -> LaneState:
    tells = _TELLS.get(mode)
    return replace(lane, mode=mode, standing=Standing(tells) if tells else None)


def _tie_loose_ends(past: _Past, turn: Turn) -> None:
    for command in past.commands.values():
        body = {key: command.get(key) for key in ("command", "grant", "do")}
        turn.record(
            "gate-unknown", {**body, "reason": RESTARTED}, lane=LaneId(command["lane"]),
            device=command.get("device"),
        )  # fmt: skip
    for grant, event in past.grants.items():
        body = {"grant": grant, "reason": RESTARTED, "passed": 0}
        turn.record("passage-not-taken", body, lane=LaneId(event["lane"]))
    for same in past.readings.values():
        for event in same:
            lane, reading = LaneId(event["lane"]), event["reading"]
            if event["kind"] == "scan":
                credential = event.get("credential")
                record_referral(lane, turn.new_id(), [reading], [RESTARTED], credential, turn)
            else:
                body = {"readings": [reading], "grant": None, "reason": RESTARTED}
                turn.record("visit-abandoned", body, lane=lane, visit=turn.new_id())


def _uses(past: _Past, turn: Turn) -> dict[str, int]:
    local = turn.now.utc.astimezone(turn.rules.zone)
    midnight_ms = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000
    subjects = (
        _subject(event) for event in past.admitted if parse_stamp(event["at"]) >= midnight_ms
    )
    return dict(Counter(subject for subject in subjects if subject))


def _granted(past: _Past, windows: Mapping[str, int], turn: Turn) -> tuple[Granted, ...]:
    granted = (
        Granted(_subject(event), parse_stamp(event["at"]), windows.get(event["lane"], 0))
        for event in past.admitted
    )
    return tuple(g for g in granted if g.subject and turn.now.wall_ms - g.wall_ms < g.window_ms)


def _subject(event: Event) -> str:
    return (event.get("credential") or {}).get("subject") or ""


def _alarm(event: Event) -> Alarm:
    return Alarm(
        event["id"], event["alarm"], event["severity"], parse_stamp(event["at"]),
        event.get("lane"), event.get("device"),
    )  # fmt: skip
