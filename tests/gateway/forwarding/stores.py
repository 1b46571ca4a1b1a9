"""A store in memory that keeps the contract, and can be told to refuse, hang or be away."""

import asyncio
import time
from collections.abc import Callable, Sequence

from devices.moment import Moment
from gateway.forwarding.store import StoreRefusedError, StoreSilentError, TimedPoint


class WallClock:
    """The machine's clocks."""

    def now(self) -> Moment:
        return Moment(time.monotonic() * 1000, time.time_ns() // 1_000_000)


class MemoryStore:
    """Keeps points by series and millisecond, as a real one does."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], TimedPoint] = {}
        self.writes: list[list[TimedPoint]] = []
        self.refuses: Callable[[TimedPoint], bool] = lambda _: False
        self.away: str | None = None
        self.drops: Callable[[TimedPoint], bool] = lambda _: False  # acknowledged all the same
        self.counts = True
        self.waiting = 0  # writes that hang
        self.asked: list[int] = []
        self.hanging = asyncio.Event()
        self.hanging.set()
        self.changed = asyncio.Condition()
        self.closed = False

    async def write(self, points: Sequence[TimedPoint]) -> None:
        self.waiting += 1
        await self.hanging.wait()
        self.waiting -= 1
        if self.away:
            raise StoreSilentError(self.away, "told to be")
        if any(map(self.refuses, points)):
            raise StoreRefusedError(400)
        self.writes.append(list(points))
        for point in points:
            if not self.drops(point):
                self.kept[(point.point.series, point.at_ms)] = point
        async with self.changed:
            self.changed.notify_all()

    async def missing(self, points: Sequence[TimedPoint]) -> Sequence[TimedPoint] | None:
        await self.hanging.wait()
        if self.away:
            raise StoreSilentError(self.away, "told to be")
        if not self.counts:
            return None
        self.asked.append(len(points))
        return [p for p in points if (p.point.series, p.at_ms) not in self.kept]

    def close(self) -> None:
        self.closed = True

    def count(self, measurement: str) -> int:
        return sum(timed.point.measurement == measurement for timed in self.kept.values())

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something written makes this true."""
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(holds)
