"""The visits on record that a policy was asked about, one at a time, whoever writes meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_rules.replaying import Asked, asked_of
from gateway.outbox.onlooker import Onlooker
from gateway.ports import Event

PAGE: Final = 500  # events; one read of a few milliseconds
WHOLE: Final = 1_000  # what `progress` ends at


class RecordedVisits:
    """Gives each decision with what it was made from; what comes on record later is left out."""

    def __init__(
        self,
        folder: Path,
        *,
        from_ms: int | None = None,
        to_ms: int | None = None,
        lane: str | None = None,
    ) -> None:
        self._outbox = Onlooker(folder)
        self._filters: dict[str, str | int | None] = {
            "from_ms": from_ms, "to_ms": to_ms, "lane": lane, "type": "passage-decided",
        }  # fmt: skip
        self.through = self._outbox.last_seq()
        self.not_asked = 0  # decisions that no policy was asked for
        self.unreadable = 0  # events without facts, or not as a gateway writes them
        self._first = self._after = 0

    def __iter__(self) -> Iterator[tuple[Event, Asked]]:
        while page := self._outbox.events(self._after, PAGE, **self._filters):
            for event in page:
                if event["seq"] > self.through:
                    return
                self._first = self._first or event["seq"]
                asked = self._asked(event)
                if asked is not None:
                    yield event, asked
            self._after = page[-1]["seq"]

    @property
    def progress(self) -> int:
        """How far this is, in thousandths."""
        span = self.through - self._first
        return WHOLE * (self._after - self._first) // span if self._after and span else 0

    def _asked(self, event: Event) -> Asked | None:
        try:
            asked = asked_of(event)
        except (KeyError, TypeError, ValueError):
            self.unreadable += 1
            return None
        self.not_asked += asked is None
        return asked
