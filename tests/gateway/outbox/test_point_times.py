"""gateway.outbox.point_times, and the rows that rest on it."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outbox.draft import draft_of
from gateway.outbox.ledger import Ledger
from gateway.outbox.outbox import Outbox
from gateway.outbox.point_times import PointTimes
from gateway.outbox.schema import FILE, open_for_writing
from tests.gateway.outbox.records import NOW_MS, decided, rows, stored

WANTED = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), max_size=150)
RESTARTS = st.sets(st.integers(0, 150), max_size=4)


class Rows:
    """The milliseconds given so far, asked as the file would be."""

    def __init__(self) -> None:
        self.given: dict[int, list[int]] = {}
        self.asked = 0

    def taken(self, series: int, ms: int) -> bool:
        self.asked += 1
        return ms in self.given.get(series, [])

    def newest(self, series: int) -> int | None:
        return max(self.given.get(series, []), default=None)


@given(WANTED, RESTARTS)
def test_each_point_gets_the_first_free_millisecond_from_its_own(
    wanted: list[tuple[int, int]], restarts: set[int]
) -> None:
    held = Rows()
    times = PointTimes(held.taken, held.newest)
    for at, (series, ms) in enumerate(wanted):
        if at in restarts:
            times = PointTimes(held.taken, held.newest)
        given_ms = times.next_free(series, ms)
        before = held.given.setdefault(series, [])
        free = next(n for n in range(ms, 10_000) if n not in before)
        assert given_ms == free
        before.append(given_ms)


def test_a_burst_at_one_millisecond_asks_the_file_almost_nothing() -> None:
    held = Rows()
    times = PointTimes(held.taken, held.newest)
    given_ms = [times.next_free(1, 0) for _ in range(5000)]
    assert given_ms == list(range(5000))
    assert held.asked == 0


def test_a_clock_set_back_does_not_drag_points_into_the_future() -> None:
    held = Rows()
    times = PointTimes(held.taken, held.newest)
    for ms in (5_000_000, 1000, 1000, 1001):
        held.given.setdefault(1, []).append(times.next_free(1, ms))
    assert held.given[1] == [5_000_000, 1000, 1001, 1002]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=4))
def test_no_two_points_of_a_series_share_a_millisecond_on_disk(runs: list[list[int]]) -> None:
    """Each inner list is one run of the gateway; between them it restarts."""
    with TemporaryDirectory() as folder:
        for at, run in enumerate(runs):
            asyncio.run(_one_run(Path(folder), at, run))
        points = rows(Path(folder), "SELECT series, point_ms FROM events ORDER BY seq")
        assert len(points) == sum(map(len, runs))
        assert len(set(points)) == len(points)
        assert all(ms >= NOW_MS for _, ms in points)


async def _one_run(folder: Path, at: int, run: list[int]) -> None:
    outbox = Outbox(folder, "riverside", now_ms=lambda: NOW_MS)
    outbox.start()
    for n, offset in enumerate(run):
        reason = "healthy" if n % 2 else "temperature-high"
        await stored(outbox, decided(f"{at}-{n}", NOW_MS + offset, reasons=[reason]))
    assert await outbox.close()


def test_what_was_rolled_back_leaves_its_millisecond_free(tmp_path: Path) -> None:
    ledger = Ledger(open_for_writing(tmp_path / FILE))
    good, bad = draft_of(decided("a"), "s"), draft_of(decided("b", visit="\ud800"), "s")
    with pytest.raises(UnicodeEncodeError):
        ledger.commit([[good, bad]], {})
    ledger.commit([[good], [good]], {})
    assert rows(tmp_path, "SELECT seq, point_ms FROM events") == [(1, NOW_MS), (2, NOW_MS + 1)]
    ledger.close()
