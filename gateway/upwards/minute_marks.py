"""The marks between windows: a row of the record after each minute in which something happened."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from devices.moment import parse_stamp
from gateway.ports import Clock, Event
from gateway.upwards.standing import Standing
from gateway.upwards.windows import MARK, MINUTE_MS, mark_body

LOST_AFTER_MS = 300_000  # a mark that is not on disk by then never will be

Note = Callable[[str, Mapping[str, Any]], None]
"""Puts an event of a type with a body on record."""


class Committed(Protocol):
    """Tells what is on record."""

    def watch(self, watch: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        """Have every committed group told."""
        ...


class MinuteMarks:
    """Puts a mark on record when a minute has ended; `run` lives until it is cancelled."""

    def __init__(
        self,
        committed: Committed,
        clock: Clock,
        note: Note,
        stands: Callable[[], Standing],
        *,
        minute_ms: int = MINUTE_MS,
    ) -> None:
        self._committed = committed
        self._clock = clock
        self._note = note
        self._stands = stands
        self._minute_ms = minute_ms
        self._opened_ms: int | None = None
        self._pending_until_ms = 0.0

    async def run(self) -> None:
        """Mark for ever."""
        self._opened_ms = self._clock.now().wall_ms  # the last run may have left rows unmarked
        self._pending_until_ms = 0.0
        unwatch = self._committed.watch(self._take)
        try:
            while True:
                left_ms = self._minute_ms - self._clock.now().wall_ms % self._minute_ms
                await asyncio.sleep(left_ms / 1000)
                self._mark_if_due()
        finally:
            unwatch()

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            if event["type"] == MARK:
                self._opened_ms, self._pending_until_ms = None, 0.0
            elif self._opened_ms is None:
                self._opened_ms = parse_stamp(event["at"])

    def _mark_if_due(self) -> None:
        now, minute_ms = self._clock.now(), self._minute_ms
        if self._opened_ms is None or now.boot_ms < self._pending_until_ms:
            return
        from_ms = self._opened_ms // minute_ms * minute_ms
        to_ms = now.wall_ms // minute_ms * minute_ms
        if from_ms == to_ms:
            return
        if from_ms > to_ms:  # the clock was set back
            from_ms = to_ms - minute_ms
        self._pending_until_ms = now.boot_ms + LOST_AFTER_MS
        self._note(MARK, mark_body(from_ms, to_ms, self._stands()))
