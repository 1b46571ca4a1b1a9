"""Which millisecond a point gets: its own, or the next one free in its series."""

from collections.abc import Callable
from dataclasses import dataclass

Taken = Callable[[int, int], bool]  # series, millisecond
Newest = Callable[[int], int | None]  # series


@dataclass(slots=True)
class _Known:
    """Of one series: its latest point, and one run of milliseconds known to be all taken."""

    newest: int
    start: int
    end: int


class PointTimes:
    """Gives every point of a series a millisecond of its own, also across restarts.

    `taken` and `newest` ask the rows themselves; what is kept here only saves asking.
    """

    def __init__(self, taken: Taken, newest: Newest) -> None:
        self._taken = taken
        self._newest = newest
        self._series: dict[int, _Known] = {}

    def next_free(self, series: int, wanted_ms: int) -> int:
        """Return `wanted_ms` if no point of the series has it, else the next one free; take it."""
        known = self._series.get(series)
        if known is None:
            newest = self._newest(series)
            if newest is None:
                self._series[series] = _Known(wanted_ms, wanted_ms, wanted_ms)
                return wanted_ms
            known = self._series[series] = _Known(newest, newest, newest)
        inside = known.start <= wanted_ms <= known.end
        free_ms = known.end + 1 if inside else wanted_ms
        while free_ms <= known.newest and self._taken(series, free_ms):
            free_ms += 1
        if not inside and wanted_ms != known.end + 1:
            known.start = wanted_ms
        known.end = free_ms
        known.newest = max(known.newest, free_ms)
        return free_ms

    def forget(self) -> None:
        """Drop what is kept, after rows it counted on were rolled back or removed."""
        self._series.clear()
