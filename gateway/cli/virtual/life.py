"""One life of the gateway's process: the real parts on virtual ports, until it is killed."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from paho.mqtt.client import MQTTMessage

from devices.moment import Moment
from drivers.mqtt_connection import Connection
from edge_rules.effects import Record
from gateway.cli.virtual.pen import AtOnce, DiskHand
from gateway.cli.virtual.store import StorePort
from gateway.machine import Machine
from gateway.outbox.ledger import Ledger
from gateway.outbox.outbox import Appended, Outbox
from gateway.outbox.schema import FILE, open_for_writing
from gateway.parts import Parts, open_outbox
from gateway.setup import Setup
from gateway.site_model import BrokerAt
from simulators.colour_book import ColourBook
from simulators.virtual.broker import Packet
from simulators.virtual.clients import GatewayConnection
from simulators.virtual.disk import VirtualDisk
from simulators.virtual.network import Network
from simulators.virtual.platform import VirtualPlatform
from simulators.virtual.promises import WAY_OUT_S, Promises
from simulators.virtual.store import VirtualStore
from simulators.virtual_clock import WALL_AT_START_MS, SkewedClock

BROKER = BrokerAt(url="mqtt://127.0.0.1:1883")  # the name of the virtual one in sentences
STEADY_S = 16.0  # three states of a gate: then both sides know of each other
FILES = (FILE, f"{FILE}-wal")


@dataclass(frozen=True, slots=True)
class Ports:
    """What outlives a process: the world around it."""

    setup: Setup
    network: Network
    disk: VirtualDisk
    store: VirtualStore
    promises: Promises
    seed: str
    colours: ColourBook


class WatchedOutbox(Outbox):
    """An outbox whose records are heard of as they are handed over."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        handed: Callable[[Sequence[Record]], None],
        **rest: Any,  # noqa: ANN401
    ) -> None:
        self._handed = handed
        super().__init__(*args, **rest)

    def append(self, records: Sequence[Record], settled: Any, failed: Any = None) -> Appended:  # noqa: ANN401
        """Queue records in order."""
        self._handed(records)
        return super().append(records, settled, failed)


@dataclass(slots=True)
class Life:
    """From the start of the process to its death."""

    ports: Ports
    clock: SkewedClock
    number: int
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    parts: Parts | None = None
    _outbox: Outbox | None = None
    _hand: DiskHand | None = None
    _connections: list[GatewayConnection] = field(default_factory=list)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    _left: dict[str, bytes] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return not self.dead.is_set()

    async def begin(self) -> None:
        """Start everything, in the order in which `gateway.running` does."""
        ports = self.ports
        ports.promises.begin_life()
        self._hand = DiskHand(
            ports.disk,
            self._written,
            self.kill,
            lambda: self.alive,
            lambda series, ms: (series, ms) in ports.store.answered,
            lambda what: ports.promises.complain(11, what),
        )
        machine = self._machine(self._hand)
        watched = partial(WatchedOutbox, handed=self._handed)
        self._outbox = outbox = open_outbox(ports.setup, machine, watched)
        past = outbox.past()
        outbox.start()
        self.parts = Parts(ports.setup, outbox, past, machine)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(task) for task in self.parts.tasks(BROKER)]

    def kill(self, why: str) -> None:
        """Die here and now: nothing of this process has any effect from here on."""
        if not self.alive:
            return
        self.dead.set()
        self.ports.network.trace.add("fault", f"the gateway is killed: {why}")
        for connection in self._connections:
            connection.drop("the gateway was killed")
        folder = self.ports.setup.site.data_folder
        self._left = {
            name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()
        }

    async def bury(self) -> None:
        """Clear the dead process away and leave its disk as the kill found it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.parts is not None:
            self.parts.close()
        if self._outbox is not None:
            self._outbox.abandon()
        folder = self.ports.setup.site.data_folder
        for path in sorted(folder.glob(f"{FILE}*")):
            path.unlink()
        for name, content in self._left.items():
            torn = self.ports.disk.tears() if name.endswith("-wal") else b""
            (folder / name).write_bytes(content + torn)
        self._settle_doubt(folder / FILE)

    def _settle_doubt(self, path: Path) -> None:
        """Let a commit that was reported as failed turn out to be written after all."""
        if self._hand is None or not self._hand.doubt:
            return
        ledger = Ledger(open_for_writing(path))
        for events in ledger.commit(self._hand.doubt, {}):
            for event in events:
                self.ports.promises.written(event)
                self._trace(event)
        ledger.close()

    def _machine(self, hand: DiskHand) -> Machine:
        name = f"{self.ports.seed}/gateway/{self.number}"
        tokens = Random(f"{name}/tokens")
        return Machine(
            clock=self.clock,
            clock_source=lambda: "virtual",
            random=Random(f"{name}/jitter"),
            token=lambda size: f"{tokens.getrandbits(8 * size):0{2 * size}x}",
            connect=self._connect,
            outbox=hand.machinery(),
            store=lambda *_: StorePort(self.ports.store),
            platform=lambda platform, _: VirtualPlatform(
                self.ports.colours, platform.deadline_ms / 1000, Random(f"{name}/platform")
            ),
            worker=AtOnce,
            loader=AtOnce,
        )

    def _connect(
        self,
        login: Any,  # noqa: ANN401
        client_id: str,
        *,
        now: Callable[[], Moment],
        heard: Callable[[MQTTMessage, Moment], None],
        **rest: Any,  # noqa: ANN401
    ) -> Connection:
        network = self.ports.network

        def hear(message: MQTTMessage, at: Moment) -> None:
            if message.topic.endswith("/button"):
                self._look_after_exit(message, connection)
            heard(message, at)

        connection = GatewayConnection(network, login, client_id, now=now, heard=hear, **rest)
        connection.acknowledging = self._acknowledged
        self._connections = [connection]
        return connection

    def _acknowledged(self, packet: Packet) -> None:
        if self.alive:
            self.ports.promises.acknowledged(packet)

    def _handed(self, records: Sequence[Record]) -> None:
        if self.alive:
            for record in records:
                self.ports.promises.handed(record.type, record.lane or "", record.body)

    def _written(self, event: Any) -> None:  # noqa: ANN401
        self.ports.promises.written(event)
        self._trace(event)

    def _trace(self, event: Any) -> None:  # noqa: ANN401
        text = repr(sorted((k, v) for k, v in event.items() if k not in {"facts"})).encode()
        about = f"{event['seq']} {event['type']}"
        self.ports.network.trace.add("record", about, text, lane=event.get("lane") or "")

    def _look_after_exit(self, message: MQTTMessage, connection: GatewayConnection) -> None:
        network = self.ports.network
        device = message.topic.split("/")[4]
        gate = network.steady(device, STEADY_S)
        loop = asyncio.get_running_loop()
        fenced = self.parts is not None and "broker" not in self.parts.runtime.ready()
        if gate is None or not fenced or loop.time() - connection.since_s < STEADY_S:
            return
        packet = Packet(message.topic, bytes(message.payload), message.qos)
        look = self.ports.promises.asks_out(
            packet, lambda: self.alive and connection.open and gate.open
        )
        if look is not None:
            loop.call_later(WAY_OUT_S, look)


def fresh_folder(folder: Path, seed: str) -> None:
    """Empty a data folder, and give it the key that this seed's subjects are hashed under."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    key = folder / "subject.key"
    key.write_bytes(Random(f"{seed}/key").randbytes(32))
    os.utime(key, (WALL_AT_START_MS / 1000, WALL_AT_START_MS / 1000))  # its age is the estate's
