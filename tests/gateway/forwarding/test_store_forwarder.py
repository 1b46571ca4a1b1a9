"""gateway.forwarding.store_forwarder, over a real outbox and a store in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.forwarding.delivery import REFUSES_ALL
from gateway.forwarding.strands import BEHIND
from gateway.outbox.ledger import Cursor
from gateway.outbox.outbox import Outbox
from tests.gateway.forwarding.forwarders import Reports, forwarder, running
from tests.gateway.forwarding.stores import MemoryStore
from tests.gateway.outbox.records import NOW_MS, decided, record, stored


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    box = Outbox(tmp_path, "riverside", forwarders=["influx"], now_ms=lambda: NOW_MS)
    box.start()
    yield box
    await box.close()


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
    store = MemoryStore()
    reports: Reports = []
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
    store = MemoryStore()
    reports: Reports = []
    store.refuses = lambda timed: timed.point.measurement == "store"
    await stored(outbox, record("s", "store-refused", lane=None), decided("r-1"))
    async with running(forwarder(outbox, store, reports)):
        await store.until(lambda: store.count("passage") == 1)
    assert reports == []


async def test_a_store_that_refuses_everything_loses_no_row(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    reports: Reports = []
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
        ("store-degraded", True, REFUSES_ALL),
        ("store-degraded", False, None),
    ]


async def test_cancelling_ends_it_even_while_the_store_hangs(outbox: Outbox) -> None:
    store = MemoryStore()
    store.hanging.clear()
    await stored(outbox, decided("r-1"))
    async with asyncio.timeout(5), running(forwarder(outbox, store)):
        await stored(outbox, decided("r-2"))
    assert store.closed


async def test_what_happens_now_reaches_the_store_before_a_long_backlog(outbox: Outbox) -> None:
    store = MemoryStore()
    many = 2 * BEHIND
    await stored(outbox, *(decided(f"r-{at}") for at in range(many)))
    store.hanging.clear()
    async with running(forwarder(outbox, store)):
        while store.waiting == 0:  # noqa: ASYNC110 - the probe hangs
            await asyncio.sleep(0.005)
        await stored(outbox, decided("now"))
        store.hanging.set()
        await store.until(lambda: store.count("passage") == many + 1)
    sent = [p.at_ms for batch in store.writes for p in batch if p.point.measurement == "passage"]
    waited = [ms for ms in sent if ms != NOW_MS + many]
    assert waited == [NOW_MS + at for at in range(many)]  # each stretch in its order
    assert sent.index(NOW_MS + many) <= 1000
    assert outbox.cursor("influx").sent == many + 1


async def test_a_restart_in_the_middle_of_a_backlog_loses_no_row(outbox: Outbox) -> None:
    store = MemoryStore()
    many = 2 * BEHIND
    await stored(outbox, *(decided(f"r-{at}") for at in range(many)))
    async with running(forwarder(outbox, store)):
        await store.until(lambda: store.count("passage") >= 1000)
    assert outbox.cursor("influx").sent < many
    await stored(outbox, decided("now"))
    async with running(forwarder(outbox, store)):
        await store.until(lambda: store.count("passage") == many + 1)


async def test_a_store_that_hangs_delays_no_other(outbox: Outbox) -> None:
    hanging, other = MemoryStore(), MemoryStore()
    hanging.hanging.clear()
    await stored(outbox, *(decided(f"r-{at}") for at in range(5)))
    async with running(forwarder(outbox, hanging)), running(forwarder(outbox, other, name="two")):
        await other.until(lambda: other.count("passage") == 5)
        await stored(outbox, decided("r-6"))
        await other.until(lambda: other.count("passage") == 6)
        assert outbox.cursor("influx") == Cursor()
        assert outbox.cursor("two").sent == 6


async def test_rows_that_expired_meanwhile_hold_up_nothing(outbox: Outbox) -> None:
    store = MemoryStore()
    outbox.move_cursor("influx", Cursor(sent=50, again=2))  # of rows that are gone by now
    async with running(forwarder(outbox, store, again_s=0.05)):
        async with asyncio.timeout(20):
            while outbox.cursor("influx").again < 50:  # noqa: ASYNC110 - told to nobody
                await asyncio.sleep(0.01)
