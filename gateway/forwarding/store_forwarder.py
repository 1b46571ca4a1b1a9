"""From the outbox to a time-series store: in order, at least once, and once more a minute later.

What happens now overtakes what waited (`strands`); what the store took twice is counted back
(`count_back`).
"""

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from gateway.forwarding.count_back import CountBack
from gateway.forwarding.delivery import Delivery, Report
from gateway.forwarding.pace import BackOff
from gateway.forwarding.store import Store, StoreSilentError
from gateway.forwarding.strands import Strand, Strands
from gateway.outbox.errors import OutboxReadError
from gateway.outbox.ledger import Cursor
from gateway.outbox.reader import PointBatch
from gateway.points import Point, queue_point
from gateway.ports import Clock, Event

BATCH = 1000
AGAIN_S = 60.0  # stores forget what they acknowledged within some 20 s before they were killed
GATHER_S = 0.1  # events of one visit come within it: one request, not eight
BREATHE = 2.0  # times as long as a full batch took: while a backlog drains, gates come first
BREATHE_S = 0.1  # at most: a store that is slow by itself leaves room enough
COUNTED = ":counted"  # behind the forwarder's name: the cursor of what was counted back


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
        self._clock = clock
        self._moved: dict[str, Cursor] = {}
        self._woken = asyncio.Event()
        self._full = False  # a batch of this turn was: more of it waits
        self._back_off = BackOff(random)
        counted = source.cursor(name + COUNTED).sent
        self._strands = Strands(source.cursor(name), counted, again_s, self._now_s())
        self._delivery = Delivery(name, store, clock, report, self._queue, lambda: self.behind)
        self._count_back = CountBack(
            self._delivery,
            self._read,
            self._strands,
            settle_s=again_s,
            now_s=self._now_s,
            wake=self._woken.set,
        )
        self.refused = 0

    @property
    def behind(self) -> int:
        """How many events are not known to be in the store yet."""
        return max(0, self._source.last_seq - self._strands.cursor.sent)

    @property
    def degraded(self) -> bool:
        """Whether the store is reported silent."""
        return self._delivery.degraded

    @property
    def differs(self) -> bool:
        """Whether the store is known to lack what it acknowledged."""
        return self._count_back.differs

    async def run(self) -> None:
        """Forward for ever."""
        unwatch = self._source.watch(lambda _: self._woken.set())
        counting = asyncio.create_task(self._count_back.run())
        try:
            while True:
                try:
                    await self._forward()
                    self._back_off.reset()
                except StoreSilentError as silent:
                    await self._wait_out(self._back_off.next_s(), silent.reason)
                except OutboxReadError:
                    await asyncio.sleep(self._back_off.next_s())
                if counting.done():
                    counting.result()  # its error is this forwarder's, and starts it anew
        finally:
            counting.cancel()
            unwatch()
            self._delivery.close()

    async def _forward(self) -> None:
        """Send a batch of each: what is new, what waited, what is due again, what differs."""
        self._woken.clear()
        self._full = False
        began_s = self._now_s()
        self._strands.overtake(self._source.last_seq)
        if self._now_s() >= self._delivery.probe_due_s:
            await self._delivery.probe()
        moved = await self._send_new(self._strands.live)
        if (backlog := self._strands.backlog) is not None:
            moved = await self._send_new(backlog) or moved
        moved = await self._send_again() or moved
        moved = await self._send_differing() or moved
        self._move()
        if not moved:
            await self._rest()
        elif self._full:
            await asyncio.sleep(min(BREATHE_S, BREATHE * (self._now_s() - began_s)))

    async def _send_new(self, strand: Strand) -> bool:
        batch = await self._read(strand.sent, strand.end)
        for stored, status in await self._delivery.deliver(batch.points):
            if stored.seq > strand.refused_through:
                strand.refused_through = stored.seq
                self.refused += 1
                self._delivery.tell_refused(stored, status)
        strand.sent_to(batch.through, self._now_s())
        self._move()
        return bool(batch.points)

    async def _send_again(self) -> bool:
        for strand in self._strands.all:
            if (until := strand.second.due(self._now_s())) is not None:
                batch = await self._read(strand.again, until)
                await self._delivery.deliver(batch.points)
                strand.sent_again_to(batch.through, self._now_s())
                self._move()
                return True
        return False

    async def _send_differing(self) -> bool:
        if not self._count_back.differing:
            return False
        lacking = self._count_back.differing[0]
        batch = await self._read(lacking.after, lacking.through)
        refused = await self._delivery.deliver(batch.points)
        self._count_back.differing.popleft()
        self._count_back.sent(lacking, frozenset(stored.seq for stored, _ in refused))
        return True

    async def _read(self, after: int, until: int | None) -> PointBatch:
        """Read the next points; where no more than these are left, all is looked through."""
        batch = await self._source.points(after, BATCH, until)
        if len(batch.points) >= BATCH:
            self._full = True
            return batch
        if until is None:
            return batch
        return PointBatch(batch.points, max(after, until))  # rows may have expired meanwhile

    async def _wait_out(self, wait_s: float, reason: str) -> None:
        self._move()
        due_s = self._delivery.silent_in_s()
        if due_s is not None and due_s < wait_s:
            await asyncio.sleep(due_s)
            wait_s -= due_s
        self._delivery.tell_silence(reason)
        await asyncio.sleep(wait_s)

    async def _rest(self) -> None:
        """Wait for new events, the next second sending or the next probe."""
        now_s = self._now_s()
        waits = [strand.second.due_in_s(now_s) for strand in self._strands.all]
        probe_s = max(0.0, self._delivery.probe_due_s - now_s)
        try:
            async with asyncio.timeout(min([probe_s, *(s for s in waits if s is not None)])):
                await self._woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_S)

    def _move(self) -> None:
        counted = self._count_back.counted
        for name, cursor in (
            (self._name, self._strands.cursor),
            (self._name + COUNTED, Cursor(counted, counted)),
        ):
            if self._moved.get(name, self._source.cursor(name)) != cursor:
                self._moved[name] = cursor
                self._source.move_cursor(name, cursor)

    def _queue(self) -> Point:
        return queue_point(self._site, waiting=self._source.waiting, behind=self.behind)

    def _now_s(self) -> float:
        return self._clock.now().boot_ms / 1000
