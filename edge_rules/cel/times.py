"""Timestamps and durations: their texts, and the parts that CEL's accessors name.

Sources: RFC 3339; the CEL language definition, "Timezones" and "Standard Environment".
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.values import (
    Duration,
    Timestamp,
    checked_duration,
    checked_timestamp,
    datetime_of,
    timestamp_of,
)

SECOND, MINUTE, HOUR = 10**9, 60 * 10**9, 3600 * 10**9
MAX_ZONE_NAME = 64  # no name in the tz database comes near

_STAMP: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_SPAN: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_OFFSET: Final = re.compile(r"([+-]?)(\d\d):(\d\d)", re.ASCII)
_UNITS: Final = {
    "ns": 1,
    "us": 1000,
    "\u00b5s": 1000,
    "\u03bcs": 1000,
    "ms": 10**6,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
MAX_SPAN_TEXT = 64


def parse_timestamp(text: str) -> Timestamp:
    """Read an RFC 3339 date-time to the nanosecond."""
    found = _STAMP.fullmatch(text)
    if found is None:
        msg = "not a timestamp: write it as 2026-11-23T08:00:00Z"
        raise EvaluationError(msg)
    *parts, fraction, offset = found.groups()
    try:
        whole = timestamp_of(datetime(*(int(part) for part in parts), tzinfo=UTC))  # type: ignore[misc,arg-type]
    except ValueError as error:
        msg = "timestamp out of range: no such date or time"
        raise EvaluationError(msg) from error
    nanoseconds = int((fraction or "").ljust(9, "0"))
    away = 0 if offset == "Z" else _offset_minutes(offset) * MINUTE
    return checked_timestamp(whole + nanoseconds - away)


def parse_duration(text: str) -> Duration:
    """Read a duration such as `90s`, `-1.5h` or `1h30m`."""
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return Duration(0)
    total, at = 0, 0 if len(text) <= MAX_SPAN_TEXT else len(text)
    while found := _SPAN.match(body, at):
        number, unit = found.groups()
        whole, _, fraction = number.partition(".")
        scale = 10 ** len(fraction)
        total += int(whole + fraction or "0") * _UNITS[unit] // scale
        at = found.end()
    if at != len(body) or not body:
        msg = 'not a duration: write it as "90s", "15m" or "1h30m"'
        raise EvaluationError(msg)
    return checked_duration(-total if text[0] == "-" else total)


def show_timestamp(stamp: Timestamp) -> str:
    """Write a timestamp as RFC 3339 in UTC, with no more decimals than it has."""
    seconds, fraction = divmod(stamp, SECOND)
    text = datetime_of(seconds * SECOND).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return text + _decimals(fraction) + "Z"


def show_duration(span: Duration) -> str:
    """Write a duration in seconds."""
    seconds, fraction = divmod(abs(span), SECOND)
    return f"{'-' if span < 0 else ''}{seconds}{_decimals(fraction)}s"


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """Find a time zone by its name in the tz database, or by its offset from UTC."""
    found = _OFFSET.fullmatch(name)
    try:
        if found:
            return timezone(timedelta(minutes=_offset_minutes(name)))
        return ZoneInfo(name[:MAX_ZONE_NAME])
    except (KeyError, ValueError, OSError) as error:
        msg = "unknown time zone: write Asia/Shanghai, UTC or an offset as +08:00"
        raise EvaluationError(msg) from error


def _offset_minutes(text: str) -> int:
    found = _OFFSET.fullmatch(text)
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        msg = "not an offset from UTC: write it as +08:00"
        raise EvaluationError(msg)
    minutes = int(found[2]) * 60 + int(found[3])
    return -minutes if found[1] == "-" else minutes


def _decimals(nanoseconds: int) -> str:
    return f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def _local(stamp: Timestamp, zone_name: str | None) -> datetime:
    moment = datetime_of(stamp)
    if zone_name is None:
        return moment
    try:
        return moment.astimezone(zone(zone_name))
    except OverflowError as error:
        msg = "timestamp out of range in that time zone"
        raise EvaluationError(msg) from error


def _truncated(span: int, unit: int) -> int:
    return span // unit if span >= 0 else -(-span // unit)


_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "getFullYear": lambda local: local.year,
    "getMonth": lambda local: local.month - 1,
    "getDate": lambda local: local.day,
    "getDayOfMonth": lambda local: local.day - 1,
    "getDayOfWeek": lambda local: local.isoweekday() % 7,
    "getDayOfYear": lambda local: local.timetuple().tm_yday - 1,
    "getHours": lambda local: local.hour,
    "getMinutes": lambda local: local.minute,
    "getSeconds": lambda local: local.second,
    "getMilliseconds": lambda local: local.microsecond // 1000,
}
_SPANS: Final[dict[str, Callable[[int], int]]] = {
    "getHours": lambda span: _truncated(span, HOUR),
    "getMinutes": lambda span: _truncated(span, MINUTE),
    "getSeconds": lambda span: _truncated(span, SECOND),
    "getMilliseconds": lambda span: _truncated(span, 10**6) - _truncated(span, SECOND) * 1000,
}


def _accessor(name: str) -> Callable[..., int]:
    part, of_span = _PARTS[name], _SPANS.get(name)

    def access(subject: object, zone_name: str | None = None) -> int:
        if type(subject) is Timestamp and (zone_name is None or type(zone_name) is str):
            return part(_local(subject, zone_name))
        if type(subject) is Duration and of_span is not None and zone_name is None:
            return of_span(subject)
        msg = f"no such overload: {name}"
        raise EvaluationError(msg)

    return access


ACCESSORS: Final = MappingProxyType({name: _accessor(name) for name in _PARTS})
