"""gateway.bench.store: every figure with its floor; a short run on a real disk and store."""

import json
from pathlib import Path

import pytest

from gateway.bench import store
from gateway.bench.floors import POINTS, line_bodies
from gateway.bench.visits import RECORDS, STORE, open_outbox, stored_us, visit
from gateway.points import point_of
from tests.gateway.outbox.records import NOW_MS


@pytest.mark.system
def test_every_figure_has_its_floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"SINGLES": 5, "BURST": 100, "LOAD_S": 0.2, "FSYNCS": 5, "POINTS": 1500}
    for name, value in small.items():
        monkeypatch.setattr(store, name, value)
    lines = [json.loads(line) for line in store.store_lines(tmp_path, rounds=2)]
    assert [line["name"] for line in lines] == [
        "outbox-visit", "opening-wait", "opening-wait", "outbox-burst", "outbox-commits",
        "store-forward",
    ]  # fmt: skip
    for line in lines:
        assert line["ratio"] > 0
        assert line.get("floor_us") or line.get("floor_per_s")
    loads = [line for line in lines if line["name"] == "opening-wait"]
    assert [line["visits_per_s"] for line in loads] == [40, 400]
    assert all(line["events_per_commit"] >= 1 and line["commits_per_s"] > 0 for line in loads)


async def test_a_benchs_visit_is_what_the_outbox_takes_of_a_real_one(tmp_path: Path) -> None:
    async with open_outbox(tmp_path) as outbox:
        await stored_us(outbox, visit(1, NOW_MS))
        events = await outbox.read(0, 10)
        assert outbox.cursor(STORE).sent == 0
    assert len(events) == RECORDS
    assert [event["type"] for event in events][-2:] == ["passage-decided", "gate-commanded"]


def test_the_floors_lines_are_as_long_as_the_forwarders() -> None:
    (body,) = line_bodies(POINTS, NOW_MS)
    (ours,) = (r for r in visit(1, NOW_MS) if r.type == "passage-decided")
    point = point_of({"type": ours.type, "site": "bare", "lane": ours.lane, **ours.body})
    assert point is not None
    assert body.decode().splitlines()[0] == point.line(NOW_MS)
