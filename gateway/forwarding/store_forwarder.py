"""From the outbox to a time-series store: in order, at least once, and once more a minute later."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Protocol

from gateway.forwarding.pace import BackOff, SecondSending, Silence
from gateway.forwarding.store import Store, StoreRefusedError, StoreSilentError, TimedPoint
from gateway.outbox.errors import OutboxReadError
from gateway.outbox.ledger import Cursor
from gateway.outbox.reader import PointBatch, StoredPoint
from gateway.points import queue_point
from gateway.ports import Clock, Event

BATCH = 1000
AGAIN_S = 60.0  # stores forget what they acknowledged within some 20 s before they were killed
PROBE_S = 3.0
REFUSES_ALL = "refuses-all"
GATHER_S = 0.1  # events of one visit come within it: one request, not eight

Report = Callable[[str, Mapping[str, Any]], None]
"""Puts an event of a type with a body on record (`store-degraded`, `store-refused`)."""


class PointSource(Protocol):
    """What the forwarder reads: the outbox."""

    last_seq: int

    @property
    def waiting(self) -> int:
        """How many records are not on disk yet."""
        ...

    async def points(self, after: int, limit: int, until: int | None = None) -> PointBatch:
        """Return the next points."""
        ...

    def cursor(self, forwarder: str) -> Cursor:
        """Return how far a forwarder is."""
        ...

    def move_cursor(self, forwarder: str, cursor: Cursor) -> None:
        """Remember how far a forwarder is."""
        ...

    def watch(self, watch: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        """Have every committed group told."""
        ...


class StoreForwarder:
    """One store's forwarder. `run` lives until it is cancelled, whatever the store does."""

    def __init__(
        self,
        name: str,
        site: str,
        source: PointSource,
        store: Store,
        clock: Clock,
        report: Report,
        *,
        random: Random,
        again_s: float = AGAIN_S,
    ) -> None:
        self._name = name
        self._site = site
        self._source = source
        self._store = store
        self._clock = clock
        self._report = report
        self._cursor = source.cursor(name)
        self._back_off = BackOff(random)
        self._silence = Silence()
        self._second = SecondSending(again_s)
        self._woken = asyncio.Event()
        self._probe_due_s = self._now_s()
        self._probe_ms = 0
        self.refused = 0
        self._refused_through = 0

    @property
    def behind(self) -> int:
        """How many events have not been looked at for the store yet."""
        return max(0, self._source.last_seq - self._cursor.sent)

    @property
    def degraded(self) -> bool:
        """Whether the store is reported silent."""
        return self._silence.degraded

    async def run(self) -> None:
        """Forward for ever."""
        if self._cursor.again < self._cursor.sent:  # when they were sent nobody knows any more
            self._second.sent(self._cursor.sent, self._now_s())
        unwatch = self._source.watch(lambda _: self._woken.set())
        try:
            while True:
                try:
                    await self._forward()
                    self._back_off.reset()
                except StoreSilentError as silent:
                    await self._wait_out(self._back_off.next_s(), silent.reason)
                except OutboxReadError:
                    await asyncio.sleep(self._back_off.next_s())
        finally:
            unwatch()
            self._store.close()

    async def _forward(self) -> None:
        if self._now_s() >= self._probe_due_s:
            await self._probe()
        self._woken.clear()
        moved = await self._send_new()
        moved = await self._send_again() or moved
        if not moved:
            await self._rest()

    async def _send_new(self) -> bool:
        batch = await self._source.points(self._cursor.sent, BATCH)
        if batch.points:
            await self._deliver(batch.points)
            self._second.sent(batch.through, self._now_s())
        self._move(Cursor(batch.through, self._cursor.again))
        return bool(batch.points)

    async def _send_again(self) -> bool:
        until = self._second.due(self._now_s())
        if until is None:
            return False
        batch = await self._source.points(self._cursor.again, BATCH, until)
        if batch.points:
            await self._deliver(batch.points)
        self._second.done(batch.through)
        self._move(Cursor(self._cursor.sent, batch.through))
        return True

    async def _deliver(self, points: Sequence[StoredPoint]) -> None:
        """Have the store take all of these but those that it can't: they are found and reported."""
        try:
            await self._write([TimedPoint(p.point, p.at_ms) for p in points])
        except StoreRefusedError as refusal:
            if len(points) > 1:
                half = len(points) // 2
                await self._deliver(points[:half])
                await self._deliver(points[half:])
            else:
                await self._skip(points[0], refusal)

    async def _skip(self, stored: StoredPoint, refusal: StoreRefusedError) -> None:
        await self._probe()  # not the row's fault if nothing at all is taken
        if stored.seq <= self._refused_through:
            return  # known from its first sending
        self._refused_through = stored.seq
        self.refused += 1
        if stored.point.measurement != "store":  # else each report would bring the next
            about = {"row": stored.seq, "measurement": stored.point.measurement}
            self._report(
                "store-refused", {"forwarder": self._name, "status": refusal.status, **about}
            )

    async def _write(self, points: Sequence[TimedPoint]) -> None:
        self._silence.asked(self._now_s())
        await self._store.write(points)
        if self._silence.answered():
            self._tell(degraded=False, reason=None)

    def _tell(self, *, degraded: bool, reason: str | None) -> None:
        body = {"forwarder": self._name, "degraded": degraded, "reason": reason}
        self._report("store-degraded", {**body, "behind": self.behind})

    async def _wait_out(self, wait_s: float, reason: str) -> None:
        due_s = self._silence.due_in_s(self._now_s())
        if due_s is not None and due_s < wait_s:
            await asyncio.sleep(due_s)
            wait_s -= due_s
        if self._silence.must_tell(self._now_s()):
            self._tell(degraded=True, reason=reason)
        await asyncio.sleep(wait_s)

    async def _rest(self) -> None:
        """Wait for new events, the next second sending or the next probe."""
        now_s = self._now_s()
        again_s = self._second.due_in_s(now_s)
        probe_s = max(0.0, self._probe_due_s - now_s)
        try:
            async with asyncio.timeout(probe_s if again_s is None else min(probe_s, again_s)):
                await self._woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_S)

    def _move(self, cursor: Cursor) -> None:
        if cursor != self._cursor:
            self._cursor = cursor
            self._source.move_cursor(self._name, cursor)

    async def _probe(self) -> None:
        """Write how long the queue is; a store that refuses even that refuses everything."""
        self._probe_ms = max(self._probe_ms + 1, self._clock.now().wall_ms)
        point = queue_point(self._site, waiting=self._source.waiting, behind=self.behind)
        try:
            await self._write([TimedPoint(point, self._probe_ms)])
        except StoreRefusedError as error:
            raise StoreSilentError(REFUSES_ALL, str(error)) from error
        self._probe_due_s = self._now_s() + PROBE_S

    def _now_s(self) -> float:
        return self._clock.now().boot_ms / 1000
