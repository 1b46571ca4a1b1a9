"""Commands: what a gate is told, for how long, and what it says became of that."""

from dataclasses import replace
from math import inf

from devices.commands import Command, Do, Show
from devices.readings import CommandResult, Direction, Door, GateState
from edge_rules.effects import SendCommand
from edge_rules.inputs import ReadingArrived
from edge_rules.lane import Authority, LaneState, Mode, PendingCommand, Standing
from edge_rules.turn import Turn

RECORD_WAIT_MS = 1000  # how long an opening waits for its record
LATE_RESULT_MS = 10_000  # a gate's word that comes after its command's life still tells the truth
STANDING_RETRY_MS = 2000
EXIT_PAUSE_MS = 1000  # one opening serves everybody a sensor sees within it
REX_PAUSE_MS = 200  # and every press of the button that bounces, or is held by a child
MAX_COMMANDS = 64
ACCESSIBLE_HOLD_MS = 20_000


def send(
    lane: LaneState,
    do: Do,
    authority: Authority,
    turn: Turn,
    *,
    grant: str | None = None,
    by: str | None = None,
    show: Show | None = None,
) -> tuple[LaneState, str]:
    """Record a command and send it after its record, within the authority's patience."""
    rules = lane.rules
    id_ = turn.new_id()
    life_ms = min(rules.open_within_ms, rules.pass_within_ms)
    hold_ms = 0
    if do is Do.OPEN:
        hold_ms = max(rules.pass_within_ms, ACCESSIBLE_HOLD_MS if rules.accessible else 0)
    command = Command(id_, do, turn.now.later(life_ms), hold_ms, grant)
    body = {"command": id_, "grant": grant, "do": do.value, "authority": authority.value, "by": by}
    turn.record("gate-commanded", body, lane=rules.lane, device=rules.gate)
    # Whatever goes out must still be alive when it does; a release does not wait at all.
    waits_ms = {
        Authority.RELEASE: 0,
        Authority.POLICY: min(RECORD_WAIT_MS, life_ms * 9 // 10),
    }.get(authority, life_ms // 2)
    turn.effects.append(
        SendCommand(rules.lane, rules.gate, command, waits_ms, authority is Authority.POLICY, show)
    )
    pending = PendingCommand(id_, do, grant, turn.now.boot_ms + life_ms)
    commands = (*lane.commands, pending)
    for forgotten in commands[:-MAX_COMMANDS]:
        if not forgotten.lapsed:
            _lapse(lane, forgotten, turn)
    return replace(lane, commands=commands[-MAX_COMMANDS:]), id_


def open_for_exit(lane: LaneState, turn: Turn, *, asked: bool = False) -> LaneState:
    """Open for somebody who leaves; no policy, mode or order is asked."""
    rules = lane.rules
    pause_ms = REX_PAUSE_MS if asked else EXIT_PAUSE_MS
    lives_ms = min(rules.open_within_ms, rules.pass_within_ms)
    recent = any(
        c.do is Do.OPEN
        and not c.withdrawn
        and turn.now.boot_ms < min(c.ends_ms, c.ends_ms - lives_ms + pause_ms)
        for c in lane.commands
    )
    return lane if recent else send(lane, Do.OPEN, Authority.EXIT, turn)[0]


def take_result(lane: LaneState, result: CommandResult, turn: Turn) -> LaneState:
    """Believe the gate's own word on a command of this lane, also when it comes late."""
    command = next((c for c in lane.commands if c.id == result.command), None)
    if command is None:
        return lane  # another lane's, a copy's, or one from before a restart: nothing rests on it
    rules = lane.rules
    lane = replace(lane, commands=tuple(c for c in lane.commands if c is not command))
    body = {"command": command.id, "grant": command.grant, "do": command.do.value}
    if result.done and command.do in {Do.OPEN, Do.RELEASE}:
        turn.record(
            "gate-opened", {**body, "late": command.lapsed}, lane=rules.lane, device=rules.gate
        )
    elif not result.done and not command.lapsed:
        turn.record(
            "gate-unknown", {**body, "reason": result.reason}, lane=rules.lane, device=rules.gate
        )
        turn.alarm("gate-unknown", 2, rules.lane, rules.gate)
    if result.done and lane.standing and lane.standing.do is command.do:
        lane = replace(lane, standing=replace(lane.standing, confirmed_boot=lane.gate.boot or ""))
        if command.do is Do.RESTORE and rules.direction is Direction.IN:
            lane = stand(lane, Do.UNLOCK, turn)  # of a lockdown from before the release
    return lane


def take_state(lane: LaneState, given: ReadingArrived, state: GateState, turn: Turn) -> LaneState:
    """Believe a gate's live state; a retained one may be of any age and counts for nothing."""
    if given.retained or given.fence is not given.fence.LIVE:
        return lane
    before = lane.gate
    gate = replace(before, door=state.door, boot=state.boot, seen_ms=given.arrived.boot_ms)
    lane = replace(lane, gate=gate)
    if state.door is not before.door:
        _alarm_at_door(lane, given, state.door, turn)
    return enforce(lane, turn)


def take_door(lane: LaneState, given: ReadingArrived, state: GateState, turn: Turn) -> LaneState:
    """Hear a sensor at the gate's leaf: it raises alarms, and no command rests on its word."""
    if given.retained or given.fence is not given.fence.LIVE:
        return lane
    if state.door is not lane.doors.get(given.device):
        _alarm_at_door(lane, given, state.door, turn)
    return replace(lane, doors={**lane.doors, given.device: state.door})


def _alarm_at_door(lane: LaneState, given: ReadingArrived, door: Door, turn: Turn) -> None:
    expected = door is Door.HELD and (lane.mode is Mode.RELEASED or lane.rules.accessible)
    if door in {Door.HELD, Door.FORCED, Door.FAULT} and not expected:
        turn.record("gate-alarm", {"alarm": door.value}, lane=given.lane, device=given.device)
        turn.alarm(door.value, 3, given.lane, given.device)


def enforce(lane: LaneState, turn: Turn) -> LaneState:
    """Tell the gate again what stands, until this run of it has confirmed that."""
    standing = lane.standing
    if standing is None or turn.now.boot_ms < standing.retry_ms:
        return lane
    if standing.confirmed_boot is not None and standing.confirmed_boot == (lane.gate.boot or ""):
        return lane
    if standing.do is Do.LOCK and lane.gate.door != "closed":
        return lane  # nothing closes on a passage that is not known to be clear
    if standing.do is Do.RESTORE and lane.occupied:
        return lane
    retry_ms = turn.now.boot_ms + STANDING_RETRY_MS
    lane = replace(lane, standing=replace(standing, retry_ms=retry_ms, confirmed_boot=None))
    authority = Authority.RELEASE if standing.do is Do.RELEASE else Authority.OPERATOR
    return send(lane, standing.do, authority, turn)[0]


def stand(lane: LaneState, do: Do | None, turn: Turn) -> LaneState:
    """Change what stands at the gate, and say so to it."""
    return enforce(replace(lane, standing=Standing(do) if do else None), turn)


def expire_commands(lane: LaneState, turn: Turn) -> LaneState:
    """End commands whose life is over; they are kept a while, in case their result is only late."""
    now_ms = turn.now.boot_ms
    kept: list[PendingCommand] = []
    for command in lane.commands:
        if now_ms < command.ends_ms:
            kept.append(command)
        elif not command.lapsed:
            _lapse(lane, command, turn)
            kept.append(replace(command, lapsed=True))
        elif now_ms < command.ends_ms + LATE_RESULT_MS:
            kept.append(command)
    return replace(lane, commands=tuple(kept)) if tuple(kept) != lane.commands else lane


def commands_due_ms(lane: LaneState) -> float:
    """Return when the next command ends or is forgotten, on CLOCK_BOOTTIME."""
    dues = [c.ends_ms + (LATE_RESULT_MS if c.lapsed else 0) for c in lane.commands]
    return min(dues, default=inf)


def _lapse(lane: LaneState, command: PendingCommand, turn: Turn) -> None:
    reason = "withdrawn" if command.withdrawn else "no-confirmation"
    body = {"command": command.id, "grant": command.grant, "do": command.do.value}
    turn.record(
        "gate-unknown", {**body, "reason": reason}, lane=lane.rules.lane, device=lane.rules.gate
    )
    if not command.withdrawn:
        turn.alarm("gate-unknown", 2, lane.rules.lane, lane.rules.gate)
