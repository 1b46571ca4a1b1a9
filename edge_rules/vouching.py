"""Visits that a guard starts: paper, the estate's list, companions, a guard's own word.

Such a visit goes the ordinary way from there: it waits for what its lane needs, and the policy
decides on facts. The guard vouches for who it is; he opens nothing.
"""

from dataclasses import replace

from devices.readings import Direction
from edge_rules.credentials.credential import Credential
from edge_rules.decision import Outcome
from edge_rules.gathering import abandon, is_guardians, open_visit, settle
from edge_rules.granting import decide
from edge_rules.inputs import OperatorActed
from edge_rules.judging import credential_record, screened
from edge_rules.lane import LaneState, Mode, Referred, Shown, Visit, is_misread
from edge_rules.operating import ActResult, record_act
from edge_rules.turn import Turn
from edge_rules.vouched import MAX_PERSONS, How, Vouched

STILL_THERE_MS = 60_000  # past it, who was let in or sent to a guard is somebody else


def start_visit(lane: LaneState, act: OperatorActed, turn: Turn) -> tuple[LaneState, ActResult]:
    """Start a visit on a guard's word, or decide one anew that was referred to him."""
    vouched, referred = act.vouched, _referred(lane, act, turn)
    refused = "internal-error" if vouched is None else _refusal(lane, act, vouched, turn)
    anew = referred is not None and referred.visit.doubt is None
    if not refused and anew and (lane.grant or lane.gathering):
        refused = "lane-busy"  # the one live grant, or the lane, is somebody else's
    if refused or vouched is None:
        _record(lane, act, turn, refused=refused)
        return lane, ActResult(refused=refused)
    shown = Shown(act.key, turn.now, _credential(lane, vouched, turn), vouched=vouched)
    if referred:
        kept = tuple(replace(r, answered=True) if r is referred else r for r in lane.referred)
        lane = replace(lane, referred=kept)
    if referred and anew:
        lane, visit = _decided_anew(lane, act, referred, shown, turn)
    else:
        lane, visit = _gathering(lane, act, shown, turn)
    grant = lane.grant
    mine = grant is not None and grant.visit is not None and grant.visit.id == visit
    return lane, ActResult(command=grant.command if grant and mine else None, visit=visit)


def _refusal(lane: LaneState, act: OperatorActed, vouched: Vouched, turn: Turn) -> str | None:
    if vouched.refused:
        return vouched.refused
    if lane.rules.direction is Direction.OUT:
        return "exit"
    if lane.mode is Mode.RELEASED:
        return "already-released"
    if not 1 <= vouched.persons <= MAX_PERSONS:
        return "too-many-persons"
    if not _knows_target(lane, act, vouched, turn):
        return "unknown-visit"
    visit = lane.gathering
    taken = visit and not all(is_misread(x.credential) for x in visit.shown)
    return "visit-under-way" if taken else None


def _knows_target(lane: LaneState, act: OperatorActed, vouched: Vouched, turn: Turn) -> bool:
    if vouched.how is How.COMPANION:
        return _let_in(lane, act, turn)
    return act.target is None or _referred(lane, act, turn) is not None


def _let_in(lane: LaneState, act: OperatorActed, turn: Turn) -> bool:
    """Tell whether the act names the last person, who was let in just now."""
    last = lane.last
    return (
        last is not None
        and last.visit is not None
        and last.visit == act.target
        and last.credential is not None
        and last.decision.outcome is Outcome.ADMIT
        and turn.now.boot_ms - last.at.boot_ms <= STILL_THERE_MS
    )


def _referred(lane: LaneState, act: OperatorActed, turn: Turn) -> Referred | None:
    if act.vouched is None or act.vouched.how is How.COMPANION:
        return None
    fresh = (r for r in lane.referred if turn.now.boot_ms - r.since_ms <= STILL_THERE_MS)
    return next((r for r in fresh if r.visit.id == act.target), None)


def _credential(lane: LaneState, vouched: Vouched, turn: Turn) -> Credential:
    """Return what counts for the policy: of a companion the credential that covers him."""
    own = vouched.credential
    if vouched.how is not How.COMPANION or lane.last is None or lane.last.credential is None:
        return screened(own, turn)
    guardians = screened(lane.last.credential, turn)
    return replace(guardians, person=own.person or guardians.person, minor=own.minor)


def _decided_anew(
    lane: LaneState, act: OperatorActed, referred: Referred, shown: Shown, turn: Turn
) -> tuple[LaneState, str]:
    visit = replace(referred.visit, shown=(*referred.visit.shown, shown))
    _record(lane, act, turn, visit=visit.id, shown=shown, supersedes=referred.event)
    kept = tuple(r for r in lane.referred if r.visit.id != visit.id)
    lane = replace(lane, referred=kept)
    return settle(decide(lane, visit, turn, supersedes=referred.event), turn), visit.id


def _gathering(
    lane: LaneState, act: OperatorActed, shown: Shown, turn: Turn
) -> tuple[LaneState, str]:
    visit, vouched = lane.gathering, shown.vouched
    persons = vouched.persons if vouched else 1
    companion = vouched is not None and vouched.how is How.COMPANION
    id_ = visit.id if visit else turn.new_id()
    _record(lane, act, turn, visit=id_, shown=shown, began=visit is None)
    if visit is None:
        if companion:
            lane = _without_guardians(lane, turn)
        lane = open_visit(
            lane, Visit(id_, turn.now, (shown,), persons=persons, companion=companion)
        )
    else:  # what a scanner could not read was this person's
        lane = replace(lane, gathering=replace(visit, shown=(*visit.shown, shown), persons=persons,
                                               companion=companion))  # fmt: skip
    return settle(lane, turn), id_


def _without_guardians(lane: LaneState, turn: Turn) -> LaneState:
    strange = [m for m in lane.pool if is_guardians(lane, m)]
    for measured in strange:
        abandon([measured.reading.id], lane, turn)
    return replace(lane, pool=tuple(m for m in lane.pool if m not in strange))


def _record(
    lane: LaneState,
    act: OperatorActed,
    turn: Turn,
    *,
    visit: str | None = None,
    shown: Shown | None = None,
    refused: str | None = None,
    **more: object,
) -> None:
    """Put on record how somebody was checked; never who it is."""
    vouched = act.vouched
    record_act(
        lane.rules.lane, act, turn, visit, refused=refused,
        how=vouched.how.value if vouched else None,
        checked=vouched.checked if vouched else None,
        persons=vouched.persons if vouched else None,
        credential=credential_record(shown.credential) if shown else None,
        **more,
    )  # fmt: skip
