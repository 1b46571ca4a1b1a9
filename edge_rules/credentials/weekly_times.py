"""Times of the week at which a pass lets in, such as `Mon-Fri 06:00-20:00`, in the site's zone."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = 0b111_1111
DAY_MINUTES = 24 * 60
MAX_TIMES = 14  # two spans on each day

_SPAN = re.compile(r"(.+?)\s+(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)")
_FORM = "must look like Mon-Fri 06:00-20:00, several with a semicolon between; daily is every day"


@dataclass(frozen=True, slots=True)
class WeeklySpan:
    """One span on some days (bit 0 is Monday), in minutes of the day; `until` is not in it.

    A span whose end is not behind its beginning goes on into the next day.
    """

    days: int
    since: int
    until: int

    def __post_init__(self) -> None:
        """Refuse what no clock shows."""
        sound = 0 <= self.since < DAY_MINUTES and 0 < self.until <= DAY_MINUTES
        if not sound or not 0 < self.days <= EVERY_DAY or self.since == self.until:
            msg = "days or minutes that no week has"
            raise ValueError(msg)

    def holds(self, local: datetime) -> bool:
        """Tell whether a local time lies in it."""
        minute, today = local.hour * 60 + local.minute, 1 << local.weekday()
        if self.since < self.until:
            return bool(self.days & today) and self.since <= minute < self.until
        yesterday = 1 << (local.weekday() - 1) % 7
        late = bool(self.days & today) and minute >= self.since
        return late or (bool(self.days & yesterday) and minute < self.until)

    def __str__(self) -> str:
        return f"{_days_text(self.days)} {_clock(self.since)}-{_clock(self.until)}"


def within(times: Sequence[WeeklySpan], local: datetime) -> bool:
    """Tell whether a local time lies in any of them; without any, always."""
    return not times or any(span.holds(local) for span in times)


def parse_times(text: str) -> tuple[WeeklySpan, ...]:
    """Read spans as a person writes them; ValueError says what would be right."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not 0 < len(parts) <= MAX_TIMES:
        msg = f"{_FORM}; 1 to {MAX_TIMES} of them"
        raise ValueError(msg)
    return tuple(map(_span, parts))


def _span(text: str) -> WeeklySpan:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(_FORM)
    hour, minute, to_hour, to_minute = map(int, found.groups()[1:])
    if max(minute, to_minute) > 59:
        raise ValueError(_FORM)
    try:
        return WeeklySpan(_days(found[1]), hour * 60 + minute, to_hour * 60 + to_minute)
    except ValueError:
        raise ValueError(_FORM) from None


def _days(text: str) -> int:
    if text.lower() == "daily":
        return EVERY_DAY
    days = 0
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        at, end = _day(first), _day(last or first)
        for day in range(at, at + (end - at) % 7 + 1):
            days |= 1 << day % 7
    return days


def _day(name: str) -> int:
    try:
        return DAYS.index(name.strip().capitalize())
    except ValueError:
        raise ValueError(_FORM) from None


def _days_text(days: int) -> str:
    if days == EVERY_DAY:
        return "daily"
    runs: list[list[int]] = []
    for day in (day for day in range(7) if days & 1 << day):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    return DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def times_text(times: Iterable[WeeklySpan]) -> str:
    """Write spans as `parse_times` reads them; empty where there are none."""
    return "; ".join(map(str, times))
