"""The virtual store behind the forwarder's port."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.forwarding.store import StoreRefusedError, StoreSilentError, TimedPoint
from simulators.virtual.store import REFUSED, NoAnswerError, RefusedError, VirtualStore, Written

WITHIN_S = 4.5
NO_ANSWER = "no-answer"


@dataclass(frozen=True, slots=True)
class StorePort:
    """Satisfies `gateway.forwarding.store.Store`."""

    store: VirtualStore

    async def write(self, points: Sequence[TimedPoint]) -> None:
        """Return once the store has acknowledged all of them."""
        try:
            await self.store.write(_written(points), WITHIN_S)
        except RefusedError as error:
            raise StoreRefusedError(REFUSED) from error
        except NoAnswerError as error:
            raise StoreSilentError(NO_ANSWER, "silence") from error

    async def missing(self, points: Sequence[TimedPoint]) -> Sequence[TimedPoint]:
        """Return those of these points that the store does not hold."""
        try:
            there = await self.store.holds(_written(points), WITHIN_S)
        except NoAnswerError as error:
            raise StoreSilentError(NO_ANSWER, "silence") from error
        return [point for point, held in zip(points, there, strict=True) if not held]

    def close(self) -> None:
        """Do nothing: there is no connection."""


def _written(points: Sequence[TimedPoint]) -> list[Written]:
    return [Written(p.point.series, p.at_ms, p.point.fields) for p in points]
