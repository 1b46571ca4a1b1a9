"""After a fault of our own: the input is on record, a guard looks, and the way out still opens."""

from dataclasses import replace

from devices.moment import Moment
from devices.readings import Button, Direction, Presence, Temperature
from edge_rules.commanding import open_for_exit
from edge_rules.effects import Effect
from edge_rules.gathering import abandon
from edge_rules.granting import record_referral
from edge_rules.inputs import Act, CredentialShown, Input, OperatorActed, ReadingArrived
from edge_rules.judging import credential_record
from edge_rules.lane import LaneState, Mode
from edge_rules.operating import ActResult, set_mode
from edge_rules.receiving import happens_now, journal
from edge_rules.site import SiteState, begin_turn, end_turn, release_checkpoint, remembering
from edge_rules.turn import Turn

INTERNAL_ERROR = "internal-error"


def step_after_fault(
    state: SiteState, given: Input, now: Moment
) -> tuple[SiteState, tuple[Effect, ...]]:
    """Take an input that `step` failed on, with as little as can go wrong a second time."""
    turn = begin_turn(state, now)
    turn.alarm(INTERNAL_ERROR, 4, getattr(given, "lane", None), None)
    if isinstance(given, ReadingArrived):
        state = _reading(state, given, turn)
    elif isinstance(given, OperatorActed):
        lane = state.lanes.get(given.lane) if given.lane else None
        result = ActResult(refused=INTERNAL_ERROR)
        if lane and given.act is Act.RELEASE:
            state, result = _with(state, set_mode(lane, Mode.RELEASED, turn)), ActResult()
        body = {
            "act": given.act.value, "by": given.by, "role": given.role, "reason": given.reason,
            "key": given.key, "refused": result.refused,
            "mode": lane and state.lanes[lane.rules.lane].mode.value,
        }  # fmt: skip
        turn.record("operator-acted", body, lane=lane.rules.lane if lane else None)
        state = replace(state, acts=(*state.acts, (given.key, result)))
    return end_turn(state, turn), tuple(turn.effects)


def _reading(state: SiteState, given: ReadingArrived, turn: Turn) -> SiteState:
    lane, reading = state.lanes.get(given.lane), given.reading
    if lane is None or given.device not in lane.rules.devices:
        return state
    known = remembering(state, given)
    if known is None:
        return state
    if isinstance(reading, CredentialShown):
        record = credential_record(reading.credential)
        journal(given, turn, credential=record)
        reasons = [INTERNAL_ERROR]
        record_referral(given.lane, turn.new_id(), [reading.id], reasons, record, turn)
    elif isinstance(reading, Temperature):
        journal(given, turn, celsius=None, spot=reading.spot, quality=reading.quality)
        abandon([reading.id], lane, turn)
    elif isinstance(reading, Button) and reading.pressed and reading.button == "fire":
        return release_checkpoint(known, lane, given, turn)
    elif _leaves(lane, given) and happens_now(lane, given, turn):
        return _with(known, open_for_exit(lane, turn, asked=isinstance(reading, Button)))
    return known


def _leaves(lane: LaneState, given: ReadingArrived) -> bool:
    reading = given.reading
    if isinstance(reading, Button):
        return reading.pressed and reading.button == "rex"
    outward = lane.rules.direction is Direction.OUT
    return outward and isinstance(reading, Presence) and reading.people > 0


def _with(state: SiteState, lane: LaneState) -> SiteState:
    return replace(state, lanes={**state.lanes, lane.rules.lane: lane})
