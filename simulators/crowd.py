"""Visits at a steady rate on many lanes, with a ledger of what was sent, acknowledged and seen."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from random import Random
from typing import Any

from aiomqtt import MqttError

from devices.moment import Moment
from simulators.device_link import BrokerAddress, DeviceLink, connection
from simulators.gate import SimulatedGate
from simulators.gate_order import read_order
from simulators.mqtt_devices import MqttGate
from simulators.payloads import (
    Message,
    Place,
    read_object,
    scan_message,
    temperature_message,
)
from simulators.people import Kind
from simulators.real_clock import real_now
from simulators.wallet import CodeIssuer, Wallet

HEALTHY_CELSIUS = 36.3
LAST_ACKNOWLEDGEMENTS_S = 10.0
LINGER_S = 1.0  # gates go on answering for the last visits: the usual life of a command
WATCHED = ("command", "result", "passage", "state")


@dataclass(frozen=True, slots=True)
class CrowdLane:
    """An inward lane and its three MQTT devices."""

    lane: str
    scanner: str
    thermometer: str
    gate: str


@dataclass(slots=True)
class Sent:
    """A reading that was published; `acknowledged` once the broker had it."""

    lane: str
    device: str
    channel: str
    id: str
    wall_ms: int
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that crossed the wire between the gateway and a gate."""

    lane: str
    device: str
    channel: str
    body: Mapping[str, Any]
    wall_ms: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A gate that obeyed an `open`, at the moment when it did."""

    gate: str
    command: str
    grant: str | None
    wall_ms: int


@dataclass(slots=True)
class Ledger:
    """Everything a test needs to hold the gateway to its promises."""

    sent: list[Sent] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)

    @property
    def acknowledged(self) -> list[Sent]:
        """Return the readings that the broker has."""
        return [sent for sent in self.sent if sent.acknowledged]

    def on(self, channel: str) -> list[Seen]:
        """Return what was seen on a channel, in order."""
        return [seen for seen in self.seen if seen.channel == channel]

    @property
    def openings(self) -> set[str]:
        """Return the ids of the commands that said `open`."""
        return {seen.body["id"] for seen in self.on("command") if seen.body.get("do") == "open"}

    def to_json(self) -> str:
        """Write it down for another process."""
        return json.dumps(asdict(self), ensure_ascii=False)


async def send_visits(
    broker_url: str,
    site: str,
    lanes: Sequence[CrowdLane],
    rate_per_s: float,
    duration_s: float,
    issuer: CodeIssuer,
    *,
    stamped: bool = True,
    ledger: Ledger | None = None,
) -> Ledger:
    """Send healthy visits round the lanes while gates answer and people pass.

    A ledger of one's own can be read while the crowd is still coming, and is whole after a
    cancellation too. Without `stamped` the readings carry no `at`.
    """
    ledger = Ledger() if ledger is None else ledger
    async with crowd_at_work(broker_url, site, lanes, ledger) as at_work:
        visits = range(round(rate_per_s * duration_s))
        async with asyncio.timeout(duration_s + LAST_ACKNOWLEDGEMENTS_S):
            await keep_coming(at_work, rate_per_s, issuer, ledger, visits, stamped=stamped)
        await asyncio.sleep(LINGER_S)
    return ledger


async def keep_coming(
    lanes: "Sequence[LaneOfCrowd]",
    rate_per_s: float,
    issuer: CodeIssuer,
    ledger: Ledger,
    visits: Iterable[int] | None = None,
    *,
    stamped: bool = True,
) -> None:
    """Send visits until all numbered ones are acknowledged; without numbers until cancelled."""
    wallet = Wallet(issuer)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    async with asyncio.TaskGroup() as on:
        for number in count() if visits is None else visits:
            await asyncio.sleep(began_s + number / rate_per_s - loop.time())
            lane = lanes[number % len(lanes)]
            code = wallet.code(Kind.HEALTHY, f"crowd/{lane.run}/{number}")
            on.create_task(lane.send(number, code or "", ledger, stamped=stamped))


@dataclass(frozen=True, slots=True)
class LaneOfCrowd:
    """One lane's two readers."""

    run: str
    scanner: DeviceLink
    thermometer: DeviceLink

    async def send(self, number: int, code: str, ledger: Ledger, *, stamped: bool) -> None:
        """Publish one person's scan and temperature; the ledger knows of both first."""
        now = self.scanner.now()
        scan = scan_message(f"s{self.run}-{number}", code, now)
        measured = temperature_message(
            f"t{self.run}-{number}", HEALTHY_CELSIUS, "forehead", "surface", now
        )
        async with asyncio.TaskGroup() as both:
            for link, message in ((self.scanner, scan), (self.thermometer, measured)):
                body = {k: v for k, v in message.body.items() if stamped or k != "at"}
                place = link.place
                sent = Sent(place.lane, place.device, message.channel, body["id"], now.wall_ms)
                ledger.sent.append(sent)
                both.create_task(_publish(link, Message(message.channel, body), sent))


async def _publish(link: DeviceLink, message: Message, sent: Sent) -> None:
    sent.acknowledged = await link.say(message)


class WrittenDownGate(SimulatedGate):
    """A quick gate whose openings stand in the ledger."""

    def __init__(self, name: str, ledger: Ledger, boot: str, now: Moment, *, prefix: str) -> None:
        super().__init__(boot, now, closing_ms=20, prefix=prefix)
        self._name = name
        self._ledger = ledger

    def receive(self, payload: bytes, now: Moment) -> list[Message]:
        """Obey, and write it down where that opened the gate."""
        before = self.openings
        said = super().receive(payload, now)
        order = read_order(payload) if self.openings > before else None
        if order is not None:
            self._ledger.opened.append(Opened(self._name, order.id, order.grant, now.wall_ms))
        return said


@asynccontextmanager
async def crowd_at_work(
    broker_url: str, site: str, lanes: Sequence[CrowdLane], ledger: Ledger
) -> AsyncIterator[list[LaneOfCrowd]]:
    """Keep the devices of all lanes connected, gates answering, everything written down."""
    broker, run = BrokerAddress.parse(broker_url), secrets.token_hex(3)

    def link(lane: CrowdLane, device: str) -> DeviceLink:
        return DeviceLink(Place(site, lane.lane, device), broker, now=real_now, rng=Random(device))

    gates = [
        MqttGate(
            link(lane, lane.gate),
            WrittenDownGate(lane.gate, ledger, f"b{run}", real_now(), prefix=f"g{run}"),
        )
        for lane in lanes
    ]
    readers = [
        LaneOfCrowd(run, link(lane, lane.scanner), link(lane, lane.thermometer)) for lane in lanes
    ]
    links = [each for lane in readers for each in (lane.scanner, lane.thermometer)]
    watching = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(watch_wire(broker, site, ledger, watching))]
        running += [tasks.create_task(gate.run()) for gate in gates]
        running += [tasks.create_task(each.run()) for each in links]
        running += [tasks.create_task(_walk_through(gate)) for gate in gates]
        try:
            await watching.wait()
            for each in [*links, *(gate.link for gate in gates)]:
                await each.until_connected()
            # What comes behind a gate's word finds a gateway that has heard it too.
            spoken = {lane.gate for lane in lanes}
            while not spoken <= {seen.device for seen in ledger.on("state")}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            yield readers
        finally:
            for task in running:
                task.cancel()


async def _walk_through(gate: MqttGate) -> None:
    while True:
        await gate.until_open()
        await gate.walk_through("in", 0.01)
        await gate.until_closed()


async def watch_wire(
    broker: BrokerAddress, site: str, ledger: Ledger, watching: asyncio.Event
) -> None:
    """Write down all that crosses the wire to and from gates; `watching` is set once it hears."""
    while True:
        try:
            async with connection(broker) as client:
                for channel in WATCHED:
                    await client.subscribe(f"menshen/1/{site}/+/+/{channel}", qos=1)
                watching.set()
                async for message in client.messages:
                    _, _, _, lane, device, channel = message.topic.value.split("/")
                    if isinstance(message.payload, bytes):
                        body = read_object(message.payload) or {}
                        seen = Seen(lane, device, channel, body, real_now().wall_ms)
                        ledger.seen.append(seen)
        except (MqttError, TimeoutError):
            await asyncio.sleep(0.1)  # the broker is being restarted
