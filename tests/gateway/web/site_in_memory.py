"""A gateway in memory: the ports of the page, with lanes and an outbox that tests write to."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devices.errors import Fault, SetupError
from devices.ids import LaneId
from devices.moment import format_stamp, parse_stamp
from edge_rules.effects import Record
from edge_rules.inputs import OperatorActed
from edge_rules.policies import Source
from edge_rules.policy.explaining import Explainer
from gateway.policies.explanations import BusyError
from gateway.ports import ActOutcome, Event, Offered, Pending
from gateway.web.feed import EventFeed
from gateway.web.lane_view import LaneView

START_MS = 1_795_478_400_000  # 2026-11-24T00:00:00Z


class Written:
    """Records that are on disk the moment they are handed over."""

    def take_back(self) -> bool:
        return False


class MemoryDisk:
    """An outbox in a list; `reads` tells tests who asked it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.reads: list[int] = []

    def append(
        self, records: Sequence[Record], settled: Callable[[Sequence[Event]], None]
    ) -> Pending:
        settled([self.add(record.type, id=record.id, **record.body) for record in records])
        return Written()

    def add(self, type_: str, **body: object) -> dict[str, Any]:
        seq = self.events[-1]["seq"] + 1 if self.events else 1
        event = {
            "seq": seq,
            "id": f"event-{seq}",
            "type": type_,
            "at": format_stamp(START_MS + seq * 1000),
            "site": "riverside",
        } | body
        self.events.append(json.loads(json.dumps(event)))
        return self.events[-1]

    async def read(self, after: int, limit: int, **filters: Any) -> list[Event]:  # noqa: ANN401
        self.reads.append(after)
        start_ms = filters.pop("from_ms", None) or 0
        end_ms = filters.pop("to_ms", None) or 2**62
        found: list[Event] = [
            event
            for event in self.events
            if event["seq"] > after
            and start_ms <= parse_stamp(event["at"]) < end_ms
            and all(event.get(key) == value for key, value in filters.items() if value is not None)
        ]
        return found[:limit]


@dataclass
class MemoryOperations:
    """Lanes in a dict; keeps every act, and answers a repeated key as it did before."""

    site: str = "riverside"
    name: Mapping[str, str] = field(
        default_factory=lambda: {"zh": "滨河花园", "en": "Riverside Gardens"}
    )
    views: dict[str, LaneView] = field(default_factory=dict)
    acts: list[OperatorActed] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    refuse: str | None = None
    opens: str = "opened"  # what the gate says to an opening
    _done: dict[str, ActOutcome] = field(default_factory=dict)

    def lanes(self) -> list[dict[str, Any]]:
        return [dict(view) for view in self.views.values()]

    async def operate(self, act: OperatorActed) -> ActOutcome:
        self.acts.append(act)
        if act.key not in self._done:
            opens = act.act == "open"
            self._done[act.key] = ActOutcome(
                state=self.opens if opens else "done",
                command=f"cmd-{len(self.acts)}" if opens else None,
                refused=self.refuse,
            )
        return self._done[act.key]

    def knows_lane(self, lane: str) -> LaneId | None:
        return LaneId(lane) if lane in self.views else None

    def troubles(self) -> dict[str, int]:
        return {"driver_fault": 2}

    def ready(self) -> list[str]:
        return self.missing


def lane_view(lane: str = "north-in", **changed: object) -> LaneView:
    """A quiet inward lane, with what a test changes."""
    view: LaneView = {
        "lane": lane,
        "checkpoint": "north-gate",
        "direction": "in",
        "mode": "normal",
        "gate": {"device": "gate-1", "online": True, "door": "closed"},
        "waiting": 0,
        "visit": None,
        "grant": None,
        "last": None,
        "referred": [],
        "devices": [{"device": "gate-1", "role": "gate", "online": True, "unreadable": 0}],
        "alarms": [],
    }
    return {**view, **changed}  # type: ignore[typeddict-item]


def decided(**changed: object) -> dict[str, Any]:
    """The body of a `passage-decided`."""
    return {
        "lane": "north-in",
        "visit": "visit-1",
        "decision": "admit",
        "reasons": ["healthy"],
        "rules": ["healthy"],
        "policy": "abc",
        "readings": ["r-1"],
        "credential": {"kind": "eu-dcc", "status": "valid", "subject": "s-1"},
        "celsius": 36.5,
        "grant": "grant-1",
        "latency_ms": 12,
    } | changed


@dataclass
class MemoryPolicies:
    """Policies that are only talked about; refuses a text that says so."""

    shown: dict[str, Any] = field(
        default_factory=lambda: {
            "policy": "a" * 32, "name": "riverside-gate", "source": "file", "by": None,
            "since": format_stamp(START_MS), "until": None, "previous": None, "waits": None,
            "orders": [], "shadow": None, "refused": None,
        }
    )  # fmt: skip
    offers: list[tuple[str, str | None]] = field(default_factory=list)
    explainers: dict[str, Explainer] = field(default_factory=dict)  # by the policy's hash
    busy: bool = False

    def view(self) -> dict[str, Any]:
        return self.shown

    async def offer(self, text: str, source: Source, by: str | None, name: str) -> Offered:
        self._look_at(text, name)
        self.offers.append((text, by))
        return Offered("b" * 32, "new", "in-force")

    async def try_in_shadow(self, text: str, by: str, name: str) -> Offered:
        self._look_at(text, name)
        self.shown["shadow"] = {"policy": "b" * 32, "name": "new", "by": by}
        return Offered("b" * 32, "new", "shadow")

    def end_shadow(self, by: str) -> bool:
        ended = self.shown["shadow"] is not None
        self.shown["shadow"] = None
        return ended

    async def explain(self, policy: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        if self.busy:
            msg = "ask again in a moment"
            raise BusyError(msg)
        explainer = self.explainers.get(policy)
        return explainer.explain_rules(facts, 200) if explainer else None

    def _look_at(self, text: str, name: str) -> None:
        if "bad" in text:
            raise SetupError([Fault(name, 3, 7, "unknown name"), Fault(name, 4, 1, "again")])


@dataclass
class Site:
    """The ports together; `happen` commits an event and tells the feed, as the runtime does."""

    disk: MemoryDisk
    operations: MemoryOperations
    feed: EventFeed
    policies: MemoryPolicies = field(default_factory=MemoryPolicies)

    def happen(self, type_: str, **body: object) -> dict[str, Any]:
        event = self.disk.add(type_, **body)
        self.feed.committed([event])
        return event

    def show(self, view: LaneView) -> None:
        self.operations.views[view["lane"]] = view
        self.feed.lane_changed(view)


def site_in_memory(*, max_viewers: int = 500) -> Site:
    """A site with one lane and nothing on record."""
    disk = MemoryDisk()
    feed = EventFeed(disk, last_seq=0, max_viewers=max_viewers)
    return Site(disk, MemoryOperations(views={"north-in": lane_view()}), feed)
