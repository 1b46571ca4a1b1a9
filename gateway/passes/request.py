"""What somebody asks a pass to be, checked: gates that exist here, dates that make sense."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from edge_rules.credentials.pass_terms import LAST_SECOND, MAX_GATES, MAX_USES, PERSONS
from edge_rules.credentials.weekly_times import WeeklySpan, parse_times

LONG = 365  # days, for who lives or works here
GUESTS = frozenset({"visitor", "delivery"})  # until the day ends, unless it is said otherwise


class RequestError(ValueError):
    """A pass that can't be; the sentence names the key and what would be right."""


@dataclass(frozen=True, slots=True)
class PassRequest:
    """A pass to be issued; times in whole seconds."""

    person: str
    since_s: int
    until_s: int
    minor: bool = False
    gates: tuple[str, ...] = ()
    times: tuple[WeeklySpan, ...] = ()
    uses_per_day: int | None = None
    rotating: bool = True


@dataclass(frozen=True, slots=True)
class PassAsked:
    """What somebody wrote; dates and times as texts, empty where nothing was said."""

    person: str
    since: str = ""
    until: str = ""
    minor: bool = False
    gates: Sequence[str] = ()
    times: str = ""
    uses_per_day: int | None = None
    printed: bool = False


@dataclass(frozen=True, slots=True)
class PassBounds:
    """What a site allows: its gates (lanes and checkpoints), who may have paper, for how long."""

    gates: Collection[str]
    zone: tzinfo
    printed: Collection[str] = PERSONS
    max_days: int = 400


def request(asked: PassAsked, bounds: PassBounds, now_s: int) -> PassRequest:
    """Check what was asked; RequestError says what would be right."""
    if asked.person not in PERSONS:
        msg = f"kind: must be one of {', '.join(PERSONS)}"
        raise RequestError(msg)
    if asked.printed and asked.person not in bounds.printed:
        some = ", ".join(sorted(bounds.printed)) or "nobody"
        msg = f"static: printed passes are for {some} here (passes: printed in the site file)"
        raise RequestError(msg)
    if set(asked.gates) - set(bounds.gates) or len(asked.gates) > MAX_GATES:
        msg = f"gates: must be up to {MAX_GATES} of {', '.join(sorted(bounds.gates))}"
        raise RequestError(msg)
    if asked.uses_per_day is not None and not 1 <= asked.uses_per_day <= MAX_USES:
        msg = f"uses_per_day: must be 1 to {MAX_USES}"
        raise RequestError(msg)
    since_s, until_s = _dates(asked, bounds, now_s)
    return PassRequest(
        asked.person,
        since_s,
        until_s,
        asked.minor,
        tuple(dict.fromkeys(asked.gates)),
        _times(asked.times),
        asked.uses_per_day,
        not asked.printed,
    )


def _dates(asked: PassAsked, bounds: PassBounds, now_s: int) -> tuple[int, int]:
    since_s = _second("from", asked.since, bounds.zone, end=False) if asked.since else now_s
    first_s = max(since_s, now_s)
    if asked.until:
        until_s = _second("to", asked.until, bounds.zone, end=True)
    else:
        until_s = _usual_end(first_s, asked.person, bounds)
    if until_s <= first_s:
        msg = "to: must lie behind from, and in the future"
        raise RequestError(msg)
    if until_s - now_s > bounds.max_days * 86_400 or until_s > LAST_SECOND:
        msg = f"to: at most {bounds.max_days} days from now (passes: max_days in the site file)"
        raise RequestError(msg)
    return since_s, until_s


def _usual_end(since_s: int, person: str, bounds: PassBounds) -> int:
    days = 0 if person in GUESTS else min(LONG, bounds.max_days - 1)
    day = datetime.fromtimestamp(since_s, bounds.zone).date() + timedelta(days=days)
    return _end_of_day(datetime.combine(day, time(), bounds.zone))


def _end_of_day(midnight: datetime) -> int:
    tomorrow = datetime.combine(midnight.date() + timedelta(days=1), time(), midnight.tzinfo)
    return int(tomorrow.timestamp()) - 1


def _second(key: str, text: str, zone: tzinfo, *, end: bool) -> int:
    """Read a date or a time; a time without a zone is the site's, a date as `to` its whole day."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        if end and len(text) == len("2026-12-01"):
            return _end_of_day(moment)
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        msg = f"{key}: must look like 2026-12-01, 2026-12-01T08:00 or 2026-12-01T00:00:00Z"
        raise RequestError(msg) from None


def _times(text: str) -> tuple[WeeklySpan, ...]:
    if not text:
        return ()
    try:
        return parse_times(text)
    except ValueError as error:
        msg = f"times: {error}"
        raise RequestError(msg) from None
