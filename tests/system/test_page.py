"""The guard's page before the whole gateway: real broker, real gate, real browser."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from playwright.async_api import expect

from gateway.supervision import background
from simulators.dcc_issuer import DccIssuer, HealthCodes
from simulators.device_link import BrokerAddress, DeviceLink
from simulators.gate import SimulatedGate
from simulators.issuer_folder import codes_of
from simulators.mqtt_devices import MqttGate, MqttScanner, MqttThermometer
from simulators.payloads import Place
from simulators.real_clock import real_now
from tests.gateway.web.browser import Guard, chromium, visiting
from tests.servers import Server, free_port
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, mqtt_lane

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

LANE = "north-in"
HANG_MS = 30_000


@dataclass
class Lane:
    """The devices of the one lane, and the codes that people show there."""

    scanner: MqttScanner
    thermometer: MqttThermometer
    gate: MqttGate
    codes: HealthCodes

    async def walk_up(self, text: str, celsius: float) -> None:
        await self.scanner.scan(text)
        await self.thermometer.measure(celsius)


@dataclass
class Printed:
    """The page at the link that the gateway printed."""

    running: Gateway

    @property
    def url(self) -> str:
        return self.running.page

    def link(self, _: str = "guard") -> str:
        return self.running.link


def lane_devices(broker: Server, issuer: DccIssuer) -> Lane:
    address = BrokerAddress.parse(broker.url)

    def link(role: str) -> DeviceLink:
        place = Place("riverside", LANE, f"{LANE}-{role}")
        return DeviceLink(place, address, now=real_now, rng=Random(role))

    gate = SimulatedGate("boot-1", real_now(), closing_ms=200)
    return Lane(
        MqttScanner(link("scan"), "s"),
        MqttThermometer(link("cam"), "t", spot="forehead", kind="surface"),
        MqttGate(link("gate"), gate),
        codes_of(issuer),
    )


@asynccontextmanager
async def estate(folder: Path, broker: Server) -> AsyncIterator[tuple[Path, Lane]]:
    """A site file on disk, and its lane's devices running against the broker."""
    issuer = DccIssuer(7)
    web = {"listen": f"127.0.0.1:{free_port()}"}
    more = {"broker": {"url": broker.url}, "web": web}
    lane = mqtt_lane(LANE, open_within_ms=2000)
    site = SiteOnDisk(folder, issuer, [lane], more).write()
    devices = lane_devices(broker, issuer)
    async with AsyncExitStack() as stack:
        running = background(devices.scanner.run(), devices.thermometer.run(), devices.gate.run())
        await stack.enter_async_context(running)
        yield site, devices


async def shows(guard: Guard, decision: str) -> None:
    await expect(guard.lane(LANE)).to_have_attribute("data-decision", decision, timeout=HANG_MS)


async def test_a_guard_sees_and_acts(tmp_path: Path, broker: Server) -> None:
    async with (
        estate(tmp_path, broker) as (site, lane),
        gateway(site) as running,
        chromium() as browser,
        visiting(browser, Printed(running)) as guard,
    ):
        await running.until_ready()
        tile = guard.lane(LANE)
        await expect(tile.locator(".door")).to_have_text("门关", timeout=HANG_MS)

        await lane.walk_up(lane.codes.forged("bert"), 36.4)
        await shows(guard, "deny")
        await expect(tile).to_contain_text("36.4 °C")

        await lane.walk_up(lane.codes.valid("anna"), 38.3)
        await shows(guard, "refer")
        await expect(tile).to_contain_text("体表温度偏高")
        await guard.button("measure").click()
        await guard.dialog().locator("[name=celsius]").fill("36.6")
        await guard.dialog().get_by_text("额温枪").click()
        await guard.dialog().locator("button:not([type])").click()
        await shows(guard, "admit")
        await expect(tile).to_contain_text("36.6 °C")
        await expect(guard.notice("good").last).to_contain_text("门已打开")
        await expect(guard.rows('[data-type="gate-opened"]')).to_have_count(1)

        await expect(tile.locator(".door")).to_have_text("门关", timeout=HANG_MS)
        await guard.button("open").click()
        await guard.dialog().get_by_text("搬运大件").click()
        await guard.dialog().locator("button:not([type])").click()
        await expect(guard.notice("good").last).to_contain_text("门已打开")
        acted = guard.rows('[data-type="operator-acted"]').first
        await expect(acted).to_contain_text("搬运大件")
        await expect(acted).to_contain_text("link-")

        for act, mode in (("release", "released"), ("restore", "normal")):
            await guard.button(act).click()
            await guard.dialog().get_by_role("checkbox").check()
            await guard.dialog().locator("button:not([type])").click()
            await expect(tile).to_have_attribute("data-mode", mode)
        assert await running.stop() == 0
        guard.faults.clear()  # the stream that ended is no fault of the page


async def test_a_killed_gateway_is_seen_and_its_successor_too(
    tmp_path: Path, broker: Server
) -> None:
    async with (
        estate(tmp_path, broker) as (site, lane),
        chromium() as browser,
        AsyncExitStack() as stack,
    ):
        first = await stack.enter_async_context(gateway(site))
        guard = await stack.enter_async_context(visiting(browser, Printed(first), quiet=False))
        await first.until_ready()
        await lane.walk_up(lane.codes.forged("bert"), 36.4)
        await expect(guard.rows('[data-decision="deny"]')).to_have_count(1, timeout=HANG_MS)
        first.kill()
        await first.process.wait()
        await expect(guard.tab.get_by_role("alert")).to_contain_text("连接已断开")
        second = await stack.enter_async_context(gateway(site))
        assert second.page == first.page
        await second.until_ready()
        await guard.live()  # by itself, and still signed in
        await expect(guard.tab.get_by_role("alert")).to_be_hidden()
        await lane.walk_up(lane.codes.forged("carl"), 36.4)
        await expect(guard.rows('[data-decision="deny"]')).to_have_count(2, timeout=HANG_MS)
        shown = await guard.rows().evaluate_all("rows => rows.map(row => +row.dataset.seq)")
        assert shown == sorted(set(shown), reverse=True)
        kinds = {"reading-received", "gate-commanded", "device-online"}  # are not shown at first
        kept = [e["seq"] for e in await second.events() if e["type"] not in kinds]
        assert shown == kept[::-1][: len(shown)]
        assert await second.stop() == 0
