"""Grants: what a decision lets one person do, for how long, and what became of it."""

from collections.abc import Mapping
from dataclasses import replace

from devices.commands import Do, Show
from devices.ids import LaneId
from devices.readings import Direction, Passage, Temperature
from edge_rules.commanding import commands_due_ms, expire_commands, send
from edge_rules.decision import Decision, Outcome, Say
from edge_rules.effects import ShowAtLane, WithdrawCommand
from edge_rules.facts import clean_facts
from edge_rules.inputs import ReadingArrived
from edge_rules.judging import (
    WAIT_FOR_GUARD,
    credential_record,
    facts_of,
    judge,
    said_record,
)
from edge_rules.lane import (
    Authority,
    Grant,
    LaneState,
    LastDecision,
    Mode,
    Referred,
    Visit,
)
from edge_rules.policy.written_facts import write_facts
from edge_rules.receiving import happens_now, journal
from edge_rules.turn import Turn

RECORD_LATE = "record-late"
WITHOUT_GRANT = "passage-without-grant"
MAX_REFERRED = 4
REFERRED_KEPT_MS = 600_000
ESCALATE_MS = 60_000

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
    judged = judge(lane, visit, facts, turn, measured_again=second is not None)
    decision = judged.decision
    grants = decision.outcome is Outcome.ADMIT and lane.mode is Mode.NORMAL
    grant_id = turn.new_id() if grants else None
    body = {
        "decision": decision.outcome.value,
        "reasons": list(decision.reasons),
        "rules": list(decision.rules),
        "missing": [{"rule": m.rule, "fact": m.fact} for m in decision.missing],
        "doubts": list(judged.doubts),
        "said": said_record(judged),
        "policy": turn.policy.hash,
        "readings": visit.readings,
        "credential": credential_record(visit.credential),
        "celsius": facts["temperature"].get("celsius"),
        "grant": grant_id,
        "latency_ms": round(turn.now.boot_ms - visit.last_arrived.boot_ms, 3),
        "facts": write_facts(facts),
    }
    if supersedes is not None:
        body["supersedes"] = supersedes
    event = turn.record("passage-decided", body, lane=lane.rules.lane, visit=visit.id)
    celsius = body["celsius"]
    last = LastDecision(event, visit.id, decision, celsius, visit.credential, turn.now)
    lane = replace(lane, last=last)
    if grant_id is None:
        _show(lane, decision, turn)
        refers = decision.outcome is Outcome.REFER
        return _refer(lane, visit, event, decision, turn) if refers else lane
    turn.let_in(visit.user, lane.rules.visit_window_ms)
    shown = _shown(decision)
    lane = grant_opening(lane, grant_id, Authority.POLICY, turn, visit=visit, show=shown)
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
    return _wait_for_guard(lane, visit, event, reasons, turn) if seen else lane


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
        "doubts": reasons,
        "said": None,
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
    show: Show | None = None,
) -> LaneState:
    """Give the lane its one live grant and send the opening that goes with it."""
    ends_ms = turn.now.boot_ms + lane.rules.pass_within_ms
    lane, command = send(lane, Do.OPEN, authority, turn, grant=grant_id, show=show)
    grant = Grant(grant_id, authority, ends_ms, command, visit)
    if visit:
        grant = replace(grant, track=visit.track, persons=visit.persons)
    return replace(lane, grant=grant)


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


def expire(lane: LaneState, turn: Turn) -> LaneState:
    """End commands, grants and referrals whose time is over."""
    lane = expire_commands(lane, turn)
    if lane.grant and turn.now.boot_ms >= lane.grant.ends_ms:
        lane = withdraw_grant(lane, "time-over", turn)
    return _escalate(lane, turn)


def due_ms(lane: LaneState) -> float:
    """Return when the next of these ends, on CLOCK_BOOTTIME."""
    dues = [commands_due_ms(lane)]
    dues += [r.since_ms + (REFERRED_KEPT_MS if r.answered else ESCALATE_MS) for r in lane.referred]
    if lane.grant:
        dues.append(lane.grant.ends_ms)
    return min(dues)


def refer_late(lane: LaneState, turn: Turn, *, unwritten: bool) -> LaneState:
    """Let a guard look at a visit whose admission did not reach the disk in time.

    A visit has one decision: an admission that may be on the disk already stands there, and ends.
    """
    grant = lane.grant
    if grant is None or grant.visit is None or grant.decided is None:
        return lane
    if not unwritten:
        lane = withdraw_grant(lane, RECORD_LATE, turn)
        return _wait_for_guard(lane, grant.visit, grant.decided, [RECORD_LATE], turn)
    # Nothing of the grant is on record: nothing of it is to be ended there.
    commands = tuple(c for c in lane.commands if c.id != grant.command)
    lane = replace(lane, grant=None, commands=commands)
    more = {"supersedes": grant.supersedes} if grant.supersedes else {}
    return refer_unasked(lane, grant.visit, [RECORD_LATE], turn, seen=True, **more)


def _wait_for_guard(
    lane: LaneState, visit: Visit, event: str, reasons: list[str], turn: Turn
) -> LaneState:
    decision = Decision(Outcome.REFER, tuple(reasons), say=WAIT_FOR_GUARD)
    last = LastDecision(event, visit.id, decision, None, visit.credential, turn.now)
    _show(lane, decision, turn)
    return _refer(replace(lane, last=last), visit, event, decision, turn)


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
    turn.effects.append(ShowAtLane(lane.rules.lane, _shown(decision)))


def _shown(decision: Decision) -> Show:
    colour, shape = _SHAPES.get(decision.outcome, ("amber", "hand"))
    say = decision.say or _WORDS[decision.outcome]
    return Show(colour, shape, say.zh, say.en)


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
