"""The site reducer: `step(state, input, now) -> state, effects`, pure and total."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

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
from edge_rules import changing, commanding, gathering, granting
from edge_rules.clock_trust import clock_looked_at, judge_clock, watch_clock
from edge_rules.effects import Effect
from edge_rules.inputs import (
    Act,
    AlarmSeen,
    ClockJudged,
    CredentialShown,
    Input,
    Noted,
    OperatorActed,
    OrderGiven,
    OrderRefused,
    PlatformAnswered,
    PolicyOffered,
    PolicyRefused,
    ReadingArrived,
    RecordLate,
    TimePassed,
)
from edge_rules.lane import DeviceRules, LaneState, Mode
from edge_rules.operating import ActResult, operate, set_mode
from edge_rules.policies import Policies
from edge_rules.receiving import happens_now, identity, journal
from edge_rules.recent_ids import RecentIds
from edge_rules.turn import Alarm, ClockTrust, Granted, SiteRules, Turn
from edge_rules.vouching import start_visit

MAX_ACTS = 256
UNREADABLE_PAUSE_MS = 60_000


@dataclass(frozen=True, slots=True)
class UnreadableCount:
    """Messages of one device that could not be read in this run, and how many an alarm told of."""

    count: int = 0
    told: int = 0
    told_ms: float = -inf


@dataclass(frozen=True, slots=True)
class SiteState:
    """Everything the gateway knows between two inputs; all of it bounded."""

    rules: SiteRules
    policies: Policies
    run: str  # names this run of the gateway in every id it makes
    lanes: Mapping[LaneId, LaneState]
    serial: int = 0
    seen: Mapping[DeviceId, RecentIds] = field(default_factory=dict)
    granted: tuple[Granted, ...] = ()
    uses: Mapping[str, int] = field(default_factory=dict)
    uses_date: str = ""
    alarms: tuple[Alarm, ...] = ()
    acts: tuple[tuple[str, ActResult], ...] = ()  # by key: an act repeated is not done twice
    clock: ClockTrust = field(default_factory=ClockTrust)
    unreadable: Mapping[DeviceId, UnreadableCount] = field(default_factory=dict)

    def act(self, key: str) -> ActResult | None:
        """Return what an operator's act led to."""
        return dict(self.acts).get(key)


def step(state: SiteState, given: Input, now: Moment) -> tuple[SiteState, tuple[Effect, ...]]:
    """Take one input at one instant; give back the next state and what is to be done."""
    turn = begin_turn(state, now)
    state = replace(state, clock=watch_clock(state.clock, turn))
    if isinstance(given, RecordLate):  # first of all: a command that never left can't lapse
        state = _take_late_record(state, given, turn)
    if state.policies.orders:  # before anything is decided: an order judges nobody past its end
        state = replace(state, policies=changing.end_orders(state.policies, turn))
    state = _expired(state, turn)
    if isinstance(given, ReadingArrived):
        state = _take_reading(state, given, turn)
    elif isinstance(given, OperatorActed):
        state = _take_act(state, given, turn)
    elif isinstance(given, PlatformAnswered):
        lane = state.lanes.get(given.lane)
        state = _with(state, gathering.take_answer(lane, given, turn)) if lane else state
    elif isinstance(given, AlarmSeen):
        more = {"detail": given.detail} if given.detail else {}
        turn.alarm(given.alarm, given.severity, given.lane, given.device, **more)
    elif isinstance(given, ClockJudged):
        state = replace(state, clock=judge_clock(state.clock, given, turn))
    elif isinstance(given, Noted):
        turn.record(given.type, given.body)
    elif not isinstance(given, RecordLate | TimePassed):
        state = replace(state, policies=_policies_after(state.policies, given, turn))
    return end_turn(state, turn), tuple(turn.effects)


def _policies_after(
    policies: Policies,
    given: PolicyOffered | PolicyRefused | OrderGiven | OrderRefused,
    turn: Turn,
) -> Policies:
    if isinstance(given, PolicyOffered):
        return changing.offer(policies, given, turn)
    if isinstance(given, PolicyRefused):
        return changing.refuse(policies, given, turn)
    if isinstance(given, OrderGiven):
        return changing.take_order(policies, given, turn)
    return changing.refuse_order(policies, given, turn)


def begin_turn(state: SiteState, now: Moment) -> Turn:
    """Lend what lanes share to one step."""
    return Turn(
        now, state.rules, state.policies.current.policy, state.run, state.serial, state.granted,
        state.uses, state.uses_date, state.alarms, state.clock.why is None,
    )  # fmt: skip


def end_turn(state: SiteState, turn: Turn) -> SiteState:
    """Take it back."""
    return replace(
        state, serial=turn.serial, granted=turn.granted, uses=turn.uses,
        uses_date=turn.uses_date, alarms=turn.alarms,
    )  # fmt: skip


def due_ms(state: SiteState) -> float:
    """Return when time alone changes something next, on CLOCK_BOOTTIME."""
    lanes_ms = min(map(_lane_due_ms, state.lanes.values()), default=inf)
    ends_ms = (order.ends_boot_ms for order in state.policies.orders)
    return min(lanes_ms, *ends_ms) if state.policies.orders else lanes_ms


def _lane_due_ms(lane: LaneState) -> float:
    return min(granting.due_ms(lane), gathering.due_ms(lane))


def _expired(state: SiteState, turn: Turn) -> SiteState:
    due = {
        lane_id: gathering.expire(granting.expire(lane, turn), turn)
        for lane_id, lane in state.lanes.items()
        if _lane_due_ms(lane) <= turn.now.boot_ms
    }
    return replace(state, lanes={**state.lanes, **due}) if due else state


def _with(state: SiteState, lane: LaneState) -> SiteState:
    return replace(state, lanes={**state.lanes, lane.rules.lane: lane})


def _take_reading(state: SiteState, given: ReadingArrived, turn: Turn) -> SiteState:
    lane = state.lanes.get(given.lane)
    if lane is None or given.device not in lane.rules.devices:
        return state  # no driver is built for such a device
    reading = given.reading
    known = remembering(state, given)
    if known is None:
        return state  # redelivered: it had its effect
    state = known
    if isinstance(reading, Unreadable):
        return _take_unreadable(state, given, reading, turn)
    if isinstance(reading, Button):
        return _take_button(state, lane, given, reading, turn)
    return _with(state, _lane_takes(lane, given, turn))


def remembering(state: SiteState, given: ReadingArrived) -> SiteState | None:
    """Return the state that knows this reading; None if it was known already."""
    id_ = identity(given.reading)
    if id_ is None:
        return state
    seen = state.seen.get(given.device, RecentIds())
    if id_ in seen:
        return None
    return replace(state, seen={**state.seen, given.device: seen.adding(id_)})


def _lane_takes(lane: LaneState, given: ReadingArrived, turn: Turn) -> LaneState:  # noqa: PLR0911
    reading = given.reading
    if isinstance(reading, CredentialShown):
        return gathering.take_scan(lane, given, reading, turn)
    if isinstance(reading, Temperature):
        return gathering.take_temperature(lane, given, reading, turn)
    if isinstance(reading, Presence):
        return gathering.take_presence(lane, given, reading, turn)
    if isinstance(reading, Passage):
        return gathering.settle(granting.take_passage(lane, given, reading, turn), turn)
    if isinstance(reading, GateState):
        is_gate = _is_gate(lane.rules.devices[given.device])
        take = commanding.take_state if is_gate else commanding.take_door
        return take(lane, given, reading, turn)
    if isinstance(reading, CommandResult) and _is_gate(lane.rules.devices[given.device]):
        return commanding.take_result(lane, reading, turn)
    if isinstance(reading, Online):
        return _take_online(lane, given, reading, turn)
    return lane


def _is_gate(device: DeviceRules) -> bool:
    return device.role == "gate"


def _take_online(lane: LaneState, given: ReadingArrived, reading: Online, turn: Turn) -> LaneState:
    if lane.online.get(given.device) != reading.online:
        type_ = "device-online" if reading.online else "device-offline"
        role = lane.rules.devices[given.device].role
        turn.record(type_, {"role": role}, lane=given.lane, device=given.device)
    lane = replace(lane, online={**lane.online, given.device: reading.online})
    if given.device == lane.rules.gate:
        lane = replace(lane, gate=replace(lane.gate, online=reading.online))
    if not reading.online and given.device in lane.sightings:
        others = {eye: seen for eye, seen in lane.sightings.items() if eye != given.device}
        lane = replace(lane, sightings=others)
    return lane


def _take_button(
    state: SiteState, lane: LaneState, given: ReadingArrived, button: Button, turn: Turn
) -> SiteState:
    journal(given, turn, button=button.button, pressed=button.pressed, said_ms=button.at_ms)
    if not button.pressed:
        return state
    if button.button == "fire":
        return release_checkpoint(state, lane, given, turn)
    if button.button == "rex" and happens_now(lane, given, turn):
        return _with(state, commanding.open_for_exit(lane, turn, asked=True))
    if button.button in {"tamper", "duress"}:
        record = {"alarm": button.button}
        turn.record("gate-alarm", record, lane=given.lane, device=given.device)
        turn.alarm(button.button, 4, given.lane, given.device)
    return state


def release_checkpoint(
    state: SiteState, lane: LaneState, given: ReadingArrived, turn: Turn
) -> SiteState:
    """Open everything where there is fire."""
    for other in state.lanes.values():
        if other.rules.checkpoint != lane.rules.checkpoint:
            continue
        body = {"alarm": "fire", "mode": Mode.RELEASED.value}
        turn.record("gate-alarm", body, lane=other.rules.lane, device=given.device)
        state = _with(state, gathering.settle(set_mode(other, Mode.RELEASED, turn), turn))
    turn.alarm("fire", 4, given.lane, given.device)
    return state


def _take_unreadable(
    state: SiteState, given: ReadingArrived, what: Unreadable, turn: Turn
) -> SiteState:
    of_device = state.unreadable.get(given.device, UnreadableCount())
    count, since_ms, told = of_device.count + 1, of_device.told_ms, of_device.told
    if turn.now.boot_ms - since_ms >= UNREADABLE_PAUSE_MS:
        body = {
            "alarm": "device-unreadable", "severity": 1, "channel": what.channel,
            "length": what.length, "fault": what.fault, "position": what.position,
            "shape": what.shape, "digest": what.digest, "count": count - told,
        }  # fmt: skip
        id_ = turn.record("alarm-raised", body, lane=given.lane, device=given.device)
        alarm = Alarm(id_, "device-unreadable", 1, turn.now.wall_ms, given.lane, given.device)
        others = tuple(a for a in turn.alarms if (a.alarm, a.device) != (alarm.alarm, alarm.device))
        turn.alarms = (*others, alarm)
        since_ms, told = turn.now.boot_ms, count
    counted = UnreadableCount(count, told, since_ms)
    return replace(state, unreadable={**state.unreadable, given.device: counted})


def _take_act(state: SiteState, act: OperatorActed, turn: Turn) -> SiteState:
    if state.act(act.key) is not None:
        return state
    if act.act is Act.ACKNOWLEDGE:
        result = _acknowledge(act, turn)
        state = replace(state, clock=clock_looked_at(state.clock, turn))
    elif act.act in _ON_POLICIES:
        policies, result = _ON_POLICIES[act.act](state.policies, act, turn)
        state = replace(state, policies=policies)
    else:
        lane = _lane_of(state, act)
        if lane is None:
            result = ActResult(refused="unknown-visit" if act.target else "unknown-lane")
        else:
            carry_out = start_visit if act.act is Act.START_VISIT else operate
            lane, result = carry_out(lane, act, turn)
            state = _with(state, gathering.settle(lane, turn))
    return replace(state, acts=(*state.acts, (act.key, result))[-MAX_ACTS:])


_ON_POLICIES: Mapping[
    Act, Callable[[Policies, OperatorActed, Turn], tuple[Policies, ActResult]]
] = {Act.ROLLBACK_POLICY: changing.roll_back, Act.SUSPEND_ORDER: changing.suspend}


def _lane_of(state: SiteState, act: OperatorActed) -> LaneState | None:
    if act.act is not Act.SECOND_MEASURE:
        return state.lanes.get(act.lane) if act.lane else None
    return next(
        (
            lane
            for lane in state.lanes.values()
            if any(r.visit.id == act.target for r in lane.referred)
        ),
        None,
    )


def _acknowledge(act: OperatorActed, turn: Turn) -> ActResult:
    alarm = next((a for a in turn.alarms if a.id == act.target), None)
    if alarm is None:
        return ActResult(refused="unknown-alarm")
    turn.alarms = tuple(a for a in turn.alarms if a is not alarm)
    body = {"alarm": alarm.alarm, "raised": alarm.id, "by": act.by, "key": act.key}
    turn.record("alarm-acknowledged", body, lane=alarm.lane, device=alarm.device)
    return ActResult()


def _take_late_record(state: SiteState, late: RecordLate, turn: Turn) -> SiteState:
    lane = state.lanes[late.lane]
    turn.alarm("record-late", 3, late.lane, None)
    if lane.grant is None or lane.grant.id != late.grant:
        return state
    lane = granting.refer_late(lane, turn, unwritten=late.unwritten)
    return _with(state, gathering.settle(lane, turn))
