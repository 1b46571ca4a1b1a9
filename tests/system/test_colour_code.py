"""Colour codes at a real gate: no platform that is slow, wrong, down or lying holds it up."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.supervision import background
from simulators.colour_book import CODES, Mood
from simulators.colour_platform import ColourPlatform, mapping, serving
from simulators.dcc_issuer import DccIssuer
from simulators.device_link import BrokerAddress, DeviceLink
from simulators.gate import SimulatedGate
from simulators.issuer_folder import codes_of
from simulators.mqtt_devices import MqttGate, MqttScanner, MqttThermometer
from simulators.payloads import Place
from simulators.real_clock import real_now
from tests.servers import Server, free_port
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, mqtt_lane, until
from tests.system.test_street import Feed

pytestmark = pytest.mark.system

DEADLINE_MS = 800
HANG_GUARD_S = 10.0  # of what the deadline promises
PERSON = "person-of-house-7"


@dataclass
class Lane:
    """One lane's devices."""

    gate: MqttGate
    scanner: MqttScanner
    thermometer: MqttThermometer

    async def come(self, code: str) -> float:
        """Show a code and a forehead; return when."""
        await self.thermometer.measure(36.4)
        await self.scanner.scan(code)
        return time.monotonic()


@dataclass
class Estate:
    running: Gateway
    platform: ColourPlatform
    port: int
    lanes: dict[str, Lane]
    feed: Feed
    issuer: DccIssuer

    async def decided(self, code: str, lane: str = "north-in") -> tuple[float, dict[str, Any]]:
        """Let somebody come; return how long the decision took in seconds, and the decision."""
        came_s = await self.lanes[lane].come(code)
        at_s, event = await self.feed.until("passage-decided", HANG_GUARD_S, lane=lane)
        return at_s - came_s, event

    async def lets_in(self, code: str, lane: str = "north-in") -> None:
        _, event = await self.decided(code, lane)
        assert event["decision"] == "admit", event
        await self.walk(lane)

    async def walk(self, lane: str = "north-in") -> None:
        gate = self.lanes[lane].gate
        async with asyncio.timeout(HANG_GUARD_S):
            await gate.until_open()
        assert await gate.walk_through("in", 0)
        await self.feed.until("passage-completed", HANG_GUARD_S, lane=lane)


def lane_of(name: str, broker: str) -> Lane:
    def link(part: str) -> DeviceLink:
        place = Place("riverside", name, f"{name}-{part}")
        return DeviceLink(place, BrokerAddress.parse(broker), now=real_now, rng=Random(part))

    gate = SimulatedGate(f"boot-{name}", real_now(), closing_ms=20)
    scanner = MqttScanner(link("scan"), f"{name}-s")
    thermometer = MqttThermometer(link("cam"), f"{name}-t", spot="forehead", kind="surface")
    return Lane(MqttGate(link("gate"), gate), scanner, thermometer)


@asynccontextmanager
async def estate(folder: Path, broker: Server, **changed: Any) -> AsyncIterator[Estate]:  # noqa: ANN401
    issuer, port = DccIssuer(7), free_port()
    colours = mapping(
        f"http://127.0.0.1:{port}",
        **{"deadline_ms": DEADLINE_MS, "open_after": 100, "pause_ms": 200, **changed},
    )
    more = {"broker": {"url": broker.url}, "colour_code": colours}
    lanes = [mqtt_lane("north-in", visit_window_ms=5000), mqtt_lane("south-in")]
    site = SiteOnDisk(folder, issuer, lanes, more).write()
    at_work = {name: lane_of(name, broker.url) for name in ("north-in", "south-in")}
    feed = Feed()
    devices = [d.run() for at in at_work.values() for d in (at.gate, at.scanner, at.thermometer)]
    async with gateway(site) as running, background(*devices, feed.listen(running)):
        await running.until_ready()
        await until(lambda: _all_there(running), HANG_GUARD_S)
        yield Estate(running, ColourPlatform(), port, at_work, feed, issuer)
        assert await running.stop() == 0


async def _all_there(running: Gateway) -> bool:
    async with running.api as api:
        lanes = (await api.get("/api/v1/lanes")).json()["lanes"]
    return all(device["online"] for lane in lanes for device in lane["devices"])


@pytest.mark.timeout(240)
async def test_gate_decides_in_time_whatever_the_platform_does_and_says_why(
    tmp_path: Path, broker: Server
) -> None:
    async with estate(tmp_path, broker) as at, serving(at.platform, at.port):
        codes, platform = codes_of(at.issuer), at.platform
        await at.lets_in(platform.book.code(PERSON, "green"))
        for word, decision, reason, status in (
            ("red", "deny", "code-not-green", "valid"),
            ("yellow", "deny", "code-not-green", "valid"),
            ("expired", "refer", "credential-expired", "expired"),
        ):
            _, event = await at.decided(platform.book.code(PERSON, word))
            assert (event["decision"], event["reasons"][0]) == (decision, reason)
            told = event["credential"]
            assert (told["kind"], told["status"], told["reason"]) == ("colour-code", status, word)
        _, event = await at.decided(CODES + "0" * 32)
        assert (event["credential"]["status"], event["credential"]["reason"]) == (
            "invalid",
            "not-found",
        )
        for mood, word, why in (
            (Mood.HANGS, "timeout", "platform-timeout"),
            (Mood.DRIPS, "timeout", "platform-timeout"),
            (Mood.FAILS, "failed", "platform-failing"),
            (Mood.REFUSES, "failed", "platform-refuses"),
            (Mood.CUTS, "failed", "platform-failing"),
            (Mood.GARBLES, "failed", "answer-not-understood"),
            (Mood.FLOODS, "failed", "answer-not-understood"),
            (Mood.RAVES, "failed", "answer-not-understood"),
            (Mood.CONTRADICTS, "failed", "answer-not-understood"),
            (Mood.MISTAKES, "failed", "answer-of-another"),
            (Mood.LIES, "failed", "answer-not-understood"),
        ):
            platform.book.mood = mood
            took_s, event = await at.decided(platform.book.code(PERSON, "green"))
            assert (event["decision"], event["reasons"][0]) == ("refer", why), mood
            assert (event["credential"]["status"], event["credential"]["reason"]) == (
                "unverified",
                word,
            )
            assert took_s < HANG_GUARD_S
        platform.book.mood = (
            Mood.HANGS
        )  # other kinds of credentials, and other lanes, wait for nobody
        hanging = asyncio.create_task(at.decided(platform.book.code(PERSON, "green")))
        await at.lets_in(codes.valid("bert"), "south-in")
        assert not hanging.done()
        await hanging
        platform.book.mood = Mood.SLOW
        await at.lets_in(platform.book.code("somebody-else", "green"))


@pytest.mark.timeout(240)
async def test_platform_that_is_down_is_alarmed_and_its_return_noticed(
    tmp_path: Path, broker: Server
) -> None:
    async with estate(tmp_path, broker, open_after=2, tries=1) as at:
        whys = []
        for _ in range(3):
            _, event = await at.decided(at.platform.book.code(PERSON, "green"))
            assert event["decision"] == "refer"
            whys.append(event["reasons"][0])
        assert whys[:2] == ["platform-unreachable"] * 2
        _, alarm = await at.feed.until("alarm-raised", HANG_GUARD_S, alarm="platform-offline")
        assert "2 times in a row" in alarm["detail"]
        await at.feed.until("platform-offline", HANG_GUARD_S)
        async with serving(at.platform, at.port):
            back = asyncio.create_task(at.feed.until("platform-online", 60))
            while not back.done():
                _, event = await at.decided(at.platform.book.code(PERSON, "green"))
                if event["decision"] == "admit":
                    await at.walk()
            await back
        async with at.running.api as api:
            metrics = (await api.get("/metrics")).text
        (line,) = [x for x in metrics.splitlines() if 'trouble="platform_failed"' in x]
        assert float(line.split()[-1]) >= 3


@pytest.mark.timeout(240)
async def test_no_code_and_no_answer_is_left_anywhere(tmp_path: Path, broker: Server) -> None:
    async with estate(tmp_path, broker) as at, serving(at.platform, at.port):
        shown = []
        for mood in (Mood.WELL, Mood.MISTAKES, Mood.RAVES, Mood.CUTS, Mood.HANGS):
            at.platform.book.mood = mood
            shown.append(at.platform.book.code(PERSON, "yellow"))
            await at.decided(shown[-1])
        events = json.dumps(await at.running.events(), ensure_ascii=False)
    secrets = [PERSON, "张三", "code.example", *(code.removeprefix(CODES) for code in shown)]
    for secret in secrets:
        assert secret not in events
        for path in tmp_path.rglob("*"):
            if path.is_file() and path.name != "site.yaml":
                assert secret.encode() not in path.read_bytes(), (secret, path.name)
