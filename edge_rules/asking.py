"""Questions to a platform about what a visit showed: asked once, answered in time, or given up."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf

from devices.colour_platform.answer import TIMED_OUT, Said
from edge_rules.credentials.colour_code import COLOUR_UNKNOWN
from edge_rules.effects import AskPlatform, DropQuery
from edge_rules.inputs import PlatformAnswered, ReadingArrived
from edge_rules.lane import LaneState, Query, Shown, Visit
from edge_rules.turn import Turn

MAX_QUERIES = 4  # of one visit: who shows ever new codes is a matter for a guard
SLACK_MS = 250  # the asked one keeps the deadline itself; this is for one that does not
TOO_MANY_CODES = "too-many-codes"


def ask(lane: LaneState, given: ReadingArrived, turn: Turn) -> LaneState:
    """Ask about the scan that joined the visit last, unless its text was asked about already."""
    visit, within_ms = lane.gathering, lane.rules.platform_within_ms
    if visit is None or visit.doubt or within_ms is None:
        return lane
    *before, shown = visit.shown
    if shown.code is None or shown.credential.reason != COLOUR_UNKNOWN:
        return lane
    known = next((old for old in reversed(before) if old.code == shown.code), None)
    if known is not None and (known.query or known.why is None):
        shown = replace(shown, credential=known.credential, query=known.query)
        return replace(lane, gathering=replace(visit, shown=(*before, shown)))
    if visit.queries >= MAX_QUERIES:
        return replace(lane, gathering=replace(visit, doubt=TOO_MANY_CODES))
    query = Query(turn.new_id(), turn.now.boot_ms + within_ms + SLACK_MS)
    turn.effects.append(AskPlatform(query.id, given.lane, given.device, shown.id))
    again = tuple(
        replace(old, query=query, why=None) if old.code == shown.code else old
        for old in visit.shown
    )
    visit = replace(visit, shown=again, queries=visit.queries + 1)
    return replace(lane, gathering=visit)


def answered(visit: Visit, given: PlatformAnswered) -> Visit:
    """Put an answer where its question was asked; one that nobody waits for changes nothing."""
    return _ended(
        visit,
        lambda query: query.id == given.query,
        lambda shown: replace(shown, credential=given.credential, query=None, why=given.why),
    )


def overdue(visit: Visit, turn: Turn, *, at_once: bool = False) -> Visit:
    """Let what has not been answered in time be unanswered, `at_once` all of it."""
    late = {q for q in pending(visit) if at_once or q.ends_ms <= turn.now.boot_ms}
    _drop(late, turn)
    return _ended(visit, late.__contains__, _timed_out)


def given_up(visit: Visit, turn: Turn) -> Visit:
    """Ask no more: what is known of the codes already has to do."""
    asked = set(pending(visit))
    _drop(asked, turn)
    return _ended(visit, asked.__contains__, lambda shown: replace(shown, query=None))


def pending(visit: Visit) -> Iterator[Query]:
    """Give every question that still waits for its answer."""
    return (shown.query for shown in visit.shown if shown.query)


def due_ms(visit: Visit) -> float:
    """Return when the next of them is overdue, on CLOCK_BOOTTIME."""
    return min((query.ends_ms for query in pending(visit)), default=inf)


def _ended(visit: Visit, which: Callable[[Query], bool], end: Callable[[Shown], Shown]) -> Visit:
    shown = tuple(end(one) if one.query and which(one.query) else one for one in visit.shown)
    return visit if shown == visit.shown else replace(visit, shown=shown)


def _drop(queries: set[Query], turn: Turn) -> None:
    turn.effects += [DropQuery(query.id) for query in sorted(queries, key=lambda q: q.id)]


def _timed_out(shown: Shown) -> Shown:
    credential = replace(shown.credential, reason=Said.TIMEOUT.value)
    return replace(shown, credential=credential, query=None, why=TIMED_OUT)
