"""The whole street over the broker of `menshen broker config`: passwords, access lists and TLS."""

import asyncio
import secrets
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiomqtt import Client, MqttError

from gateway.broker.accounts import read_pairs
from simulators.dcc_issuer import DccIssuer
from simulators.gate import SimulatedGate
from simulators.issuer_folder import codes_of
from simulators.payloads import (
    Message,
    Place,
    online_message,
    scan_message,
    temperature_message,
)
from simulators.real_clock import real_now
from tests.gateway.broker.certificate import write_certificate
from tests.gateway.broker.estate import configure, estate_broker
from tests.servers import Server, free_port
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, mqtt_lane, until

pytestmark = pytest.mark.system

SITE, LANE = "riverside", "north-in"
QUEUED = 1500  # mosquitto's own limit is 1000, without a word


@dataclass
class Street:
    """A site whose broker lets nobody in without a password, and speaks TLS only."""

    site: Path
    broker: Server
    certificate: Path
    passwords: dict[str, str]
    issuer: DccIssuer

    @asynccontextmanager
    async def device(self, name: str) -> AsyncIterator[Client]:
        trust = ssl.create_default_context(cafile=self.certificate)
        async with Client(
            "localhost",
            self.broker.port,
            username=name,
            password=self.passwords[name],
            tls_context=trust,
        ) as client:
            await say(client, name, online_message(online=True, now=real_now()))
            yield client

    @asynccontextmanager
    async def lane(self) -> AsyncIterator["Lane"]:
        """Have the lane's three devices connected, the gate obeying."""
        async with AsyncExitStack() as stack:
            scanner, camera, gate = [
                await stack.enter_async_context(self.device(f"{LANE}-{part}"))
                for part in ("scan", "cam", "gate")
            ]
            there = asyncio.Event()
            obeying = asyncio.create_task(self._obey(gate, there))
            try:
                await asyncio.wait_for(there.wait(), 10)
                yield Lane(self, scanner, camera)
            finally:
                obeying.cancel()
                await asyncio.wait({obeying})

    async def _obey(self, client: Client, there: asyncio.Event) -> None:
        place = Place(SITE, LANE, f"{LANE}-gate")
        boot = secrets.token_hex(4)
        gate = SimulatedGate(boot, real_now(), closing_ms=20, prefix=boot)
        await client.subscribe([(place.topic("command"), 1), (place.gateway_online, 1)])
        for word in gate.announce(real_now()):
            await say(client, place.device, word)
        there.set()
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            if message.topic.value == place.gateway_online:
                said = gate.hear_gateway(real_now(), online=b"true" in message.payload)
            else:
                said = gate.receive(message.payload, real_now())
                if gate.step_in("in", real_now()):
                    said += gate.step_out(real_now())
            for word in said:
                await say(client, place.device, word)


@dataclass
class Lane:
    """A lane whose devices are connected."""

    street: Street
    scanner: Client
    camera: Client

    async def visit(self, number: int, *, retain: bool = False) -> None:
        now, code = real_now(), codes_of(self.street.issuer).valid(f"person-{number}")
        warm = temperature_message(f"t-{number}", 36.4, "forehead", "surface", now)
        await say(self.camera, f"{LANE}-cam", warm, retain=retain)
        await say(
            self.scanner, f"{LANE}-scan", scan_message(f"s-{number}", code, now), retain=retain
        )


async def say(client: Client, device: str, message: Message, *, retain: bool = False) -> None:
    topic = Place(SITE, LANE, device).topic(message.channel)
    await client.publish(topic, message.payload, qos=1, retain=message.retained or retain)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with made_for(tmp_path) as made:
        yield made


@contextmanager
def made_for(folder: Path) -> Iterator[Street]:
    """Write the site, let `broker config` write its broker's files, run a mosquitto on them."""
    port, issuer, files = free_port(), DccIssuer(7), folder / "broker"
    cert, key = write_certificate(folder)
    broker = {"url": f"mqtts://localhost:{port}", "username": "gateway", "ca": cert.name}
    broker["password_file"] = "broker/gateway.password"
    site = SiteOnDisk(folder, issuer, [mqtt_lane(LANE)], {"broker": broker}).write()
    written = configure(site, "--write", files, "--cert", cert, "--key", key)
    assert written.exit_code == 0, written.output
    with estate_broker(files, port) as server:
        yield Street(site, server, cert, read_pairs(files / "accounts", ""), issuer)


async def passed(running: Gateway, count: int) -> None:
    await until(lambda: _recorded(running, "passage-completed", count), 30)


async def _recorded(running: Gateway, type_: str, count: int) -> bool:
    return len(await running.events(type=type_)) >= count


async def test_people_pass_before_and_after_the_broker_lost_its_memory(street: Street) -> None:
    async with gateway(street.site) as running:
        await running.until_ready()
        async with street.lane() as lane:
            await lane.visit(1)
            await passed(running, 1)
        await asyncio.to_thread(street.broker.restart, kill=True)  # it keeps no file: all is gone
        await until(lambda: _recorded(running, "alarm-raised", 1), 30)
        await running.until_ready()
        async with street.lane() as lane:
            await lane.visit(2)
            await passed(running, 2)
        events = await running.events()
        assert await running.stop() == 0
    decisions = [e["decision"] for e in events if e["type"] == "passage-decided"]
    assert decisions == ["admit", "admit"]
    alarms = [e["alarm"] for e in events if e["type"] == "alarm-raised"]
    assert alarms == ["broker-offline"]


async def test_what_the_broker_keeps_for_ever_opens_nothing(street: Street) -> None:
    async with street.lane() as lane:
        await lane.visit(1, retain=True)
        async with gateway(street.site) as running:
            await running.until_ready()
            await until(lambda: _recorded(running, "passage-decided", 1), 30)
            assert await running.events(type="gate-commanded") == []
            (decided,) = await running.events(type="passage-decided")
            assert (decided["decision"], decided["reasons"]) == ("refer", ["reading-stale"])
            await lane.visit(2)
            await passed(running, 1)


async def test_more_than_a_brokers_usual_queue_waits_for_a_gateway_that_is_away(
    street: Street,
) -> None:
    async with gateway(street.site) as running:
        await running.until_ready()  # its session begins
        assert await running.stop() == 0
    async with street.device(f"{LANE}-scan") as scanner:
        for number in range(QUEUED):
            scan = scan_message(f"s-{number}", "no code", real_now())
            await say(scanner, f"{LANE}-scan", scan)
    async with gateway(street.site) as running:
        await running.until_ready(60)
        await until(lambda: _recorded(running, "reading-received", QUEUED), 60)
        read = Counter(e["reading"] for e in await running.events(type="reading-received"))
        assert read == {f"s-{number}": 1 for number in range(QUEUED)}
        assert await running.events(type="gate-commanded") == []


async def test_nobody_comes_in_without_a_password_or_in_the_clear(street: Street) -> None:
    trust = ssl.create_default_context(cafile=street.certificate)
    for more in ({"tls_context": trust}, {"username": "gateway", "password": "guessed"}):
        with pytest.raises(MqttError):
            async with Client("localhost", street.broker.port, timeout=5, **more):
                pass
