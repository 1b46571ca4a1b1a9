"""Points in time as arguments: a clock for lives and a clock for stamps."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)"
)


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One instant on both clocks.

    `boot_ms` (CLOCK_BOOTTIME, never steps, runs on through suspend) measures lives and ages;
    `wall_ms` (Unix time) only stamps records and meets the times that credentials carry.
    """

    boot_ms: float
    wall_ms: int

    def later(self, ms: float) -> "Moment":
        """Return the instant `ms` milliseconds on."""
        return Moment(self.boot_ms + ms, self.wall_ms + round(ms))

    @property
    def utc(self) -> datetime:
        """The wall clock as an aware datetime."""
        return _EPOCH + timedelta(milliseconds=self.wall_ms)

    @property
    def stamp(self) -> str:
        """The wall clock in RFC 3339, UTC, with milliseconds."""
        return format_stamp(self.wall_ms)


def format_stamp(wall_ms: int) -> str:
    """Write Unix milliseconds as RFC 3339 in UTC (`2026-11-23T08:00:00.123Z`)."""
    whole, ms = divmod(wall_ms, 1000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def parse_stamp(text: str) -> int:
    """Read an RFC 3339 date-time into Unix milliseconds; ValueError says what is wrong."""
    if not _STAMP.fullmatch(text):
        msg = "not an RFC 3339 time such as 2026-11-23T08:00:00.123Z"
        raise ValueError(msg)
    parsed = datetime.fromisoformat(text.upper())
    since = parsed - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
