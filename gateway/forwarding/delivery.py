"""Handing points to one store: what it refuses is found and told, its silence is noticed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.forwarding.pace import Silence
from gateway.forwarding.store import Store, StoreRefusedError, StoreSilentError, TimedPoint
from gateway.outbox.reader import StoredPoint
from gateway.points import Point
from gateway.ports import Clock

PROBE_S = 3.0
REFUSES_ALL = "refuses-all"

Report = Callable[[str, Mapping[str, Any]], None]
"""Tells of a store: `store-degraded`, `store-refused`, `store-differs`, `store-uncounted`."""


class Delivery:
    """One store, and what is known of it. `queue` makes the point that probes it."""

    def __init__(
        self,
        name: str,
        store: Store,
        clock: Clock,
        report: Report,
        queue: Callable[[], Point],
        behind: Callable[[], int],
    ) -> None:
        self.name = name
        self._store = store
        self._clock = clock
        self._report = report
        self._queue = queue
        self._behind = behind
        self._silence = Silence()
        self._probe_ms = 0
        self.probe_due_s = clock.now().boot_ms / 1000
        self.failing = False  # the last try had no answer

    @property
    def degraded(self) -> bool:
        """Whether the store is reported silent."""
        return self._silence.degraded

    async def deliver(self, points: Sequence[StoredPoint]) -> list[tuple[StoredPoint, int]]:
        """Have the store take all of these; return those that it refuses, each with its status."""
        if not points:
            return []
        try:
            await self._write([TimedPoint(p.point, p.at_ms) for p in points])
        except StoreRefusedError as refusal:
            if len(points) > 1:
                half = len(points) // 2
                return await self.deliver(points[:half]) + await self.deliver(points[half:])
            await self.probe()  # not the row's fault if nothing at all is taken
            return [(points[0], refusal.status)]
        return []

    async def probe(self) -> None:
        """Write how long the queue is; a store that refuses even that refuses everything."""
        self._probe_ms = max(self._probe_ms + 1, self._clock.now().wall_ms)
        try:
            await self._write([TimedPoint(self._queue(), self._probe_ms)])
        except StoreRefusedError as error:
            self.failing = True
            raise StoreSilentError(REFUSES_ALL, str(error)) from error
        self.probe_due_s = self._now_s() + PROBE_S

    def silent_in_s(self) -> float | None:
        """Return when `tell_silence` has something to say if no answer comes."""
        return self._silence.due_in_s(self._now_s())

    def tell_silence(self, reason: str) -> None:
        """Put it on record, once, that the store has been silent too long."""
        if self._silence.must_tell(self._now_s()):
            self._tell(degraded=True, reason=reason)

    def tell_refused(self, stored: StoredPoint, status: int) -> None:
        """Put a refused row on record."""
        if stored.point.measurement != "store":  # else each report would bring the next
            about = {"row": stored.seq, "measurement": stored.point.measurement}
            self._report("store-refused", {"forwarder": self.name, "status": status, **about})

    def tell_detail(self, word: str, detail: str) -> None:
        """Tell, in a sentence for whoever mends it, what is wrong with the store."""
        self._report(word, {"forwarder": self.name, "detail": detail})

    async def missing(self, points: Sequence[TimedPoint]) -> Sequence[TimedPoint] | None:
        """Return those of these that the store does not hold, None if it can't be asked."""
        return await self._store.missing(points)

    def close(self) -> None:
        """Drop the connection."""
        self._store.close()

    async def _write(self, points: Sequence[TimedPoint]) -> None:
        self._silence.asked(self._now_s())
        try:
            await self._store.write(points)
        except StoreSilentError:
            self.failing = True
            raise
        self.failing = False
        if self._silence.answered():
            self._tell(degraded=False, reason=None)

    def _tell(self, *, degraded: bool, reason: str | None) -> None:
        body = {"forwarder": self.name, "degraded": degraded, "reason": reason}
        self._report("store-degraded", {**body, "behind": self._behind()})

    def _now_s(self) -> float:
        return self._clock.now().boot_ms / 1000
