"""Names of those who stand at the lanes, for a guard's eyes: in memory, and only while they do.

Nothing of this is an input, an event or a record. It reaches the page as passing messages of the
stream, to guards alone, and only where the site file allows it and screening has a legal basis.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.ids import LaneId
from edge_rules.lane import LaneState, Visit

KEPT_S = 60.0  # whatever becomes of the visit
MAX_KEPT = 16  # of one lane
MAX_TEXT = 120  # characters of a name that are shown

Changed = Callable[[str, list[dict[str, Any]]], None]


@dataclass(slots=True, repr=False)
class _Kept:
    person: dict[str, str]
    forgetting: asyncio.TimerHandle


@dataclass(slots=True, repr=False)
class Names:
    """Whom a signature names, by the scan that showed it, until that scan's visit is over."""

    lane_of: Callable[[LaneId], LaneState | None]
    lawful: Callable[[], bool]
    changed: Changed
    _kept: dict[LaneId, dict[str, _Kept]] = field(default_factory=dict)
    _shown: dict[LaneId, list[dict[str, Any]]] = field(default_factory=dict)

    def keep(self, lane: LaneId, reading: str, person: Mapping[str, Any]) -> None:
        """Remember whom a scan named; `follow` has to come as soon as the rules have it."""
        plain = _plain(person)
        if not plain or not self.lawful():
            return
        kept = self._kept.setdefault(lane, {})
        if reading in kept:  # an id used twice would show one person's name for another's
            self._forget(lane, reading)
            return
        if len(kept) >= MAX_KEPT:  # the first of a visit is the one that counts
            return
        loop = asyncio.get_running_loop()
        forgetting = loop.call_later(KEPT_S, self._time_over, lane, reading)
        kept[reading] = _Kept(plain, forgetting)

    def follow(self, lane_id: LaneId) -> None:
        """Forget whose visit is over, and tell the page who is left."""
        if lane_id not in self._kept and lane_id not in self._shown:
            return
        lane, kept = self.lane_of(lane_id), self._kept.get(lane_id, {})
        visits = list(_open(lane)) if lane else []
        there = {shown.id for visit in visits for shown in visit.shown}
        for reading in [reading for reading in kept if reading not in there]:
            self._forget(lane_id, reading)
        self._tell(lane_id, visits)

    def close(self) -> None:
        """Forget everybody."""
        for lane in list(self._kept):
            for reading in list(self._kept[lane]):
                self._forget(lane, reading)
            self._tell(lane, [])

    def _tell(self, lane: LaneId, visits: list[Visit]) -> None:
        kept = self._kept.get(lane, {})
        people: list[dict[str, Any]] = [
            {"visit": visit.id, **kept[visit.counting.id].person}
            for visit in visits
            if visit.counting.id in kept
        ]
        if people != self._shown.get(lane, []):
            if people:
                self._shown[lane] = people
            else:
                del self._shown[lane]
            self.changed(lane, people)

    def _time_over(self, lane: LaneId, reading: str) -> None:
        self._forget(lane, reading)
        self.follow(lane)

    def _forget(self, lane: LaneId, reading: str) -> None:
        kept = self._kept[lane].pop(reading, None)
        if kept:
            kept.forgetting.cancel()
        if not self._kept[lane]:
            del self._kept[lane]


def _open(lane: LaneState) -> Iterator[Visit]:
    """Give the visits of those who may still stand there."""
    if lane.gathering:
        yield lane.gathering
    yield from lane.waiting
    if lane.grant and lane.grant.visit:
        yield lane.grant.visit
    yield from (referred.visit for referred in lane.referred if not referred.answered)


def _plain(person: Mapping[str, Any]) -> dict[str, str]:
    names = [person.get("family"), person.get("given")]
    found = {
        "name": " ".join(name for name in names if isinstance(name, str) and name),
        "born": person.get("born"),
        "number": person.get("number"),
    }
    return {
        key: "".join(c if c.isprintable() else " " for c in text)[:MAX_TEXT]
        for key, text in found.items()
        if isinstance(text, str) and text
    }
