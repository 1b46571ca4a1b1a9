"""Readings that no disk had room for: kept unacknowledged, and taken once there is room again.

No broker sends them again while the link stands, and behind them none of the later ones can be
acknowledged: without this the whole street would stand still when the disk is well again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from devices.arrival import Fence
from drivers.driver import Settled
from edge_rules.inputs import ReadingArrived
from gateway.ports import Clock

LOOK_AGAIN_S = 0.5
MOST = 2000  # twice what a link lets in unacknowledged; the rest comes with its next connection


class HoldingBack:
    """Oldest first; whoever waited may be gone, so each counts as queued from here on."""

    def __init__(
        self,
        clock: Clock,
        room: Callable[[], int],
        take: Callable[[ReadingArrived, Settled], None],
    ) -> None:
        self._clock = clock
        self._room = room
        self._take = take
        self._held: deque[tuple[ReadingArrived, Settled]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def holding(self) -> bool:
        """Whether any is kept."""
        return bool(self._held)

    def hold(self, given: ReadingArrived, settled: Settled) -> None:
        """Keep one until there is room."""
        if len(self._held) < MOST:
            self._held.append((given, settled))
        if self._timer is None:
            self._look_later()

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look)

    def _look(self) -> None:
        self._timer = None
        while self._held and self._room() > 0:
            given, settled = self._held.popleft()
            fence = Fence.QUEUED if given.fence is Fence.LIVE else given.fence
            self._take(replace(given, arrived=self._clock.now(), fence=fence), settled)
        if self._held and self._timer is None:
            self._look_later()
