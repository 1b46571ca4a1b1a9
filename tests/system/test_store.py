"""The whole way of a point, with a real VictoriaMetrics at its end."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from edge_rules.effects import Record
from gateway.forwarding.influx import InfluxStore
from gateway.forwarding.store_forwarder import StoreForwarder
from gateway.outbox.outbox import Outbox
from tests.gateway.forwarding.stores import WallClock
from tests.gateway.outbox.records import decided, record, stored
from tests.servers import Server

pytestmark = pytest.mark.system


def exported(store: Server, measurement: str, field: str = "count") -> list[int]:
    """Every millisecond that the store has a value for, over all series of a measurement."""
    urlopen(store.url + "/internal/force_flush", timeout=10).read()
    asked = urlencode({"match[]": f'{{__name__="{measurement}_{field}"}}'})
    with urlopen(f"{store.url}/api/v1/export?{asked}", timeout=10) as answer:
        return [ms for line in answer for ms in json.loads(line)["timestamps"]]


async def counted_back(store: Server, measurement: str, wanted: int) -> list[int]:
    """Export until the store shows as many; new series take it a moment after the flush."""
    deadline_s = time.monotonic() + 10
    while True:
        found = await asyncio.to_thread(exported, store, measurement)
        if len(found) >= wanted or time.monotonic() > deadline_s:
            return sorted(found)
        await asyncio.sleep(0.1)


class Site:
    """An outbox and a forwarder that puts its reports on record, as the gateway does."""

    def __init__(self, folder: Path, url: str, *, again_s: float = 60.0) -> None:
        self.outbox = Outbox(folder, "riverside", forwarders=["influx"])
        self.outbox.start()
        self.reports: asyncio.Queue[tuple[str, Mapping[str, Any]]] = asyncio.Queue()
        self.forwarder = StoreForwarder(
            "influx",
            "riverside",
            self.outbox,
            InfluxStore(url, "o", "b"),
            WallClock(),
            self._report,
            random=Random(1),
            again_s=again_s,
        )

    def _report(self, type_: str, body: Mapping[str, Any]) -> None:
        at_ms = time.time_ns() // 1_000_000
        id_ = f"report-{at_ms}-{self.reports.qsize()}"
        self.outbox.append([Record(id_, type_, at_ms, body)], lambda _: None)
        self.reports.put_nowait((type_, body))

    async def sent(self, through: int) -> None:
        await self._reached(lambda: self.outbox.cursor("influx").sent >= through)

    async def sent_again(self, through: int) -> None:
        await self._reached(lambda: self.outbox.cursor("influx").again >= through)

    async def counted(self, through: int) -> None:
        await self._reached(lambda: self.outbox.cursor("influx:counted").sent >= through)

    async def _reached(self, holds: Any) -> None:  # noqa: ANN401
        async with asyncio.timeout(30):
            while not holds():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(folder: Path, url: str, *, again_s: float = 60.0) -> AsyncIterator[Site]:
    site = Site(folder, url, again_s=again_s)
    task = asyncio.create_task(site.forwarder.run())
    try:
        yield site
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await site.outbox.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_every_event_is_counted_back_also_after_a_restart(
    tmp_path: Path, store: Server
) -> None:
    at_ms = now_ms()
    async with running(tmp_path, store.url) as site:
        # All at one millisecond, as a burst over four lanes would be.
        await stored(site.outbox, *(decided(f"a-{n}", at_ms) for n in range(500)))
        await stored(site.outbox, *(record(f"g-{n}", "gate-opened", at_ms) for n in range(20)))
        await site.sent(520)
    async with running(tmp_path, store.url) as site:
        await stored(site.outbox, *(decided(f"b-{n}", at_ms) for n in range(100)))
        await site.sent(620)
    assert await counted_back(store, "passage", 600) == list(range(at_ms, at_ms + 600))
    assert len(exported(store, "passage", "celsius")) == 600
    assert await counted_back(store, "gate", 20) == list(range(at_ms, at_ms + 20))


async def test_a_store_killed_after_its_204_is_made_whole(tmp_path: Path, store: Server) -> None:
    at_ms = now_ms()
    async with running(tmp_path, store.url, again_s=3.0) as site:
        await stored(site.outbox, *(decided(f"a-{n}", at_ms) for n in range(300)))
        await site.sent(300)
        await asyncio.to_thread(store.restart, kill=True)
        assert len(exported(store, "passage")) < 300  # it had said 204 to all of them
        await site.sent_again(300)
    assert await counted_back(store, "passage", 300) == list(range(at_ms, at_ms + 300))


async def test_a_store_killed_after_both_sendings_is_asked_back_and_made_whole(
    tmp_path: Path, store: Server
) -> None:
    at_ms = now_ms()
    async with running(tmp_path, store.url, again_s=3.0) as site:
        await stored(site.outbox, *(decided(f"a-{n}", at_ms) for n in range(300)))
        await stored(site.outbox, *(record(f"g-{n}", "gate-opened", at_ms) for n in range(20)))
        await site.sent_again(320)
        await asyncio.to_thread(store.restart, kill=True)
        assert len(exported(store, "passage")) < 300  # it had said 204 to all of them, twice
        await site.counted(320)
        assert not site.forwarder.differs
        assert site.reports.empty()
    assert await counted_back(store, "passage", 300) == list(range(at_ms, at_ms + 300))
    assert await counted_back(store, "gate", 20) == list(range(at_ms, at_ms + 20))


async def test_a_store_that_goes_away_is_reported_and_caught_up_with(
    tmp_path: Path, store: Server
) -> None:
    at_ms = now_ms()
    async with running(tmp_path, store.url) as site:
        await stored(site.outbox, decided("a", at_ms))
        await site.sent(1)
        await asyncio.to_thread(store.stop)
        gone_s = time.monotonic()
        async with asyncio.timeout(15):  # nothing happens at the gates: the probe finds it out
            type_, body = await site.reports.get()
        assert time.monotonic() - gone_s < 10
        assert (type_, body["degraded"], body["reason"]) == (
            "store-degraded",
            True,
            "no-connection",
        )
        await stored(site.outbox, *(decided(f"b-{n}", at_ms) for n in range(200)))
        await asyncio.to_thread(store.start)
        async with asyncio.timeout(30):
            type_, body = await site.reports.get()
        assert (type_, body["degraded"]) == ("store-degraded", False)
        await site.sent(203)
    assert await counted_back(store, "passage", 201) == list(range(at_ms, at_ms + 201))
    assert len(await counted_back(store, "store", 2)) == 2
    assert exported(store, "queue", "behind")


async def test_a_store_that_hangs_holds_nothing_else(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # connects, never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with running(tmp_path, url) as site:
            began_s = time.monotonic()
            await stored(site.outbox, decided("a"))
            async with asyncio.timeout(15):
                _, body = await site.reports.get()
            assert time.monotonic() - began_s < 10
            assert body["reason"] == "no-answer"
            waits_ms = []
            for n in range(50):
                start_s = time.monotonic()
                await stored(site.outbox, decided(f"b-{n}"))
                waits_ms.append((time.monotonic() - start_s) * 1000)
            assert sorted(waits_ms)[25] < 200
            assert site.outbox.cursor("influx").sent == 0
            closing_s = time.monotonic()
    assert time.monotonic() - closing_s < 3
