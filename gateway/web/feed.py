"""What every open page is told: committed events by sequence, lanes by their latest view."""

import asyncio
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gateway.ports import Disk, Event

RING_SIZE = 4096  # what a page that was away for a minute asks for, without a word to the disk
BATCH = 500  # events in one write: a stream far behind must not hold the loop
MAX_VIEWERS = 500  # measured: 53 ms p99 at 500; beyond, the gate comes first


class TooManyViewersError(Exception):
    """Every place for a live stream is taken."""


@dataclass(slots=True)
class _Kept:
    seq: int
    event: Event
    frame: bytes | None = None  # written once for all viewers, and only if there is one


class EventFeed:
    """Wakes the streams after each commit; a slow one reads on by sequence and holds up nobody."""

    def __init__(self, disk: Disk, *, last_seq: int, max_viewers: int = MAX_VIEWERS) -> None:
        """Start behind `last_seq`, the last event on disk (0 in a new outbox)."""
        self.last_seq = last_seq
        self.counts: Counter[str] = Counter()
        self._disk = disk
        self._max_viewers = max_viewers
        self._ring: list[_Kept] = []
        self._lanes: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._people: dict[str, tuple[int, Mapping[str, Any]]] = {}  # the names of this moment
        self._lane_version = 0
        self._wakes: set[asyncio.Event] = set()
        self.closed = False

    @property
    def viewers(self) -> int:
        """How many streams are open."""
        return len(self._wakes)

    def committed(self, events: Sequence[Event]) -> None:
        """Take events that are safely on disk, ascending; called on the loop."""
        for event in events:
            self._ring.append(_Kept(event["seq"], event))
            self.counts[event["type"]] += 1
        if len(self._ring) > 2 * RING_SIZE:  # in halves, so that trimming costs nothing an event
            del self._ring[:-RING_SIZE]
        if events:
            self.last_seq = events[-1]["seq"]
            self._wake()

    def lane_changed(self, lane_view: Mapping[str, Any]) -> None:
        """Take a lane's view as it stands now; streams that lag only ever see the latest."""
        self._lane_version += 1
        self._lanes[lane_view["lane"]] = (self._lane_version, lane_view)
        self._wake()

    def people_changed(self, lane: str, people: Sequence[Mapping[str, Any]]) -> None:
        """Take whose names a guard may see at a lane now; those of before are gone."""
        self._lane_version += 1
        self._people[lane] = (self._lane_version, {"lane": lane, "people": list(people)})
        self._wake()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closed = True
        self._wake()

    @contextmanager
    def viewing(self, after: int | None, *, people: bool = False) -> Iterator["Viewer"]:
        """Take a viewer's place; `people`: names too. TooManyViewersError if none is left."""
        if self.viewers >= self._max_viewers:
            raise TooManyViewersError
        # A sequence from the future was given out by an outbox that is gone.
        seq = self.last_seq if after is None else min(after, self.last_seq)
        viewer = Viewer(self, seq, self._lane_version, people=people)
        self._wakes.add(viewer.woken)
        try:
            yield viewer
        finally:
            self._wakes.discard(viewer.woken)

    async def frames_after(self, seq: int) -> tuple[int, list[bytes]]:
        """Return the next frames behind a sequence, and the sequence they reach."""
        if seq >= self.last_seq:
            return seq, []
        start = bisect_right(self._ring, seq, key=lambda kept: kept.seq)
        if start == 0 and not (self._ring and self._ring[0].seq == seq + 1):
            if events := await self._disk.read(seq, BATCH):
                return events[-1]["seq"], [event_frame(event) for event in events]
            start = bisect_right(self._ring, seq, key=lambda kept: kept.seq)
        # Events that were deleted between the two are gone for everybody.
        batch = self._ring[start : start + BATCH]
        return (batch[-1].seq if batch else self.last_seq), [_frame(kept) for kept in batch]

    def lanes_after(self, version: int) -> tuple[int, list[Mapping[str, Any]]]:
        """Return the views that changed behind a version, oldest change first."""
        return self._lane_version, _behind(version, self._lanes)

    def people_after(self, version: int) -> list[Mapping[str, Any]]:
        """Return whose names changed behind a version, lane by lane."""
        return _behind(version, self._people)

    def _wake(self) -> None:
        for woken in self._wakes:
            woken.set()


class Viewer:
    """One stream's place in the feed."""

    def __init__(
        self, feed: EventFeed, seq: int, lane_version: int, *, people: bool = False
    ) -> None:
        self.woken = asyncio.Event()
        self._sees_people = people
        self._people_version = 0  # who comes later sees who stands there now
        self._feed = feed
        self._seq = seq
        self._lane_version = lane_version

    async def next(self, wait_s: float) -> bytes | None:
        """Return what is new, b"" if nothing came in time, None once the feed is closed."""
        if self._feed.closed:
            return None
        if not (news := await self._news()):
            try:
                async with asyncio.timeout(wait_s):
                    await self.woken.wait()
            except TimeoutError:
                return b""
            news = await self._news()
        return None if self._feed.closed else news

    async def _news(self) -> bytes:
        self.woken.clear()
        self._seq, frames = await self._feed.frames_after(self._seq)
        self._lane_version, views = self._feed.lanes_after(self._lane_version)
        told = [*frames, *(named_frame("lane", view) for view in views)]
        if self._sees_people:
            people = self._feed.people_after(self._people_version)
            self._people_version = self._lane_version
            told += [named_frame("people", each) for each in people]
        return b"".join(told)


def _behind(
    version: int, held: Mapping[str, tuple[int, Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    changed = sorted((one for one in held.values() if one[0] > version), key=lambda one: one[0])
    return [view for _, view in changed]


def event_frame(event: Event) -> bytes:
    """Write an event as a message of an SSE stream, its sequence as the id to resume from."""
    return b"id: %d\ndata: %s\n\n" % (event["seq"], _json(event))


def named_frame(name: str, body: Mapping[str, Any]) -> bytes:
    """Write a message that is not of the record: no id, so nothing resumes from it."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), _json(body))


def _frame(kept: _Kept) -> bytes:
    if kept.frame is None:
        kept.frame = event_frame(kept.event)
    return kept.frame


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
