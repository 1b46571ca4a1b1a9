"""A store away under load, then killed right after its 204: counts agree, the page is on time."""

import asyncio
import json
import socket
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devices.moment import parse_stamp
from gateway.crashtest.evidence import PointKey
from gateway.crashtest.record import Record
from gateway.crashtest.store_export import stored_points
from gateway.parts import STORE
from simulators.crowd import CrowdLane, send_visits
from simulators.dcc_issuer import DccIssuer
from simulators.issuer_folder import codes_of
from tests.servers import Server
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, mqtt_lane, until
from tests.system.store_proxy import StoreProxy, store_proxy
from tests.system.test_store import exported

pytestmark = pytest.mark.system

LANES = [f"lane-{n}" for n in range(8)]
CROWD = [CrowdLane(lane, f"{lane}-scan", f"{lane}-cam", f"{lane}-gate") for lane in LANES]
RATE_PER_S = 40
PAGE_LATE_MS = 1000
AGREE_S = 120.0  # the second sending comes a minute later


@dataclass
class Page:
    """How late each event reached somebody who watches."""

    late_ms: list[float] = field(default_factory=list)
    heard_s: list[float] = field(default_factory=list)  # when that was

    async def watch(self, running: Gateway) -> None:
        async with running.api as api, api.stream("GET", "/api/v1/stream") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data:") and '"passage-decided"' in line:
                    at = parse_stamp(json.loads(line[5:])["at"])
                    self.late_ms.append(time.time() * 1000 - at)
                    self.heard_s.append(time.monotonic())


@dataclass
class Outage:
    """What a run showed."""

    points: frozenset[PointKey]
    stored: dict[PointKey, int]
    page: Page
    proxy: StoreProxy
    back_s: float  # when the store came back
    drained_s: float  # after that


async def outage(
    folder: Path, broker: Server, store: Server, *, before_s: float, down_s: float, after_s: float
) -> Outage:
    """Let visits come all the while; stop the store, start it, kill it behind a 204, start it."""
    issuer, page = DccIssuer(7), Page()
    async with store_proxy(store) as proxy:
        more = {
            "broker": {"url": broker.url},
            "store": {"influx": {"url": proxy.url, "org": "o", "bucket": "b"}},
        }
        lanes = [mqtt_lane(lane, visit_window_ms=3000, pass_within_ms=2000) for lane in LANES]
        site = SiteOnDisk(folder, issuer, lanes, more)
        async with gateway(site.write()) as running:
            await running.until_ready()
            watching = asyncio.create_task(page.watch(running))
            whole_s = before_s + down_s + after_s
            crowd = asyncio.create_task(
                send_visits(
                    broker.url, "riverside", CROWD, RATE_PER_S, whole_s + 60, codes_of(issuer)
                )
            )
            await asyncio.sleep(before_s)  # visits arrive meanwhile
            await asyncio.to_thread(store.stop)
            await asyncio.sleep(down_s)
            waiting = Record(site.data).last_seq()
            await asyncio.to_thread(store.start)
            back_s = time.monotonic()
            await until(lambda: _sent(site.data, waiting), AGREE_S)
            drained_s = time.monotonic() - back_s
            await asyncio.sleep(after_s)
            process = store.process
            assert process is not None
            proxy.after_204 = process.kill
            await asyncio.wait_for(proxy.struck.wait(), 20)
            await asyncio.to_thread(store.restart, kill=True)
            crowd.cancel()
            await asyncio.wait({crowd})
            points, stored = await _agreed(site.data, store)
            watching.cancel()
            assert await running.stop() == 0
    return Outage(points, stored, page, proxy, back_s, drained_s)


async def _sent(data: Path, through: int, forwarder: str = STORE) -> bool:
    return Record(data).cursor(forwarder) >= through


async def _agreed(data: Path, store: Server) -> tuple[frozenset[PointKey], dict[PointKey, int]]:
    """Compare until record and store agree, or long enough."""
    record = Record(data)
    deadline_s = time.monotonic() + AGREE_S
    while True:
        points = await asyncio.to_thread(lambda: frozenset(key for _, key in record.points()))
        stored = await stored_points(store.port, len(points))
        if points == stored.keys() or time.monotonic() > deadline_s:
            return points, dict(stored)
        await asyncio.sleep(1)


@pytest.mark.timeout(300)
async def test_counts_agree_after_an_outage_and_a_kill_and_the_page_was_on_time(
    tmp_path: Path, broker: Server, store: Server
) -> None:
    seen = await outage(tmp_path, broker, store, before_s=3, down_s=8, after_s=4)
    assert len(seen.points) > 40 * 15
    assert seen.points - seen.stored.keys() == set()
    assert seen.stored.keys() - seen.points == set()
    assert set(seen.stored.values()) == {1}
    assert len(seen.page.late_ms) > 40 * 10
    assert max(seen.page.late_ms) < PAGE_LATE_MS


async def test_of_two_stores_the_one_that_hangs_delays_nothing(
    tmp_path: Path, broker: Server, store: Server
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # connects, never answers
        stores = [
            {"url": f"http://127.0.0.1:{silent.getsockname()[1]}", "org": "o", "bucket": "b"},
            {"name": "second", "url": store.url, "org": "o", "bucket": "b"},
        ]
        more = {"broker": {"url": broker.url}, "store": {"influx": stores}}
        site = SiteOnDisk(tmp_path, DccIssuer(7), [mqtt_lane("lane-0")], more)
        async with gateway(site.write()) as running:
            await running.until_ready()
            async with asyncio.timeout(30):
                while not await running.events(type="store-degraded"):
                    await asyncio.sleep(0.2)
            (told,) = await running.events(type="store-degraded")
            assert (told["forwarder"], told["reason"]) == ("influx", "no-answer")
            await until(lambda: _holds(store, "store_count"), 30)  # of that very event
            await until(lambda: _sent(site.data, told["seq"], "second"), 30)
            assert Record(site.data).cursor("influx") == 0
            assert await running.stop() == 0


async def _holds(store: Server, name: str) -> bool:
    return bool(await asyncio.to_thread(exported, store, *name.rsplit("_", 1)))
