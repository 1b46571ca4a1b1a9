"""gateway.forwarding.store_forwarder, over a real outbox and a store in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.forwarding import store_forwarder
from gateway.forwarding.store_forwarder import StoreForwarder
from gateway.outbox.ledger import Cursor
from gateway.outbox.outbox import Outbox
from tests.gateway.forwarding.stores import MemoryStore, WallClock
from tests.gateway.outbox.records import NOW_MS, decided, record, stored

Reports = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    box = Outbox(tmp_path, "riverside", forwarders=["influx"], now_ms=lambda: NOW_MS)
    box.start()
    yield box
    await box.close()


def forwarder(
    outbox: Outbox, store: MemoryStore, reports: Reports | None = None, again_s: float = 60.0
) -> StoreForwarder:
    def report(type_: str, body: Mapping[str, Any]) -> None:
        if reports is not None:
            reports.append((type_, body))

    clock = WallClock()
    return StoreForwarder(
        "influx", "riverside", outbox, store, clock, report, random=Random(1), again_s=again_s
    )


@asynccontextmanager
async def running(one: StoreForwarder) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(one.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_every_event_becomes_one_point_in_order(outbox: Outbox) -> None:
    store = MemoryStore()
    await stored(outbox, *(decided(f"r-{at}") for at in range(30)))
    async with running(forwarder(outbox, store)):
        await store.until(lambda: store.count("passage") == 30)
        await stored(outbox, record("x", "reading-received"), decided("r-31"))
        await store.until(lambda: store.count("passage") == 31)
    sent = [p.at_ms for batch in store.writes for p in batch if p.point.measurement == "passage"]
    assert sent == [NOW_MS + at for at in range(31)]
    assert outbox.cursor("influx").sent == 32
    assert store.closed


async def test_the_cursor_waits_for_the_answer(outbox: Outbox) -> None:
    store = MemoryStore()
    store.hanging.clear()
    await stored(outbox, decided("r-1"))
    async with running(forwarder(outbox, store)):
        await stored(outbox, decided("r-2"))
        assert outbox.cursor("influx") == Cursor()
        store.hanging.set()
        await store.until(lambda: store.count("passage") == 2)
    assert outbox.cursor("influx").sent == 2


async def test_rows_are_sent_once_more_with_the_same_milliseconds(outbox: Outbox) -> None:
    store = MemoryStore()
    await stored(outbox, *(decided(f"r-{at}") for at in range(5)))
    async with running(forwarder(outbox, store, again_s=0.05)):
        await store.until(lambda: store.count("passage") == 5)
        first = dict(store.kept)
        store.kept.clear()  # the store is killed and forgets what it acknowledged
        await store.until(lambda: store.count("passage") == 5)
        passages = {k: v for k, v in store.kept.items() if v.point.measurement == "passage"}
        assert passages.items() <= first.items()
        await stored(outbox, decided("r-6"))
        await store.until(lambda: store.count("passage") == 6)
    assert outbox.cursor("influx").sent == 6


async def test_what_was_sent_before_a_restart_is_sent_once_more_too(outbox: Outbox) -> None:
    store = MemoryStore()
    await stored(outbox, *(decided(f"r-{at}") for at in range(5)))
    outbox.move_cursor("influx", Cursor(sent=5, again=2))
    async with running(forwarder(outbox, store, again_s=0.05)):
        await store.until(lambda: store.count("passage") == 3)
    assert outbox.cursor("influx") == Cursor(sent=5, again=5)


async def test_a_refused_row_is_skipped_and_reported_once(outbox: Outbox) -> None:
    store, reports = MemoryStore(), []  # type: MemoryStore, Reports
    store.refuses = lambda timed: timed.at_ms == NOW_MS + 3
    await stored(outbox, *(decided(f"r-{at}") for at in range(8)))
    one = forwarder(outbox, store, reports, again_s=0.05)
    async with running(one):
        await store.until(lambda: store.count("passage") == 7)
        store.kept.clear()
        await store.until(lambda: store.count("passage") == 7)
    body = {"forwarder": "influx", "status": 400, "row": 4, "measurement": "passage"}
    assert reports == [("store-refused", body)]
    assert one.refused == 1


async def test_a_refused_report_brings_no_other_report(outbox: Outbox) -> None:
    store, reports = MemoryStore(), []  # type: MemoryStore, Reports
    store.refuses = lambda timed: timed.point.measurement == "store"
    await stored(outbox, record("s", "store-refused", lane=None), decided("r-1"))
    async with running(forwarder(outbox, store, reports)):
        await store.until(lambda: store.count("passage") == 1)
    assert reports == []


async def test_a_store_that_refuses_everything_loses_no_row(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, reports = MemoryStore(), []  # type: MemoryStore, Reports
    store.refuses = lambda _: True
    await stored(outbox, *(decided(f"r-{at}") for at in range(4)))
    one = forwarder(outbox, store, reports)
    monkeypatch.setattr("gateway.forwarding.pace.DEGRADED_S", 0.3)
    async with running(one):
        async with asyncio.timeout(20):
            while not one.degraded:  # noqa: ASYNC110 - told to nobody while nothing is written
                await asyncio.sleep(0.01)
        assert outbox.cursor("influx").sent == 0
        store.refuses = lambda _: False
        await store.until(lambda: store.count("passage") == 4)
    assert [(type_, body["degraded"], body["reason"]) for type_, body in reports] == [
        ("store-degraded", True, store_forwarder.REFUSES_ALL),
        ("store-degraded", False, None),
    ]


async def test_cancelling_ends_it_even_while_the_store_hangs(outbox: Outbox) -> None:
    store = MemoryStore()
    store.hanging.clear()
    await stored(outbox, decided("r-1"))
    async with asyncio.timeout(5), running(forwarder(outbox, store)):
        await stored(outbox, decided("r-2"))
    assert store.closed
