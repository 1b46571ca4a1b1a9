"""Grants and commands: what a decision lets the gate do, for how long, and what became of it."""

from collections.abc import Mapping
from dataclasses import replace
from math import inf

from devices.commands import Command, Do, Show
from devices.ids import LaneId
from devices.readings import CommandResult, Direction, GateState, Passage, Temperature
from edge_rules.decision import Decision, Outcome, Say
from edge_rules.effects import SendCommand, ShowAtLane, WithdrawCommand
from edge_rules.facts import clean_facts
from edge_rules.inputs import ReadingArrived
from edge_rules.judging import WAIT_FOR_GUARD, credential_record, facts_of, facts_record, judge
from edge_rules.lane import (
    Authority,
    Grant,
    LaneState,
    LastDecision,
    Mode,
    PendingCommand,
    Referred,
    Standing,
    Visit,
)
from edge_rules.receiving import happens_now, journal
from edge_rules.turn import Turn

RECORD_LATE = "record-late"
WITHOUT_GRANT = "passage-without-grant"
RECORD_WAIT_MS = 1000  # how long an opening waits for its record
LATE_RESULT_MS = 10_000  # a gate's word that comes after its command's life still tells the truth
STANDING_RETRY_MS = 2000
EXIT_PAUSE_MS = 1000  # one opening serves everybody a sensor sees within it
REX_PAUSE_MS = 200  # and every press of the button that bounces, or is held by a child
MAX_COMMANDS = 64
MAX_REFERRED = 4
REFERRED_KEPT_MS = 600_000
ESCALATE_MS = 60_000
ACCESSIBLE_HOLD_MS = 20_000

_SHAPES = {Outcome.ADMIT: ("green", "tick"), Outcome.DENY: ("red", "cross")}
_WORDS = {
    Outcome.ADMIT: Say("请通行", "Please pass"),
    Outcome.DENY: Say("不能通行,请联系门卫", "No entry - please ask the guard"),
    Outcome.REFER: WAIT_FOR_GUARD,
}


def decide(
    lane: LaneState,
    visit: Visit,
    turn: Turn,
    *,
    second: Temperature | None = None,
    supersedes: str | None = None,
) -> LaneState:
    """Ask the policy about a visit, record its decision and let the gate move if it says so."""
    facts = clean_facts(facts_of(lane, visit, turn, second=second))
    decision = judge(lane, visit, facts, turn, measured_again=second is not None)
    grants = decision.outcome is Outcome.ADMIT and lane.mode is Mode.NORMAL
    grant_id = turn.new_id() if grants else None
    body = {
        "decision": decision.outcome.value,
        "reasons": list(decision.reasons),
        "rules": list(decision.rules),
        "missing": [{"rule": m.rule, "fact": m.fact} for m in decision.missing],
        "policy": turn.policy.hash,
        "readings": visit.readings,
        "credential": credential_record(visit.credential),
        "celsius": facts["temperature"].get("celsius"),
        "grant": grant_id,
        "latency_ms": round(turn.now.boot_ms - visit.last_arrived.boot_ms, 3),
        "facts": facts_record(facts),
    }
    if supersedes is not None:
        body["supersedes"] = supersedes
    event = turn.record("passage-decided", body, lane=lane.rules.lane, visit=visit.id)
    celsius = body["celsius"]
    last = LastDecision(event, visit.id, decision, celsius, visit.credential, turn.now)
    lane = replace(lane, last=last)
    _show(lane, decision, turn)
    if decision.outcome is Outcome.REFER:
        return _refer(lane, visit, event, decision, turn)
    if grant_id is None:
        return lane
    turn.let_in(visit.credential.subject, lane.rules.visit_window_ms)
    lane = grant_opening(lane, grant_id, Authority.POLICY, turn, visit=visit)
    if lane.grant:
        lane = replace(lane, grant=replace(lane.grant, decided=event, supersedes=supersedes))
    return lane


def refer_unasked(
    lane: LaneState, visit: Visit, reasons: list[str], turn: Turn, *, seen: bool, **more: object
) -> LaneState:
    """Refer a visit without asking the policy; `seen`: somebody may stand there and wait."""
    record = credential_record(visit.credential)
    lane_id = lane.rules.lane
    event = record_referral(lane_id, visit.id, visit.readings, reasons, record, turn, **more)
    if not seen:
        return lane
    decision = Decision(Outcome.REFER, tuple(reasons), say=WAIT_FOR_GUARD)
    last = LastDecision(event, visit.id, decision, None, visit.credential, turn.now)
    _show(lane, decision, turn)
    return _refer(replace(lane, last=last), visit, event, decision, turn)


def record_referral(
    lane: LaneId,
    visit: str,
    readings: list[str],
    reasons: list[str],
    credential: Mapping[str, str | None] | None,
    turn: Turn,
    **more: object,
) -> str:
    """Record a referral that no policy was asked for."""
    body = {
        "decision": Outcome.REFER.value,
        "reasons": reasons,
        "rules": [],
        "missing": [],
        "policy": turn.policy.hash,
        "readings": readings,
        "credential": credential,
        "celsius": None,
        "grant": None,
        "latency_ms": None,
        **more,
    }
    return turn.record("passage-decided", body, lane=lane, visit=visit)


def grant_opening(
    lane: LaneState,
    grant_id: str,
    authority: Authority,
    turn: Turn,
    *,
    visit: Visit | None = None,
) -> LaneState:
    """Give the lane its one live grant and send the opening that goes with it."""
    ends_ms = turn.now.boot_ms + lane.rules.pass_within_ms
    lane, command = send(lane, Do.OPEN, authority, turn, grant=grant_id)
    track = visit.track if visit else None
    grant = Grant(grant_id, authority, ends_ms, command, visit, track=track)
    return replace(lane, grant=grant)


def send(
    lane: LaneState,
    do: Do,
    authority: Authority,
    turn: Turn,
    *,
    grant: str | None = None,
    by: str | None = None,
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
        SendCommand(rules.lane, rules.gate, command, waits_ms, authority is Authority.POLICY)
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


def withdraw_grant(lane: LaneState, reason: str, turn: Turn) -> LaneState:
    """Take a live grant back: its command is repeated no more, nobody passes on it."""
    grant = lane.grant
    if grant is None:
        return lane
    body = {"grant": grant.id, "reason": reason, "passed": grant.passed}
    visit = grant.visit.id if grant.visit else None
    turn.record("passage-not-taken", body, lane=lane.rules.lane, visit=visit)
    turn.effects.append(WithdrawCommand(lane.rules.gate, grant.command))
    commands = tuple(
        replace(c, withdrawn=True) if c.id == grant.command else c for c in lane.commands
    )
    return replace(lane, grant=None, commands=commands)


def take_passage(lane: LaneState, given: ReadingArrived, passage: Passage, turn: Turn) -> LaneState:
    """Count a passage against the live grant; one that nobody granted raises an alarm."""
    journal(given, turn, direction=passage.direction.value, grant=passage.grant)
    grant = lane.grant
    inward = passage.direction is Direction.IN
    # Who went through while the link was down went on an earlier grant, unless the gate says so.
    names_it = grant is not None and passage.grant == grant.id
    may_mean_it = passage.grant is None and happens_now(lane, given, turn)
    if grant and passage.direction is lane.rules.direction and (names_it or may_mean_it):
        done = replace(grant, passed=grant.passed + 1)
        _completed(lane, given, passage, done, turn)
        if done.passed < done.persons:
            return replace(lane, grant=done)
        turn.effects.append(WithdrawCommand(lane.rules.gate, grant.command))
        return replace(lane, grant=None)
    if inward and lane.mode is not Mode.RELEASED:
        turn.record(
            "gate-alarm",
            {"alarm": WITHOUT_GRANT, "grant": passage.grant, "reading": passage.id},
            lane=given.lane,
            device=given.device,
        )
        turn.alarm(WITHOUT_GRANT, 3, given.lane, given.device)
        return lane
    _completed(lane, given, passage, None, turn)
    return lane


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
    return lane


def take_state(lane: LaneState, given: ReadingArrived, state: GateState, turn: Turn) -> LaneState:
    """Believe a gate's live state; a retained one may be of any age and counts for nothing."""
    if given.retained or given.fence is not given.fence.LIVE:
        return lane
    before = lane.gate
    gate = replace(before, door=state.door, boot=state.boot, seen_ms=given.arrived.boot_ms)
    lane = replace(lane, gate=gate)
    if state.door is not before.door and state.door in {"held", "forced", "fault"}:
        expected = state.door == "held" and (lane.mode is Mode.RELEASED or lane.rules.accessible)
        if not expected:
            body = {"alarm": state.door.value}
            turn.record("gate-alarm", body, lane=given.lane, device=given.device)
            turn.alarm(state.door.value, 3, given.lane, given.device)
    return enforce(lane, turn)


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


def expire(lane: LaneState, turn: Turn) -> LaneState:
    """End commands, grants and referrals whose time is over."""
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
    if tuple(kept) != lane.commands:
        lane = replace(lane, commands=tuple(kept))
    if lane.grant and now_ms >= lane.grant.ends_ms:
        lane = withdraw_grant(lane, "time-over", turn)
    return _escalate(lane, turn)


def due_ms(lane: LaneState) -> float:
    """Return when the next of these ends, on CLOCK_BOOTTIME."""
    dues = [c.ends_ms + (LATE_RESULT_MS if c.lapsed else 0) for c in lane.commands]
    dues += [r.since_ms + (REFERRED_KEPT_MS if r.answered else ESCALATE_MS) for r in lane.referred]
    if lane.grant:
        dues.append(lane.grant.ends_ms)
    return min(dues, default=inf)


def refer_late(lane: LaneState, turn: Turn, *, unwritten: bool) -> LaneState:
    """Turn an admission whose record did not reach the disk in time into a referral."""
    grant = lane.grant
    if grant is None or grant.visit is None:
        return lane
    if unwritten:  # nothing of the grant is on record: nothing of it is to be ended there
        commands = tuple(c for c in lane.commands if c.id != grant.command)
        lane = replace(lane, grant=None, commands=commands)
    else:
        lane = withdraw_grant(lane, RECORD_LATE, turn)
    before = grant.supersedes if unwritten else grant.decided
    more = {"supersedes": before} if before else {}
    return refer_unasked(lane, grant.visit, [RECORD_LATE], turn, seen=True, **more)


def _lapse(lane: LaneState, command: PendingCommand, turn: Turn) -> None:
    reason = "withdrawn" if command.withdrawn else "no-confirmation"
    body = {"command": command.id, "grant": command.grant, "do": command.do.value}
    turn.record(
        "gate-unknown", {**body, "reason": reason}, lane=lane.rules.lane, device=lane.rules.gate
    )
    if not command.withdrawn:
        turn.alarm("gate-unknown", 2, lane.rules.lane, lane.rules.gate)


def _completed(
    lane: LaneState, given: ReadingArrived, passage: Passage, grant: Grant | None, turn: Turn
) -> None:
    body = {
        "grant": grant.id if grant else None,
        "direction": passage.direction.value,
        "reading": passage.id,
    }
    turn.record(
        "passage-completed",
        body,
        lane=lane.rules.lane,
        device=given.device,
        visit=grant.visit.id if grant and grant.visit else None,
    )


def _show(lane: LaneState, decision: Decision, turn: Turn) -> None:
    colour, shape = _SHAPES.get(decision.outcome, ("amber", "hand"))
    say = decision.say or _WORDS[decision.outcome]
    turn.effects.append(ShowAtLane(lane.rules.lane, Show(colour, shape, say.zh, say.en)))


def _refer(lane: LaneState, visit: Visit, event: str, decision: Decision, turn: Turn) -> LaneState:
    answered = "repeated-scan" in decision.reasons  # a scanner's second look waits for nobody
    kept = (*lane.referred, Referred(visit, event, turn.now.boot_ms, answered))
    if len(kept) > MAX_REFERRED:  # one that still waits for a guard goes last
        gone = next((old for old in kept if old.answered), kept[0])
        kept = tuple(old for old in kept if old is not gone)
    return replace(lane, referred=kept)


def _escalate(lane: LaneState, turn: Turn) -> LaneState:
    now_ms = turn.now.boot_ms
    referred = tuple(r for r in lane.referred if now_ms - r.since_ms < REFERRED_KEPT_MS)
    overdue = [r for r in referred if not r.answered and now_ms - r.since_ms >= ESCALATE_MS]
    if overdue:
        turn.alarm("refer-unanswered", 2, lane.rules.lane, None, visit=overdue[0].visit.id)
        referred = tuple(replace(r, answered=True) if r in overdue else r for r in referred)
    return lane if referred == lane.referred else replace(lane, referred=referred)
