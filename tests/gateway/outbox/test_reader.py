"""gateway.outbox.reader."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.effects import Record
from gateway.outbox import reader
from gateway.outbox.errors import OutboxReadError
from gateway.outbox.outbox import Outbox
from gateway.outbox.reader import PointBatch, Reader
from gateway.outbox.schema import FILE
from gateway.ports import Event
from tests.gateway.outbox.records import NOW_MS, decided, record, stored

TYPES = ("passage-decided", "gate-opened", "reading-received")
LANES = ("north-in", "north-out", None)
DECISIONS = ("admit", "deny", "refer")
COUNT = 240


def history() -> Iterator[Record]:
    """Events whose clock jumps about, as an edge box's does."""
    for n in range(COUNT):
        at_ms = NOW_MS + (n * 37) % 100
        lane, visit = LANES[n % 3], f"v-{n // 4}"
        type_ = TYPES[n % 7 % 3]
        if type_ == "passage-decided":
            more = {"decision": DECISIONS[n % 5 % 3]}
            yield decided(f"r-{n}", at_ms, lane=lane, **{"visit": visit, **more})
        else:
            yield record(f"r-{n}", type_, at_ms, lane=lane, visit=visit)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    async def fill() -> None:
        outbox = Outbox(path, "riverside")
        outbox.start()
        await stored(outbox, *history())
        await outbox.close()

    path = tmp_path_factory.mktemp("outbox")
    asyncio.run(fill())
    return path


def ask(folder: Path, after: int, limit: int, **filters: Any) -> list[Event]:  # noqa: ANN401
    read = Reader(folder / FILE)
    try:
        return asyncio.run(read.events(after, limit, **filters))
    finally:
        read.close()


def at_ms(event: Event) -> int:
    seq: int = event["seq"]
    return NOW_MS + (seq - 1) * 37 % 100


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "lane": st.sampled_from([*LANES, "nowhere"]),
        "type": st.sampled_from([*TYPES, "x", None]),
        "decision": st.sampled_from([*DECISIONS, None]),
        "visit": st.sampled_from(["v-3", "v-50", None]),
        "id": st.sampled_from(["r-17", "r-999", None]),
        "from_ms": st.integers(NOW_MS - 5, NOW_MS + 105),
        "to_ms": st.integers(NOW_MS - 5, NOW_MS + 105),
    },
)


@settings(deadline=None)
@given(FILTERS, st.integers(0, COUNT + 5), st.integers(0, 60), st.sampled_from([0, 20, 10**6]))
def test_filters_mean_what_they_say(
    folder: Path, filters: dict[str, Any], after: int, limit: int, narrow: int
) -> None:
    """Whatever index answers: `narrow` moves the border between reading by time and in order."""
    whole = ask(folder, 0, COUNT)
    equal = {k: v for k, v in filters.items() if k[-3:] != "_ms" and v is not None}
    wanted = [
        event
        for event in whole
        if event["seq"] > after
        and all(event.get(key) == value for key, value in equal.items())
        and filters.get("from_ms", 0) <= at_ms(event) < filters.get("to_ms", 2**60)
    ]
    before, reader.NARROW = reader.NARROW, narrow
    try:
        assert ask(folder, after, limit, **filters) == wanted[:limit]
    finally:
        reader.NARROW = before


def test_paging_by_sequence_reads_everything_once(folder: Path) -> None:
    seqs: list[int] = []
    while page := ask(folder, seqs[-1] if seqs else 0, 7):
        seqs += [event["seq"] for event in page]
    assert seqs == list(range(1, COUNT + 1))


def test_an_unknown_filter_is_an_error(folder: Path) -> None:
    with pytest.raises(TypeError, match="no filter lame"):
        ask(folder, 0, 1, lame="x")


def test_points_come_in_order_and_say_how_far_they_looked(folder: Path) -> None:
    def points(after: int, limit: int, until: int | None = None) -> PointBatch:
        read = Reader(folder / FILE)
        try:
            return asyncio.run(read.points(after, limit, until))
        finally:
            read.close()

    pointed = [e["seq"] for e in ask(folder, 0, COUNT) if e["type"] != "reading-received"]
    first = points(0, 10)
    assert [p.seq for p in first.points] == pointed[:10]
    assert first.through == pointed[9]
    rest = points(first.through, 1000)
    assert [p.seq for p in rest.points] == pointed[10:]
    assert rest.through == COUNT
    assert points(COUNT, 10) == PointBatch((), COUNT)
    assert points(0, 1000, until=50).through == 50
    assert points(0, 1000, until=50).points[-1].seq == max(s for s in pointed if s <= 50)


async def test_an_unreadable_file_is_one_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"nothing of SQLite's, just text" * 200)
    read = Reader(tmp_path / FILE)
    with pytest.raises(OutboxReadError, match="file is not a database"):
        await read.events(0, 1)
    read.close()
