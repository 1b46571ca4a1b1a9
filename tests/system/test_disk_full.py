"""A full disk under a gateway at work: gates keep deciding, nothing is lost, it mends itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.supervision import background
from simulators.dcc_issuer import DccIssuer
from simulators.device_link import BrokerAddress, DeviceLink
from simulators.gate import SimulatedGate
from simulators.issuer_folder import codes_of
from simulators.mqtt_devices import Display, MqttGate, MqttScanner, MqttThermometer
from simulators.payloads import Place
from simulators.real_clock import real_now
from tests.servers import Server
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, mqtt_lane, until
from tests.system.small_disk import FileLimit, SmallDisk, small_tmpfs

pytestmark = pytest.mark.system

IN, OUT = "north-in", "north-out"
MOST_VISITS = 300  # until the disk is found to be full


@dataclass
class Street:
    """One way in, one way out, and people who come when they are told to."""

    gateway: Gateway
    issuer: DccIssuer
    scanner: MqttScanner
    camera: MqttThermometer
    gate: MqttGate
    exit: MqttGate
    display: Display
    numbers: Iterator[int]

    async def visit(self) -> str:
        """Let somebody new come to the way in; return the colour they are shown."""
        self.display.clear()
        await self.camera.measure(36.4)
        await self.scanner.scan(codes_of(self.issuer).valid(f"person-{next(self.numbers)}"))
        await until(self._answered, 20)
        if self.gate.is_open:
            await self.gate.walk_through("in", 0)
            await asyncio.wait_for(self.gate.until_closed(), 20)
        return self.display.colour or ""

    async def _answered(self) -> bool:
        """Whether the gate is open, or a guard is called: a green light alone is no answer."""
        return self.gate.is_open or self.display.colour not in {None, "green"}

    async def leave(self) -> None:
        self.exit.press("rex")
        async with asyncio.timeout(20):
            await self.exit.until_open()
            await self.exit.walk_through("out", 0)
            await self.exit.until_closed()

    async def opened_by_hand(self) -> str:
        async with self.gateway.api as api:
            answer = await api.post(f"/api/v1/lanes/{IN}/open", json={"reason": "disk is full"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])


@asynccontextmanager
async def street(folder: Path, broker: Server) -> AsyncIterator[Street]:
    issuer = DccIssuer(7)
    way_out = {
        "lane": OUT, "checkpoint": "north-gate", "direction": "out", "needs": [],
        "devices": [{"device": f"{OUT}-gate", "driver": "mqtt-gate", "fail": "safe",
                     "egress": "mechanical"}],
    }  # fmt: skip
    more = {"broker": {"url": broker.url}}
    lane = mqtt_lane(IN, visit_window_ms=3000, pass_within_ms=3000)
    site = SiteOnDisk(folder, issuer, [lane, way_out], more).write()

    def link(lane: str, part: str) -> DeviceLink:
        place = Place("riverside", lane, f"{lane}-{part}")
        return DeviceLink(place, BrokerAddress.parse(broker.url), now=real_now, rng=Random(part))

    scanner = MqttScanner(link(IN, "scan"), "s")
    camera = MqttThermometer(link(IN, "cam"), "t", spot="forehead", kind="surface")
    gates = [
        MqttGate(link(lane, "gate"), SimulatedGate(f"boot-{lane}", real_now(), closing_ms=20))
        for lane in (IN, OUT)
    ]
    display = Display()
    display.attach(scanner.link)
    devices = [scanner.run(), camera.run(), *(gate.run() for gate in gates)]
    async with gateway(site) as running, background(*devices):
        await running.until_ready()
        yield Street(running, issuer, scanner, camera, gates[0], gates[1], display, count(1))
        assert await running.stop() == 0


async def is_full(running: Gateway) -> bool:
    async with running.api as api:
        return (await api.get("/readyz")).status_code == 503


async def is_well(running: Gateway) -> bool:
    return not await is_full(running)


@asynccontextmanager
async def full(street: Street, disk: SmallDisk) -> AsyncIterator[None]:
    """Fill the disk and let people come until the gateway has met its end."""
    pid = street.gateway.process.pid
    disk.fill(pid)
    colours = []
    for _ in range(MOST_VISITS):
        colours.append(await street.visit())
        if await is_full(street.gateway) and colours[-1] == "amber":
            break
    assert colours[-1] == "amber", colours
    yield
    disk.free(pid)
    await until(lambda: is_well(street.gateway), 30)


def endings(events: list[dict[str, Any]]) -> None:
    """Every reading that was acknowledged ends in exactly one decision, or in none."""
    received = [e["reading"] for e in events if e.get("kind") in {"scan", "temperature"}]
    ended = [
        reading
        for e in events
        if e["type"] in {"passage-decided", "visit-abandoned"} and not e.get("supersedes")
        for reading in e["readings"]
    ]
    assert sorted(received) == sorted(ended)


async def through_a_full_disk(street: Street, disk: SmallDisk, alarm: str) -> None:
    for _ in range(3):
        assert await street.visit() == "green"
    before = await street.gateway.events()
    async with full(street, disk):
        assert await street.visit() == "amber"  # decided, and nobody admitted without a record
        await street.leave()
        assert await street.opened_by_hand() == "opened"
        await street.gate.walk_through("in", 0)
        acts = await street.gateway.events(type="operator-acted")
        assert [act["reason"] for act in acts] == ["disk is full"]
    assert await street.visit() == "green"
    await asyncio.sleep(1)  # for the last word of its gate
    events = await street.gateway.events()
    assert events[: len(before)] == before
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert alarm in {e["alarm"] for e in events if e["type"] == "alarm-raised"}
    late = [e for e in events if e.get("reasons") == ["record-late"]]
    assert late
    assert {e["decision"] for e in late} == {"refer"}
    endings(events)


@pytest.mark.timeout(240)
async def test_a_full_file_system(tmp_path: Path, broker: Server) -> None:
    with small_tmpfs(tmp_path / "site" / "data") as disk:
        if disk is None:
            pytest.skip("this machine mounts nothing for us; the limit on files is tested")
        async with street(tmp_path / "site", broker) as one:
            await through_a_full_disk(one, disk, "disk-full")


@pytest.mark.timeout(240)
async def test_files_that_may_not_grow(tmp_path: Path, broker: Server) -> None:
    async with street(tmp_path / "site", broker) as one:
        await through_a_full_disk(one, FileLimit(tmp_path / "site" / "data"), "disk-failing")
