"""Visits: which scan and which temperature belong to one person, and when they are complete."""

from dataclasses import replace
from math import inf

from devices.arrival import Fence
from devices.readings import Direction, Presence, Temperature
from edge_rules.granting import decide, open_for_exit, record_referral, withdraw_grant
from edge_rules.inputs import CredentialShown, ReadingArrived
from edge_rules.judging import credential_record, lacks, screened
from edge_rules.lane import LaneState, Measured, Shown, Visit, is_misread
from edge_rules.turn import Turn

CLOCK_AHEAD_MS = 2000  # a device's clock further ahead than this is wrong
MAX_POOL = 16
MAX_READINGS = 64  # of one visit: a scanner that reads ten times a second through a window
MAX_WAITING = 64

NOT_ONE_PERSON = "not-one-person"
STALE = "reading-stale"


def staleness(lane: LaneState, given: ReadingArrived, at_ms: int | None, turn: Turn) -> list[str]:
    """Say why a reading can't stand for a person who is there now; empty when it can."""
    age_ms = None if at_ms is None else given.arrived.wall_ms - at_ms
    if age_ms is not None and age_ms < -CLOCK_AHEAD_MS:
        return [STALE, "clock-suspect"]
    device = lane.rules.devices[given.device]
    queued = given.fence is Fence.QUEUED or (
        device.announces and not lane.online.get(given.device, False)
    )
    stale = (
        given.fence is Fence.BEFORE_START
        or (at_ms is not None and at_ms < turn.rules.started_wall_ms)
        or (queued if age_ms is None else age_ms > lane.rules.reading_max_age_ms)
    )
    return [STALE] if stale else []


def take_scan(
    lane: LaneState, given: ReadingArrived, scan: CredentialShown, turn: Turn
) -> LaneState:
    """Journal a scan and join it to its visit."""
    credential = screened(scan.credential, turn)
    _journal(given, scan.id, "scan", turn, credential=credential_record(credential))
    shown = Shown(scan.id, given.arrived, credential)
    if lane.rules.direction is Direction.OUT:
        abandon([scan.id], lane, turn)  # leaving needs no credential
        return lane
    stale = staleness(lane, given, scan.at_ms, turn)
    if stale:
        record = credential_record(credential)
        record_referral(given.lane, turn.new_id(), [scan.id], stale, record, turn)
        return lane
    visit = lane.gathering
    if visit is None:
        return settle(_open_visit(lane, shown, turn), turn)
    doubt = visit.doubt if _same_person(visit, shown) else NOT_ONE_PERSON
    joined = replace(visit, shown=(*visit.shown, shown), doubt=doubt)
    return settle(replace(lane, gathering=_bounded(joined)), turn)


def take_temperature(
    lane: LaneState, given: ReadingArrived, reading: Temperature, turn: Turn
) -> LaneState:
    """Journal a temperature; join it to the visit that waits for it, else keep it for a scan."""
    health = turn.rules.screening(turn.now)
    _journal(
        given,
        reading.id,
        "temperature",
        turn,
        celsius=reading.celsius if health else None,
        spot=reading.spot,
        quality=reading.quality,
    )
    if staleness(lane, given, reading.at_ms, turn) or lane.rules.direction is Direction.OUT:
        abandon([reading.id], lane, turn)
        return lane
    measured = Measured(reading, given.arrived)
    visit = lane.gathering
    if visit is None:
        return _into_pool(lane, measured, turn)
    return settle(replace(lane, gathering=_bounded(_joined(visit, measured))), turn)


def take_presence(
    lane: LaneState, given: ReadingArrived, presence: Presence, turn: Turn
) -> LaneState:
    """Follow who is in the lane: two people make a visit doubtful, a departure ends it."""
    _journal(
        given, presence.id, "presence", turn, people=presence.people, entered=presence.entered,
        left=presence.left,
    )  # fmt: skip
    tracks = lane.tracks - {presence.track} if presence.left else lane.tracks | {presence.track}
    if presence.people == 0:
        tracks = frozenset()
    gone = lane.tracks - tracks | ({presence.track} if presence.left else set())
    lane = replace(
        lane, people={**lane.people, given.device: presence.people}, tracks=frozenset(tracks)
    )
    for track in sorted(gone):
        lane = _leave(lane, track, turn)
    if lane.rules.direction is Direction.OUT:
        fresh = not staleness(lane, given, presence.at_ms, turn)
        return open_for_exit(lane, turn) if presence.people and fresh else lane
    if lane.gathering and lane.crowded:
        lane = replace(lane, gathering=replace(lane.gathering, doubt=NOT_ONE_PERSON))
    elif lane.gathering and lane.gathering.track is None and len(tracks) == 1:
        lane = replace(lane, gathering=replace(lane.gathering, track=min(tracks)))
    return settle(lane, turn)


def settle(lane: LaneState, turn: Turn) -> LaneState:
    """Decide every visit that is complete and whose turn it is."""
    visit = lane.gathering
    if visit is not None and (visit.doubt or not lacks(lane, visit, turn)):
        if len(lane.waiting) >= MAX_WAITING:
            visit = replace(visit, doubt=visit.doubt or "lane-busy")
            lane = decide(replace(lane, gathering=None), visit, turn)
        else:
            lane = replace(lane, gathering=None, waiting=(*lane.waiting, visit))
    while lane.waiting and lane.grant is None:
        visit, *rest = lane.waiting
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
    visit = lane.gathering
    if visit and visit.opened.boot_ms + window_ms <= turn.now.boot_ms:
        missing = min(lacks(lane, visit, turn), default="reading")
        visit = replace(visit, doubt=visit.doubt or f"{missing}-missing")
        lane = replace(lane, gathering=visit)
    return settle(lane, turn)


def due_ms(lane: LaneState) -> float:
    """Return when the next of these ends, on CLOCK_BOOTTIME."""
    starts = [m.arrived.boot_ms for m in lane.pool]
    if lane.gathering:
        starts.append(lane.gathering.opened.boot_ms)
    return min(starts, default=inf) + lane.rules.visit_window_ms


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


def _journal(given: ReadingArrived, reading: str, kind: str, turn: Turn, **more: object) -> None:
    body = {"reading": reading, "kind": kind, "fenced": given.fence is not Fence.LIVE, **more}
    turn.record("reading-received", body, lane=given.lane, device=given.device)


def _open_visit(lane: LaneState, shown: Shown, turn: Turn) -> LaneState:
    visit = Visit(turn.new_id(), shown.arrived, (shown,))
    if lane.crowded or len(lane.tracks) > 1:
        visit = replace(visit, doubt=NOT_ONE_PERSON)
    elif lane.tracks:
        visit = replace(visit, track=min(lane.tracks))
    for measured in lane.pool:
        visit = _joined(visit, measured)
    return replace(lane, gathering=visit, pool=())


def _joined(visit: Visit, measured: Measured) -> Visit:
    track = measured.reading.track
    strange = None not in {track, visit.track} and track != visit.track
    return replace(
        visit,
        measured=(*visit.measured, measured),
        track=visit.track or track,
        doubt=visit.doubt or (NOT_ONE_PERSON if strange else None),
    )


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
    known = [s.credential for s in visit.shown if not is_misread(s.credential)]
    return all(old.subject == new.subject if new.subject else old == new for old in known)


def _leave(lane: LaneState, track: str, turn: Turn) -> LaneState:
    """End everything that is bound to a person who went away without passing."""
    stays = tuple(m for m in lane.pool if m.reading.track != track)
    for measured in lane.pool:
        if measured.reading.track == track:
            abandon([measured.reading.id], lane, turn)
    visits = [v for v in (lane.gathering, *lane.waiting) if v and v.track == track]
    for visit in visits:
        abandon(visit.readings, lane, turn, visit=visit.id)
    gathering = None if lane.gathering in visits else lane.gathering
    waiting = tuple(v for v in lane.waiting if v not in visits)
    lane = replace(lane, pool=stays, gathering=gathering, waiting=waiting)
    if lane.grant and lane.grant.track == track:
        grant = lane.grant
        lane = withdraw_grant(lane, "presence-ended", turn)
        abandon(list(grant.readings), lane, turn, visit=grant.visit, grant=grant.id)
    return settle(lane, turn)
