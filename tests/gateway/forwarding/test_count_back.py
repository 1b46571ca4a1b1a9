"""gateway.forwarding.count_back, within a forwarder over a real outbox and a store in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.forwarding import count_back, delivery, pace, store_forwarder
from gateway.forwarding.store import StoreSilentError
from gateway.outbox.outbox import Outbox
from tests.gateway.forwarding.forwarders import Reports, forwarder, running
from tests.gateway.forwarding.stores import MemoryStore
from tests.gateway.outbox.records import NOW_MS, decided, record, stored

AGAIN_S = 0.05


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("PAUSE_S", "LOOK_S", "RETRY_S"):
        monkeypatch.setattr(count_back, pause, 0.01)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    box = Outbox(tmp_path, "riverside", forwarders=["influx"], now_ms=lambda: NOW_MS)
    box.start()
    yield box
    await box.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - a cursor is told to nobody
            await asyncio.sleep(0.005)


def counted(outbox: Outbox) -> int:
    return outbox.cursor("influx:counted").sent


async def test_a_store_that_holds_everything_is_asked_about_each_row_once(outbox: Outbox) -> None:
    store = MemoryStore()
    reports: Reports = []
    await stored(outbox, *(decided(f"r-{at}") for at in range(30)), record("x", "operator-acted"))
    async with running(forwarder(outbox, store, reports, AGAIN_S)):
        await until(lambda: counted(outbox) == 31)
    assert store.asked == [30]
    assert reports == []


async def test_what_was_acknowledged_twice_and_dropped_is_sent_once_more(outbox: Outbox) -> None:
    store = MemoryStore()
    reports: Reports = []
    dropped: list[int] = []

    def drops(timed: object) -> bool:
        at_ms = getattr(timed, "at_ms", 0)
        if NOW_MS + 10 <= at_ms < NOW_MS + 15 and dropped.count(at_ms) < 2:
            dropped.append(at_ms)
            return True
        return False

    store.drops = drops
    await stored(outbox, *(decided(f"r-{at}") for at in range(30)))
    async with running(forwarder(outbox, store, reports, AGAIN_S)) as one:
        await until(lambda: counted(outbox) == 30)
        assert not one.differs
    assert store.count("passage") == 30
    assert len(dropped) == 10
    assert store.asked == [30, 30]
    assert reports == []


async def test_a_range_that_differs_still_is_one_alarm(outbox: Outbox) -> None:
    store = MemoryStore()
    reports: Reports = []
    store.drops = lambda timed: timed.point.measurement == "passage"
    await stored(outbox, *(decided(f"r-{at}") for at in range(3)))
    async with running(forwarder(outbox, store, reports, AGAIN_S)) as one:
        await until(lambda: counted(outbox) == 3)
        await stored(outbox, decided("r-4"))
        await until(lambda: counted(outbox) == 4)
        assert one.differs
        ((word, body),) = reports
        store.drops = lambda _: False
        await stored(outbox, decided("r-5"))
        await until(lambda: counted(outbox) == 5)
        assert not one.differs
    assert word == count_back.DIFFERS
    assert body["forwarder"] == "influx"
    assert "lacks 3 of the 3 points of rows 1 to 3, sent three times" in body["detail"]


async def test_a_row_that_was_refused_is_not_missed(outbox: Outbox) -> None:
    store = MemoryStore()
    reports: Reports = []
    store.refuses = lambda timed: timed.at_ms == NOW_MS + 3
    await stored(outbox, *(decided(f"r-{at}") for at in range(8)))
    async with running(forwarder(outbox, store, reports, AGAIN_S)):
        await until(lambda: counted(outbox) == 8)
    assert [word for word, _ in reports] == ["store-refused"]


async def test_the_cursor_waits_for_the_second_look(outbox: Outbox) -> None:
    store = MemoryStore()
    store.drops = lambda _: True
    await stored(outbox, decided("r-1"))
    async with running(forwarder(outbox, store, again_s=1.0)):
        await until(lambda: len(store.asked) == 1)
        await stored(outbox, decided("r-2"))
        await until(lambda: outbox.cursor("influx").sent == 2)
        assert counted(outbox) == 0
        await until(lambda: len(store.asked) == 2)
        await until(lambda: counted(outbox) > 0)


async def test_a_store_that_cannot_be_asked_is_told_once_and_fed_all_the_same(
    outbox: Outbox,
) -> None:
    store = MemoryStore()
    reports: Reports = []
    store.counts = False
    await stored(outbox, decided("r-1"))
    async with running(forwarder(outbox, store, reports, AGAIN_S)):
        await until(lambda: counted(outbox) == 1)
        await stored(outbox, decided("r-2"))
        await until(lambda: counted(outbox) == 2)
    assert store.count("passage") == 2
    assert [word for word, _ in reports] == [count_back.UNCOUNTED]


class SilentWhenAsked(MemoryStore):
    """Takes points and answers no question."""

    async def missing(self, points: object) -> None:
        reason = "no-answer"
        raise StoreSilentError(reason, "told to be")


async def test_a_store_that_never_answers_a_question_is_given_up_not_the_rows(
    outbox: Outbox,
) -> None:
    store = SilentWhenAsked()
    reports: Reports = []
    await stored(outbox, decided("r-1"))
    async with running(forwarder(outbox, store, reports, AGAIN_S)) as one:
        await until(lambda: counted(outbox) == 1)
        await stored(outbox, decided("r-2"))
        await store.until(lambda: store.count("passage") == 2)
        assert not one.degraded
    assert [word for word, _ in reports] == [count_back.UNCOUNTED]


async def test_a_silent_store_is_not_asked_and_not_given_up(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PROBE_S", 0.02)
    monkeypatch.setattr(pace, "DEGRADED_S", 0.5)
    store = MemoryStore()
    reports: Reports = []
    await stored(outbox, decided("r-1"))
    async with running(forwarder(outbox, store, reports, 0.3)) as one:
        await until(lambda: outbox.cursor("influx").again == 1)
        store.away = "no-connection"
        await until(lambda: one.degraded)
        assert counted(outbox) == 0
        store.away = None
        await until(lambda: counted(outbox) == 1)
    assert [word for word, _ in reports] == ["store-degraded", "store-degraded"]
    assert store.asked == [1]


async def test_ranges_that_differ_are_few_at_a_time(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_back, "MOST_DIFFERING", 2)
    monkeypatch.setattr(store_forwarder, "BATCH", 1)
    store = MemoryStore()
    store.drops = lambda timed: timed.point.measurement == "passage"
    await stored(outbox, *(decided(f"r-{at}") for at in range(8)))
    one = forwarder(outbox, store, again_s=AGAIN_S)
    open_ranges: list[int] = []

    def look(before: int) -> bool:
        counting = one._count_back
        open_ranges.append(len(counting.differing) + len(counting._second_looks))
        return before == 8

    async with running(one):
        await until(lambda: look(counted(outbox)))
    assert max(open_ranges) == 2
