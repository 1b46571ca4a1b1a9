"""gateway.outbox.recorded_visits: page by page, filtered, and no further than it began."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge_rules.effects import Record
from gateway.outbox import recorded_visits
from gateway.outbox.outbox import Outbox
from gateway.outbox.recorded_visits import WHOLE, RecordedVisits
from tests.gateway.outbox.records import NOW_MS, decided, record, stored

FACTS = {"credential": {"status": "valid"}, "temperature": {"celsius": 36.4, "limit": 37.3}}


def visit(number: int, **more: Any) -> Record:  # noqa: ANN401
    body: dict[str, Any] = {"missing": [], "doubts": [], "said": None, "facts": FACTS}
    return decided(f"v-{number}", NOW_MS + number, **{**body, **more})


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    made = Outbox(tmp_path, "riverside", now_ms=lambda: NOW_MS)
    made.start()
    lanes = ("north-in", "south-in")
    for n in range(20):
        await stored(made, visit(n, lane=lanes[n % 2]), record(f"d-{n}"))
    yield made
    await made.close()


def ids(visits: RecordedVisits) -> list[str]:
    return [event["id"] for event, _ in visits]


async def test_each_visit_comes_once_in_order_over_many_pages(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outbox
    monkeypatch.setattr(recorded_visits, "PAGE", 3)
    visits = RecordedVisits(tmp_path)
    assert ids(visits) == [f"v-{n}" for n in range(20)]
    assert (visits.not_asked, visits.unreadable, visits.through) == (0, 0, 40)
    assert visits.progress > WHOLE * 0.9


async def test_filters_leave_others_out(tmp_path: Path, outbox: Outbox) -> None:
    assert outbox
    assert ids(RecordedVisits(tmp_path, lane="south-in")) == [f"v-{n}" for n in range(1, 20, 2)]
    some = RecordedVisits(tmp_path, from_ms=NOW_MS + 5, to_ms=NOW_MS + 8)
    assert ids(some) == ["v-5", "v-6", "v-7"]
    assert ids(RecordedVisits(tmp_path, lane="none")) == []


async def test_what_comes_later_is_left_out(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_visits, "PAGE", 3)
    visits = RecordedVisits(tmp_path)
    seen = []
    for event, _ in visits:
        seen.append(event["id"])
        await stored(outbox, visit(100 + len(seen)))
    assert seen == [f"v-{n}" for n in range(20)]


async def test_what_can_not_be_judged_again_is_counted(tmp_path: Path, outbox: Outbox) -> None:
    unasked: dict[str, Any] = {"decision": "refer", "reasons": ["reading-stale"], "rules": []}
    older = decided("old")  # from before facts were kept
    await stored(outbox, visit(50, facts=[]), older, decided("unasked", **unasked))
    visits = RecordedVisits(tmp_path)
    assert len(ids(visits)) == 20
    assert (visits.unreadable, visits.not_asked) == (2, 1)
