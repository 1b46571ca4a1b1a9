"""What a forwarder needs of a time-series store, and the two ways it can say no."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.errors import MenshenError
from gateway.points import Point


@dataclass(frozen=True, slots=True)
class TimedPoint:
    """A point at its millisecond (Unix time)."""

    point: Point
    at_ms: int


class StoreRefusedError(MenshenError):
    """The store is there and does not want this data; sending it again won't help."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"the store refused the data with HTTP status {status}")


class StoreSilentError(MenshenError):
    """The store took nothing: it can't be reached, is overloaded, or does not let us in.

    `reason` is a stable word: `no-connection`, `no-answer`, `unauthorised` or `failing`.
    """

    def __init__(self, reason: str, what: str) -> None:
        self.reason = reason
        super().__init__(f"the store took nothing ({reason}): {what}")


class Store(Protocol):
    """A time-series store."""

    async def write(self, points: Sequence[TimedPoint]) -> None:
        """Return once the store has acknowledged all of them; StoreRefusedError, StoreSilentError.

        Writing the same points again changes nothing.
        """
        ...

    async def missing(self, points: Sequence[TimedPoint]) -> Sequence[TimedPoint] | None:
        """Return those of these points that the store does not hold; StoreSilentError.

        None: this store can't be asked. At most some thousand points at a time.
        """
        ...

    def close(self) -> None:
        """Drop the connection."""
        ...
