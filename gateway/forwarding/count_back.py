"""A store that acknowledges and drops: asked on a schedule for what it was sent twice.

A range of rows that differs is sent once more; one that differs still is an alarm. The work is
bounded: one range at a time, at a steady pace, none while the store is silent.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from gateway.forwarding.delivery import Delivery
from gateway.forwarding.store import StoreSilentError, TimedPoint
from gateway.forwarding.strands import Strand, Strands
from gateway.outbox.errors import OutboxReadError
from gateway.outbox.reader import PointBatch

log = logging.getLogger(__name__)

PAUSE_S = 0.25  # between two ranges: gates and live rows come first
LOOK_S = 0.5
RETRY_S = 30.0
TRIES = 10  # of a store that takes points and gives no answer; then it counts as one without
MOST_DIFFERING = 100  # ranges that wait for their second look; meanwhile no new range is begun
DIFFERS = "store-differs"
UNCOUNTED = "store-uncounted"

Read = Callable[[int, int | None], Awaitable[PointBatch]]


@dataclass(frozen=True, slots=True)
class Range:
    """Rows behind `after` up to `through` that the store lacked some of."""

    after: int
    through: int
    due_s: float = 0.0
    refused: frozenset[int] = frozenset()


class CountBack:
    """Compares one store with the outbox; the forwarder sends what `differing` holds."""

    def __init__(
        self,
        delivery: Delivery,
        read: Read,
        strands: Strands,
        *,
        settle_s: float,
        now_s: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._delivery = delivery
        self._read = read
        self._strands = strands
        self._settle_s = settle_s
        self._now_s = now_s
        self._wake = wake
        self._second_looks: deque[Range] = deque()
        self._not_before_s = 0.0
        self._failed = 0
        self.differing: deque[Range] = deque()
        self.differs = False  # an alarm stands
        self.counts = True  # False: this store can't be asked

    @property
    def counted(self) -> int:
        """Return up to where the store is known to hold what it should, or is given up on."""
        waiting = [r.after for r in (*self.differing, *self._second_looks)]
        return min([self._strands.counted, *waiting])

    async def run(self) -> None:
        """Look at one range after the other, for ever."""
        while True:
            try:
                looked = await self._look()
            except OutboxReadError:
                looked = False
            await asyncio.sleep(PAUSE_S if looked else LOOK_S)

    def sent(self, range_: Range, refused: frozenset[int]) -> None:
        """Take a range that was sent once more, and the rows of it that the store refused."""
        due_s = self._now_s() + self._settle_s
        self._second_looks.append(replace(range_, due_s=due_s, refused=refused))

    async def _look(self) -> bool:
        if self._delivery.failing or self._now_s() < self._not_before_s:
            return False
        if self._second_looks and self._second_looks[0].due_s <= self._now_s():
            return await self._look_again(self._second_looks[0])
        if len(self._second_looks) + len(self.differing) >= MOST_DIFFERING:
            return False
        for strand in self._strands.all:
            if (until := strand.settled.due(self._now_s())) is not None:
                return await self._look_at(strand, until)
        return False

    async def _look_at(self, strand: Strand, until: int) -> bool:
        batch = await self._read(strand.counted, until)
        lacking = await self._lacking(batch)
        if lacking is None:
            return False
        if lacking:
            range_ = Range(strand.counted, batch.through)
            log.warning("%s, sent once more", self._lacks(range_, len(lacking), batch))
            self.differing.append(range_)
            self._wake()
        elif batch.points:
            self.differs = False
        strand.counted_to(batch.through)
        self._strands.tidy()
        return True

    async def _look_again(self, range_: Range) -> bool:
        batch = await self._read(range_.after, range_.through)
        lacking = await self._lacking(batch)
        if lacking is None:
            return False
        self._second_looks.popleft()
        still = lacking - range_.refused
        if still and not self.differs:
            what = self._lacks(range_, len(still), batch)
            look = "sent three times; look at the store's disk, retention and clock"
            self._delivery.tell_detail(DIFFERS, f"{what}, {look}")
        self.differs = bool(still)
        return True

    async def _lacking(self, batch: PointBatch) -> frozenset[int] | None:
        """Return the rows whose points the store lacks; None: ask again later."""
        if not batch.points or not self.counts:
            return frozenset()
        rows = {TimedPoint(p.point, p.at_ms): p.seq for p in batch.points}
        try:
            missing = await self._delivery.missing(list(rows))
        except StoreSilentError as silent:
            return self._unanswered(str(silent))
        if missing is None:
            return self._give_up("it is neither VictoriaMetrics nor InfluxDB 2")
        self._failed = 0
        return frozenset(rows[timed] for timed in missing)

    def _unanswered(self, why: str) -> frozenset[int] | None:
        self._failed += 1
        self._not_before_s = self._now_s() + RETRY_S
        return None if self._failed < TRIES else self._give_up(why)

    def _give_up(self, why: str) -> frozenset[int]:
        self.counts = False
        what = "the store can't be asked what it holds, so nothing is counted back"
        self._delivery.tell_detail(UNCOUNTED, f"{self._delivery.name}: {what}: {why}")
        return frozenset()

    def _lacks(self, range_: Range, lacking: int, batch: PointBatch) -> str:
        rows = f"rows {range_.after + 1} to {range_.through}"
        of = f"{lacking} of the {len(batch.points)} points of {rows}"
        return f"{self._delivery.name}: the store acknowledged and lacks {of}"
