"""A time-series store in memory, that may be silent, refuse, or forget what it acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

FORGETS_S = 20.0
LATENCY_S = (0.002, 0.02)
REFUSED = 400


@dataclass(frozen=True, slots=True)
class Written:
    """One point as the store keeps it."""

    series: str
    at_ms: int
    fields: tuple[tuple[str, float], ...]


class NoAnswerError(Exception):
    """The store said nothing."""


class RefusedError(Exception):
    """The store does not want the data."""


@dataclass(slots=True)
class VirtualStore:
    """Keeps the last value of every series and millisecond, as the real ones do."""

    rng: Random
    silent: bool = False
    refuses: bool = False
    points: dict[tuple[str, int], tuple[tuple[str, float], ...]] = field(default_factory=dict)
    answered: set[tuple[str, int]] = field(default_factory=set)  # for good or ill
    _written_s: dict[tuple[str, int], float] = field(default_factory=dict)

    async def write(self, points: Sequence[Written], within_s: float) -> None:
        """Return once all of them are acknowledged; NoAnswerError, RefusedError."""
        await self._answer(within_s)
        self.answered.update((point.series, point.at_ms) for point in points)
        if self.refuses:
            raise RefusedError
        now_s = asyncio.get_running_loop().time()
        for point in points:
            key = (point.series, point.at_ms)
            if self.points.get(key) != point.fields:
                self.points[key] = point.fields
                self._written_s[key] = now_s

    async def holds(self, points: Sequence[Written], within_s: float) -> list[bool]:
        """Say of each of these points whether it is there; NoAnswerError."""
        await self._answer(within_s)
        return [self.points.get((p.series, p.at_ms)) == p.fields for p in points]

    async def _answer(self, within_s: float) -> None:
        await asyncio.sleep(self.rng.uniform(*LATENCY_S))
        if self.silent:
            await asyncio.sleep(self.rng.uniform(0, within_s))
            raise NoAnswerError

    def forget(self) -> int:
        """Be killed: what came last was never on its disk; say how much that was."""
        since_s = asyncio.get_running_loop().time() - FORGETS_S
        gone = [key for key, at_s in self._written_s.items() if at_s >= since_s]
        for key in gone:
            del self.points[key], self._written_s[key]
        return len(gone)
