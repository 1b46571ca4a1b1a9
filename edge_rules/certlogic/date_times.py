"""Date-times of CertLogic: read, moved by whole units, written.

The calendar is the proleptic Gregorian one in UTC, and a day too many rolls over into the next
month, as ECMAScript's Date does it, which the specification refers to.
"""

import re
from dataclasses import dataclass
from datetime import date

from edge_rules.certlogic.errors import RuleFailedError

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EPOCH = date(1970, 1, 1).toordinal()
FARTHEST_MS = 8_640_000_000_000_000  # from 1970, either way: ECMAScript's Date ends there
MAX_TEXT = 100  # characters; any number of decimals is allowed, more than this is no date

HOUR, DAY, MONTH, YEAR = "hour", "day", "month", "year"
UNITS = (YEAR, MONTH, DAY, HOUR)

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?"
    r"(?:Z|([+-])(\d{1,2})(?::?(\d\d))?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class DateTime:
    """An instant, in milliseconds since 1970 in UTC."""

    ms: int

    def __str__(self) -> str:
        """Write it as RFC 3339; RuleFailedError outside the years it can write."""
        days, ms = divmod(self.ms, DAY_MS)
        year, month, day = _civil(days)
        if not 0 <= year <= 9999:
            msg = "a date-time outside the years 0000 to 9999 can't be written"
            raise RuleFailedError(msg)
        minutes, ms = divmod(ms, 60_000)
        clock = f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"
        return f"{year:04}-{month:02}-{day:02}T{clock}Z"


def read_date_time(text: str) -> DateTime:
    """Read a date or date-time of the allowed formats; a partial date stands for its last day."""
    if len(text) <= MAX_TEXT:
        if match := _DATE.fullmatch(text):
            return _last_day_meant(match)
        if match := _DATE_TIME.fullmatch(text):
            return _instant(*match.groups())
    msg = "not an allowed date or date-time, such as 2021-06-01 or 2021-06-01T08:00:00Z"
    raise RuleFailedError(msg)


def read_date_of_birth(text: str) -> DateTime:
    """Read YYYY, YYYY-MM or YYYY-MM-DD as the last day that it can mean."""
    match = _DATE.fullmatch(text)
    if match is None:
        msg = "not a date of birth, such as 1998, 1998-06 or 1998-06-30"
        raise RuleFailedError(msg)
    return _last_day_meant(match)


def plus_time(start: DateTime, amount: int, unit: str) -> DateTime:
    """Move an instant by whole units; 2020-02-29 and a year is 2021-03-01."""
    days, ms = divmod(start.ms, DAY_MS)
    if unit in (YEAR, MONTH):
        year, month, day = _civil(days)
        months = year * 12 + month - 1 + (amount * 12 if unit == YEAR else amount)
        days = _days(months // 12, months % 12 + 1, day)
    elif unit == DAY:
        days += amount
    else:
        ms += amount * HOUR_MS
    moved = days * DAY_MS + ms
    if abs(moved) > FARTHEST_MS:
        msg = "the moved date-time is farther from 1970 than 275,000 years"
        raise RuleFailedError(msg)
    return DateTime(moved)


def _last_day_meant(match: re.Match[str]) -> DateTime:
    year, month = int(match[1]), int(match[2] or 12)
    day = int(match[3]) if match[3] else _last_day(year, month)
    return DateTime(_checked_days(year, month, day) * DAY_MS)


def _instant(*parts: str | None) -> DateTime:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts[:6])
    decimals, sign, offset_hours, offset_minutes = parts[6:]
    if hour > 23 or minute > 59 or second > 59:
        msg = "no such time of day"
        raise RuleFailedError(msg)
    hours, minutes = int(offset_hours or 0), int(offset_minutes or 0)
    if hours > 23 or minutes > 59:
        msg = "no such offset from UTC"
        raise RuleFailedError(msg)
    ms = _checked_days(year, month, day) * DAY_MS
    ms += hour * HOUR_MS + minute * 60_000 + second * 1000 + int(f"{decimals or 0:0<3}"[:3])
    offset_ms = hours * HOUR_MS + minutes * 60_000
    return DateTime(ms + offset_ms if sign == "-" else ms - offset_ms)


def _checked_days(year: int, month: int, day: int) -> int:
    try:
        return date(year, month, day).toordinal() - EPOCH
    except ValueError:  # no such day, or the year 0000, which Python doesn't have
        pass
    if not 1 <= month <= 12 or not 1 <= day <= _last_day(year, month):
        msg = "no such day in the calendar"
        raise RuleFailedError(msg)
    return _days(year, month, day)


def _last_day(year: int, month: int) -> int:
    if not 1 <= month <= 12:
        return 0
    return _days(year + month // 12, month % 12 + 1, 1) - _days(year, month, 1)


def _days(year: int, month: int, day: int) -> int:
    """Count days from 1970; in years that begin with March the leap day comes last.

    Source: H. Hinnant, "chrono-compatible low-level date algorithms".
    """
    year -= month <= 2
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year - 719_468


def _civil(days: int) -> tuple[int, int, int]:
    """Turn days from 1970 into year, month and day; undoes `_days`."""
    era, of_era = divmod(days + 719_468, 146_097)
    years = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    shifted = (5 * of_year + 2) // 153
    month = (shifted + 2) % 12 + 1
    return era * 400 + years + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1
