"""Visits: which scan and which temperature belong to one person, and when they are complete."""

from dataclasses import replace
from math import inf, isfinite

from devices.arrival import Fence
from devices.readings import Direction, Presence, Temperature
from edge_rules import asking
from edge_rules.commanding import open_for_exit
from edge_rules.granting import decide, refer_unasked, withdraw_grant
from edge_rules.inputs import CredentialShown, PlatformAnswered, ReadingArrived
from edge_rules.judging import credential_record, lacks, missing_words, screened
from edge_rules.lane import Authority, LaneState, Measured, Shown, Sighting, Visit, is_misread
from edge_rules.receiving import happens_now, journal, staleness
from edge_rules.turn import Turn

MAX_POOL = 16
MAX_READINGS = 64  # of one visit: a scanner that reads ten times a second through a window
MAX_WAITING = 64
MAX_WAIT_MS = 30_000  # for the lane's grant; who has not passed by then may be gone

NOT_ONE_PERSON = "not-one-person"


def take_scan(
    lane: LaneState, given: ReadingArrived, scan: CredentialShown, turn: Turn
) -> LaneState:
    """Journal a scan and join it to its visit."""
    credential = screened(scan.credential, turn)
    journal(given, turn, credential=credential_record(credential))
    shown = Shown(scan.id, given.arrived, credential, scan.code)
    if lane.rules.direction is Direction.OUT:
        abandon([scan.id], lane, turn)  # leaving needs no credential
        return lane
    stale = staleness(lane, given, turn)
    if stale:
        alone = Visit(turn.new_id(), given.arrived, (shown,), doubt=stale[0])
        # Behind a queue stands nobody; before a scanner whose clock is wrong somebody may.
        return refer_unasked(lane, alone, stale, turn, seen=given.fence is Fence.LIVE)
    visit = lane.gathering
    if visit is None:
        opened = open_visit(lane, Visit(turn.new_id(), shown.arrived, (shown,)))
        return settle(asking.ask(opened, given, turn), turn)
    doubt = visit.doubt if _same_person(visit, shown) else NOT_ONE_PERSON
    joined = replace(visit, shown=(*visit.shown, shown), doubt=doubt)
    return settle(asking.ask(replace(lane, gathering=_bounded(joined)), given, turn), turn)


def take_answer(lane: LaneState, given: PlatformAnswered, turn: Turn) -> LaneState:
    """Take a platform's answer into the visit that waits for it; nobody may wait any more."""
    if lane.gathering is None:
        return lane
    credential = screened(given.credential, turn)
    visit = asking.answered(lane.gathering, replace(given, credential=credential))
    if visit is lane.gathering:
        return lane
    if not all(_same_person(visit, shown) for shown in visit.shown):  # the answer says whose it is
        visit = replace(visit, doubt=visit.doubt or NOT_ONE_PERSON)
    return settle(replace(lane, gathering=visit), turn)


def take_temperature(
    lane: LaneState, given: ReadingArrived, reading: Temperature, turn: Turn
) -> LaneState:
    """Journal a temperature; join it to the visit that waits for it, else keep it for a scan."""
    reading = _finite(reading)
    celsius = reading.celsius if turn.rules.screening(turn.now) else None
    journal(given, turn, celsius=celsius, spot=reading.spot, quality=reading.quality)
    if staleness(lane, given, turn) or lane.rules.direction is Direction.OUT:
        abandon([reading.id], lane, turn)
        return lane
    measured = Measured(reading, given.arrived)
    visit = lane.gathering
    if visit is None:
        return _into_pool(lane, measured, turn)
    if visit.companion and is_guardians(lane, measured):
        abandon([reading.id], lane, turn)
        return lane
    return settle(replace(lane, gathering=_bounded(_joined(visit, measured))), turn)


def take_presence(
    lane: LaneState, given: ReadingArrived, presence: Presence, turn: Turn
) -> LaneState:
    """Follow who is in the lane: two people make a visit doubtful, a departure ends it."""
    journal(
        given, turn, people=presence.people, entered=presence.entered, left=presence.left
    )  # fmt: skip
    seen = lane.sightings.get(given.device, Sighting()).following(presence)
    before = lane.tracks
    lane = replace(lane, sightings={**lane.sightings, given.device: seen})
    if lane.rules.direction is Direction.OUT:
        now = presence.people and happens_now(lane, given, turn)
        return open_for_exit(lane, turn) if now else lane
    for track in sorted(before - lane.tracks | ({presence.track} if presence.left else set())):
        lane = _leave(lane, track, turn)
    return settle(_bound_to_presence(lane), turn)


def settle(lane: LaneState, turn: Turn) -> LaneState:
    """Decide every visit that is complete and whose turn it is."""
    visit = lane.gathering
    if visit is not None and (visit.doubt or not lacks(lane, visit, turn.rules, turn.now)):
        visit = asking.given_up(visit, turn)
        if len(lane.waiting) >= MAX_WAITING:
            visit = replace(visit, doubt=visit.doubt or "lane-busy")
            lane = decide(replace(lane, gathering=None), visit, turn)
        else:
            lane = replace(lane, gathering=None, waiting=(*lane.waiting, visit))
    while lane.waiting and lane.grant is None:
        visit, *rest = lane.waiting
        if turn.now.boot_ms - visit.last_arrived.boot_ms > MAX_WAIT_MS + lane.rules.visit_window_ms:
            visit = replace(visit, doubt=visit.doubt or "time-over")
        lane = decide(replace(lane, waiting=tuple(rest)), visit, turn)
    return lane


def expire(lane: LaneState, turn: Turn) -> LaneState:
    """End what has waited long enough: loose temperatures, then a visit that lacks something."""
    window_ms = lane.rules.visit_window_ms
    over = [m for m in lane.pool if m.arrived.boot_ms + window_ms <= turn.now.boot_ms]
    for measured in over:
        abandon([measured.reading.id], lane, turn)
    if over:
        lane = replace(lane, pool=tuple(m for m in lane.pool if m not in over))
    if lane.gathering:
        lane = replace(lane, gathering=_ended_in_time(lane, lane.gathering, turn))
    return settle(lane, turn)


def _ended_in_time(lane: LaneState, visit: Visit, turn: Turn) -> Visit:
    over = visit.opened.boot_ms + lane.rules.visit_window_ms <= turn.now.boot_ms
    visit = asking.overdue(visit, turn, at_once=over)
    if over:
        for missing in missing_words(lane, visit, turn):
            visit = replace(visit, doubt=visit.doubt or missing)
    return visit


def due_ms(lane: LaneState) -> float:
    """Return when the next of these ends, on CLOCK_BOOTTIME."""
    starts = [m.arrived.boot_ms for m in lane.pool]
    if lane.gathering:
        starts.append(lane.gathering.opened.boot_ms)
    asked_ms = asking.due_ms(lane.gathering) if lane.gathering else inf
    return min(asked_ms, min(starts, default=inf) + lane.rules.visit_window_ms)


def abandon(
    readings: list[str],
    lane: LaneState,
    turn: Turn,
    *,
    visit: str | None = None,
    grant: str | None = None,
) -> None:
    """Put on record that these readings led to no passage."""
    body = {"readings": readings, "grant": grant}
    turn.record(
        "visit-abandoned",
        body,
        lane=lane.rules.lane,
        visit=turn.new_id() if visit is None else visit,
    )


def _finite(reading: Temperature) -> Temperature:
    """Return the reading without a value that is no number: it is missing."""
    celsius, uncertainty = reading.celsius, reading.uncertainty
    if celsius is not None and not isfinite(celsius):
        celsius = None
    if uncertainty is not None and not isfinite(uncertainty):
        uncertainty = None
    return replace(reading, celsius=celsius, uncertainty=uncertainty)


def _bound_to_presence(lane: LaneState) -> LaneState:
    """Bind who is being judged, or was let in, to the one track in view; doubt it among several."""
    visit, grant = lane.gathering, lane.grant
    if visit and lane.in_view > visit.group:
        lane = replace(lane, gathering=replace(visit, doubt=NOT_ONE_PERSON))
    if lane.in_view > 1 or len(lane.tracks) != 1:
        return lane
    (track,) = lane.tracks
    if visit and visit.track is None and visit.group == 1:
        lane = replace(lane, gathering=replace(visit, track=track))
    alone = grant and grant.persons == 1 and not (grant.visit and grant.visit.companion)
    if grant and alone and grant.authority is Authority.POLICY and grant.track is None:
        lane = replace(lane, grant=replace(grant, track=track))
    return lane


def open_visit(lane: LaneState, visit: Visit) -> LaneState:
    """Let a visit gather: who stands there and what was measured of him already join it."""
    if lane.in_view > visit.group:
        visit = replace(visit, doubt=NOT_ONE_PERSON)
    elif lane.tracks and visit.group == 1:
        visit = replace(visit, track=min(lane.tracks))
    for measured in lane.pool:
        visit = _joined(visit, measured)
    return replace(lane, gathering=visit, pool=())


def is_guardians(lane: LaneState, measured: Measured) -> bool:
    """Tell a measurement of who was just let in from one of those who come with him."""
    return (
        measured.reading.track is not None
        and lane.grant is not None
        and (lane.grant.track == measured.reading.track)
    )


def _joined(visit: Visit, measured: Measured) -> Visit:
    """Add a measurement; a group is bound to no track, since its members come and go singly."""
    track = measured.reading.track
    if visit.group > 1:
        visit = replace(visit, measured=(*visit.measured, measured))
        strange, track = len(visit.measured_tracks) > visit.group, None
    else:
        strange = None not in {track, visit.track} and track != visit.track
        visit = replace(visit, measured=(*visit.measured, measured))
    doubt = visit.doubt or (NOT_ONE_PERSON if strange else None)
    return replace(visit, track=visit.track or track, doubt=doubt)


def _bounded(visit: Visit) -> Visit:
    if len(visit.shown) + len(visit.measured) <= MAX_READINGS:
        return visit
    return replace(visit, doubt=visit.doubt or "too-many-readings")


def _into_pool(lane: LaneState, measured: Measured, turn: Turn) -> LaneState:
    pool = (*lane.pool, measured)
    for dropped in pool[:-MAX_POOL]:
        abandon([dropped.reading.id], lane, turn)
    return replace(lane, pool=pool[-MAX_POOL:])


def _same_person(visit: Visit, shown: Shown) -> bool:
    new = shown.credential
    if is_misread(new):
        return True
    known = [s for s in visit.shown if not is_misread(s.credential)]
    return all(_may_be_one(old, shown) for old in known)


def _may_be_one(old: Shown, new: Shown) -> bool:
    if old.code and new.code and not (old.credential.subject and new.credential.subject):
        return True  # whose colour codes they are only an answer says
    if new.credential.subject:
        return old.credential.subject == new.credential.subject
    return old.credential == new.credential


def _leave(lane: LaneState, track: str, turn: Turn) -> LaneState:
    """End everything that is bound to a person who went away without passing."""
    stays = tuple(m for m in lane.pool if m.reading.track != track)
    for measured in lane.pool:
        if measured.reading.track == track:
            abandon([measured.reading.id], lane, turn)
    visits = [v for v in (lane.gathering, *lane.waiting) if v and v.track == track]
    for visit in visits:
        asking.given_up(visit, turn)
    for visit in visits:
        abandon(visit.readings, lane, turn, visit=visit.id)
    gathering = None if lane.gathering in visits else lane.gathering
    waiting = tuple(v for v in lane.waiting if v not in visits)
    lane = replace(lane, pool=stays, gathering=gathering, waiting=waiting)
    if lane.grant and lane.grant.track == track:
        grant = lane.grant
        lane = withdraw_grant(lane, "presence-ended", turn)
        if grant.visit:
            visit = grant.visit
            abandon(visit.readings, lane, turn, visit=visit.id, grant=grant.id)
    return lane
