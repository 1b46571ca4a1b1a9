"""Lanes as the page shows them, drawn from the reducer's state."""

from devices.ids import DeviceId
from devices.moment import Moment, format_stamp
from edge_rules.judging import lacks, status_of
from edge_rules.lane import LaneState, Referred
from edge_rules.site import SiteState
from edge_rules.turn import Alarm
from gateway.ports import Name
from gateway.web.lane_view import (
    AlarmView,
    DeviceView,
    GateView,
    GrantView,
    LaneView,
    LastView,
    ReferredView,
    VisitView,
    Words,
)


def view_lane(state: SiteState, lane: LaneState, name: Name | None, now: Moment) -> LaneView:
    """Draw one lane as it stands now."""
    rules = lane.rules
    return LaneView(
        lane=rules.lane,
        name=Words(zh=name["zh"], en=name["en"]) if name else None,
        checkpoint=rules.checkpoint,
        direction=rules.direction.value,
        mode=lane.mode.value,
        gate=_gate(lane, now),
        waiting=len(lane.waiting),
        visit=_visit(state, lane, now),
        grant=_grant(lane, now),
        last=_last(lane),
        referred=[_referred(referred, now) for referred in lane.referred],
        devices=[_device(state, lane, device, now) for device in rules.devices],
        alarms=[_alarm(alarm) for alarm in state.alarms if alarm.lane in {rules.lane, None}],
    )


def _gate(lane: LaneState, now: Moment) -> GateView:
    ready = lane.gate.ready(now)
    door = lane.gate.door if ready else None
    return GateView(device=lane.rules.gate, online=ready, door=door.value if door else "unknown")


def _visit(state: SiteState, lane: LaneState, now: Moment) -> VisitView | None:
    visit = lane.gathering
    if visit is None:
        return None
    has = ["credential"] + (["temperature"] if visit.measured else [])
    waits = lacks(lane, visit, state.rules, now) - {"credential"}  # a platform is asked for it
    return VisitView(id=visit.id, since=visit.opened.stamp, has=has, lacks=sorted(waits))


def _grant(lane: LaneState, now: Moment) -> GrantView | None:
    if lane.grant is None:
        return None
    until = now.later(lane.grant.ends_ms - now.boot_ms)
    return GrantView(id=lane.grant.id, until=until.stamp)


def _last(lane: LaneState) -> LastView | None:
    last = lane.last
    if last is None:
        return None
    say, credential = last.decision.say, last.credential
    return LastView(
        event=last.event,
        visit=last.visit,
        decision=last.decision.outcome.value,
        reasons=list(last.decision.reasons),
        celsius=last.celsius,
        credential={"kind": credential.kind.value, "status": status_of(credential)}
        if credential
        else None,
        at=last.at.stamp,
        say=Words(zh=say.zh, en=say.en) if say else None,
    )


def _referred(referred: Referred, now: Moment) -> ReferredView:
    since = now.later(referred.since_ms - now.boot_ms)
    return ReferredView(
        visit=referred.visit.id,
        event=referred.event,
        at=since.stamp,
        answered=referred.answered,
    )


def _device(state: SiteState, lane: LaneState, device: DeviceId, now: Moment) -> DeviceView:
    counted = state.unreadable.get(device)
    return DeviceView(
        device=device,
        role=lane.rules.devices[device].role,
        online=_online(lane, device, now),
        unreadable=counted.count if counted else 0,
    )


def _online(lane: LaneState, device: DeviceId, now: Moment) -> bool:
    if device == lane.rules.gate:
        return lane.gate.ready(now)
    return lane.online.get(device, not lane.rules.devices[device].announces)


def _alarm(alarm: Alarm) -> AlarmView:
    return AlarmView(
        id=alarm.id,
        alarm=alarm.alarm,
        severity=alarm.severity,
        at=format_stamp(alarm.at_ms),
        lane=alarm.lane,
        device=alarm.device,
    )
