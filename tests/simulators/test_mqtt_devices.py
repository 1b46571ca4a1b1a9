"""simulators.device_link, simulators.mqtt_devices: the contract, against a real mosquitto."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from devices.errors import DeviceLinkError
from simulators.device_link import Account, BrokerAddress, DeviceLink
from simulators.gate import Fail, SimulatedGate
from simulators.mqtt_devices import Display, MqttGate, MqttScanner, MqttThermometer
from simulators.payloads import Place, stamp
from simulators.real_clock import real_now
from tests.servers import Server, mosquitto, program
from tests.simulators.wire import DEADLINE_S, watching

GATE = "menshen/1/riverside/north-in/gate-1"
GATEWAY = "menshen/1/riverside/gateway/online"


def link(broker: Server, device: str, account: Account | None = None) -> DeviceLink:
    place = Place("riverside", "north-in", device)
    address = BrokerAddress.parse(broker.url)
    return DeviceLink(place, address, now=real_now, rng=Random(1), account=account)


def gate_on(broker: Server, fail: Fail = Fail.SECURE) -> MqttGate:
    return MqttGate(link(broker, "gate-1"), SimulatedGate("boot-1", real_now(), fail=fail))


@asynccontextmanager
async def running(*devices: Coroutine[None, None, None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(device) for device in devices]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=DEADLINE_S)


async def test_online_and_state_are_retained_and_readings_are_not(broker: Server) -> None:
    scanner = MqttScanner(link(broker, "scan-1"), "s")
    camera = MqttThermometer(link(broker, "cam-1"), "t", spot="forehead", kind="surface")
    gate = gate_on(broker)
    async with running(scanner.run(), camera.run(), gate.run()):
        scan_id = await scanner.scan("HC1:X")
        await camera.measure(36.4)
        async with watching(broker) as before:
            await before.until(lambda: len(before.seen) >= 4)
            assert all(retained for *_, retained in before.seen)
            channels = sorted(topic.rsplit("/", 1)[1] for topic, *_ in before.seen)
            assert channels == ["online", "online", "online", "state"]
            assert {body["online"] for body in before.on("online")} == {True}
            [state] = before.on("state")
            assert (state["door"], state["boot"]) == ("closed", "boot-1")
            await scanner.scan("HC1:Y")
            await before.until(lambda: bool(before.on("scan")))
            [scan] = before.on("scan")
            assert scan["text"] == "HC1:Y"
            assert scan["id"] != scan_id
            assert scan["at"].endswith("Z")


async def test_a_killed_device_leaves_its_last_will(broker: Server) -> None:
    code = f"""
import asyncio
from random import Random
from simulators.device_link import BrokerAddress, DeviceLink
from simulators.mqtt_devices import MqttScanner
from simulators.payloads import Place
from simulators.real_clock import real_now
async def main():
    place, broker = Place("riverside", "north-in", "scan-1"), BrokerAddress.parse("{broker.url}")
    await MqttScanner(DeviceLink(place, broker, now=real_now, rng=Random(1)), "s").run()
asyncio.run(main())
"""
    async with watching(broker) as wire:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
        await wire.until(lambda: [b["online"] for b in wire.on("online")] == [True])
        process.kill()
        await process.wait()
        await wire.until(lambda: [b["online"] for b in wire.on("online")] == [True, False])
    async with watching(broker) as later:
        await later.until(lambda: bool(later.seen))
        assert later.seen[0][1]["online"] is False
        assert later.seen[0][2]  # retained


async def test_a_device_that_is_switched_off_says_so(broker: Server) -> None:
    scanner = MqttScanner(link(broker, "scan-1"), "s")
    async with watching(broker) as wire:
        async with running(scanner.run()):
            await scanner.link.until_connected()
        await wire.until(lambda: [b["online"] for b in wire.on("online")] == [True, False])


async def test_a_gate_obeys_once_per_id_within_its_life_and_its_own_boot(broker: Server) -> None:
    gate = gate_on(broker)
    async with watching(broker) as wire, running(gate.run()):
        await gate.link.until_connected()
        live = {"do": "open", "boot": "boot-1", "until_tick_ms": 60_000, "hold_ms": 50}
        await wire.command(f"{GATE}/command", id="late", **{**live, "until_tick_ms": 0})
        await wire.command(f"{GATE}/command", id="old", **{**live, "boot": "boot-0"})
        for _ in range(3):
            await wire.command(f"{GATE}/command", id="good", grant="g-1", **live)
        await wire.until(lambda: len(wire.on("result")) == 5)
        results = {(r["command"], r["done"], r.get("reason")) for r in wire.on("result")}
        assert results == {
            ("late", False, "expired"), ("old", False, "other-boot"), ("good", True, None)
        }  # fmt: skip
        copies = [r for r in wire.on("result") if r["command"] == "good"]
        assert copies[0] == copies[1] == copies[2]
        await wire.until(lambda: [s["door"] for s in wire.on("state")][-1] == "closed")
        assert [s["door"] for s in wire.on("state")].count("open") == 1
        assert gate.gate.openings == 1


async def test_a_person_passes_on_a_grant(broker: Server) -> None:
    gate = gate_on(broker)
    async with watching(broker) as wire, running(gate.run()):
        await gate.link.until_connected()
        assert not await gate.walk_through("in", 0)
        keys = {"do": "open", "boot": "boot-1", "until_tick_ms": 60_000, "hold_ms": 9000}
        await wire.command(f"{GATE}/command", id="c", grant="g-1", **keys)
        async with asyncio.timeout(DEADLINE_S):
            await gate.until_open()
            assert await gate.walk_through("in", 0.01)
            await gate.until_closed()  # behind the person, not after the whole hold
        await wire.until(lambda: bool(wire.on("passage")))
        [passage] = wire.on("passage")
        assert (passage["grant"], passage["direction"]) == ("g-1", "in")


@pytest.mark.parametrize(("fail", "door"), [(Fail.SAFE, "open"), (Fail.SECURE, "closed")])
async def test_a_gate_follows_the_gateways_online(broker: Server, fail: Fail, door: str) -> None:
    gate = gate_on(broker, fail)
    async with watching(broker) as wire, running(gate.run()):
        await wire.until(lambda: [s["door"] for s in wire.on("state")] == [door])
        await wire.command(GATEWAY, online=True)
        await wire.until(lambda: len(wire.on("state")) == 2)
        assert wire.on("state")[-1]["door"] == "closed"
        keys = {"do": "open", "boot": "boot-1", "until_tick_ms": 60_000, "hold_ms": 60_000}
        await wire.command(f"{GATE}/command", id="c", **keys)
        await wire.until(lambda: wire.on("state")[-1]["door"] == "open")
        await wire.command(GATEWAY, online=False)
        await wire.command(GATEWAY, online=True)
        await wire.until(lambda: wire.on("state")[-1]["door"] == "closed")


async def test_devices_come_back_and_lose_no_passage(broker: Server) -> None:
    gate = gate_on(broker)
    async with running(gate.run()):
        await gate.link.until_connected()
        broker.stop(kill=True)
        gate.press("rex")
        assert await gate.walk_through("out", 0)
        back = stamp(real_now())
        broker.start()
        async with watching(broker) as wire:
            await wire.until(lambda: bool(wire.on("passage")))
            await wire.until(lambda: len(wire.on("button")) == 2)
            assert {b["online"] for b in wire.on("online")} == {True}
            # A state from before would carry ticks of the past, and late commands would obey them.
            await wire.until(lambda: bool(wire.on("state")))
            assert min(state["at"] for state in wire.on("state")) >= back


async def test_each_device_may_have_its_own_account(tmp_path: Path) -> None:
    passwords, access = tmp_path / "passwords", tmp_path / "acl"
    tool = program("mosquitto_passwd", "mosquitto")
    making = [tool, "-c", "-b", str(passwords), "scan-1", "right"]
    await asyncio.to_thread(subprocess.run, making, check=True)
    access.write_text("user scan-1\ntopic menshen/1/riverside/north-in/scan-1/#\n")
    # Started by root, mosquitto would become a user who can't read this test's folder.
    secured = f"user root\npassword_file {passwords}\nacl_file {access}\n"
    with mosquitto(tmp_path, options=secured) as broker:
        good = MqttScanner(link(broker, "scan-1", Account("scan-1", "right")), "s")
        bad = MqttScanner(link(broker, "scan-2", Account("scan-1", "wrong")), "s")
        async with running(good.run(), bad.run()), asyncio.timeout(DEADLINE_S):
            await good.scan("HC1:X")
            assert "uthori" in await bad.link.until_fault()  # "Not authorized" in every version
            assert not bad.link.connected


async def test_cancelling_a_device_leaves_no_connection_behind() -> None:
    """A broker that accepts and never answers is the worst moment to be cancelled at."""
    came, gone = asyncio.Event(), asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        while await reader.read(4096):
            pass
        gone.set()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    place, broker = Place("riverside", "north-in", "scan-1"), BrokerAddress("127.0.0.1", port)
    scanner = MqttScanner(DeviceLink(place, broker, now=real_now, rng=Random(1)), "s")
    async with asyncio.timeout(DEADLINE_S):
        task = asyncio.ensure_future(scanner.run())
        await came.wait()
        task.cancel()
        await asyncio.wait({task})
        async with asyncio.timeout(5):  # long before a keepalive would end it
            await gone.wait()
    server.close()


async def test_a_display_shows_what_the_gateway_says(broker: Server) -> None:
    scanner, display = MqttScanner(link(broker, "scan-1"), "s"), Display()
    display.attach(scanner.link)
    async with watching(broker) as wire, running(scanner.run()):
        await scanner.link.until_connected()
        await wire.command("menshen/1/riverside/north-in/scan-1/show", colour=7)
        await wire.command("menshen/1/riverside/north-in/scan-1/show", colour="red")
        async with asyncio.timeout(DEADLINE_S):
            assert await display.until_shown() == "red"


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "mqtt://x:99999", "x:1883", ""])
def test_an_address_that_is_none_is_said_so(url: str) -> None:
    with pytest.raises(DeviceLinkError, match=r"needs a broker such as mqtt://127\.0\.0\.1"):
        BrokerAddress.parse(url)
