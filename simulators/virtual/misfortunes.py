"""What happens to a world at moments of its own choosing: cuts, reboots, kills, clocks, stores."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from simulators.mqtt_devices import MqttGate
from simulators.virtual.broker import Packet, VirtualBroker
from simulators.virtual.disk import VirtualDisk
from simulators.virtual.faults import KINDS, Faults
from simulators.virtual.gates import WatchedGate
from simulators.virtual.network import HALF_OPEN_S, Network
from simulators.virtual.store import VirtualStore
from simulators.virtual.trace import Trace
from simulators.virtual_clock import SkewedClock

WALL_STEPS_MS = (-86_400_000, -3_600_000, -30_000, -3000, 3000, 30_000, 3_600_000, 86_400_000)
DEVICE_CLOCK_MS = 1500.0


class Gateway(Protocol):
    """The process under test, as what befalls it sees it."""

    client: str
    clock: SkewedClock

    def kill(self, why: str) -> None:
        """Die at once, without a last word; it is started again some time later."""
        ...


@dataclass(slots=True)
class Misfortunes:
    """Everything that strikes by itself; `run` ends when the storms do, and all is well again."""

    faults: Faults
    network: Network
    broker: VirtualBroker
    store: VirtualStore
    disk: VirtualDisk
    gateway: Gateway
    trace: Trace
    gates: Mapping[str, MqttGate]
    clocks: Mapping[str, SkewedClock]
    site: str

    async def run(self) -> None:
        """Let it all happen until the storms are over, then put everything right."""
        blows: Mapping[str, Callable[[Random], Awaitable[None]]] = {
            "stranger": self._stranger,
            "gateway-cut": self._cut_gateway,
            "device-cut": self._cut_device,
            "device-reboot": self._reboot_gate,
            "gateway-crash": self._kill_gateway,
            "disk-full": self._fill_disk,
            "clock-step": self._step_clock,
            "clock-drift": self._skew_devices,
            "store-forgets": self._kill_store,
            "store-silent": self._silence_store,
            "store-refuses": self._make_store_refuse,
            "broker-drops": self._drop_queue,
            "broker-restarts": self._restart_broker,
        }
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._again_and_again(k, blow)) for k, blow in blows.items()]
        try:
            await asyncio.sleep(self.faults.until_s - loop.time())
        finally:
            for task in tasks:
                task.cancel()
            self._put_right()

    async def _again_and_again(self, kind: str, blow: Callable[[Random], Awaitable[None]]) -> None:
        chance = self.faults.chance(kind)
        while True:
            await asyncio.sleep(chance.expovariate(1 / KINDS[kind].every_s))
            if self.faults.raging(kind):
                self.faults.counts[kind] += 1
                self.trace.add("fault", kind)
                await blow(chance)

    def _put_right(self) -> None:
        self.disk.full = self.store.silent = self.store.refuses = False
        self.broker.start()
        self.gateway.clock.wall_error_ms = 0.0
        for clock in self.clocks.values():
            clock.wall_error_ms = 0.0
        self.trace.add("fault", "all is well again")

    async def _stranger(self, chance: Random) -> None:
        lane = chance.choice(sorted(self.gates))
        gate = self.gates[lane].link.place.device
        id_ = f"x{chance.getrandbits(32):x}"
        channel, body = chance.choice(
            [
                ("scan", f'{{"id":"{id_}","text":"HC1:"}}'),
                (
                    "temperature",
                    f'{{"id":"{id_}","celsius":36.5,"spot":"forehead","kind":"surface"}}',
                ),
                ("online", '{"online":true}'),
                ("passage", f'{{"id":"{id_}","grant":null,"direction":"in"}}'),
            ]
        )
        device = chance.choice(["nobody", gate]) if channel in {"scan", "temperature"} else "nobody"
        topic = f"menshen/1/{self.site}/{lane}/{device}/{channel}"
        self.broker.publish("stranger", Packet(topic, body.encode(), 1))

    async def _cut_gateway(self, chance: Random) -> None:
        half_open_s = chance.choice([0.0, chance.uniform(0, HALF_OPEN_S)])
        self.network.cut(self.gateway.client, chance.uniform(0.05, 8), half_open_s=half_open_s)

    async def _cut_device(self, chance: Random) -> None:
        half_open_s = chance.choice([0.0, chance.uniform(0, HALF_OPEN_S)])
        device = chance.choice(sorted(self.clocks))
        self.network.cut(device, chance.uniform(0.05, 12), half_open_s=half_open_s)

    async def _reboot_gate(self, chance: Random) -> None:
        gate = self.gates[chance.choice(sorted(self.gates))]
        self.network.cut(gate.link.place.device, chance.uniform(0.2, 3))
        if isinstance(gate.gate, WatchedGate):
            gate.act(gate.gate.lose_power)

    async def _kill_gateway(self, _: Random) -> None:
        self.gateway.kill("killed")

    async def _fill_disk(self, chance: Random) -> None:
        self.disk.fill()
        await asyncio.sleep(chance.uniform(1, 20))
        self.disk.full = False

    async def _step_clock(self, chance: Random) -> None:
        self.gateway.clock.wall_error_ms += chance.choice(WALL_STEPS_MS)
        await asyncio.sleep(chance.uniform(2, 20))
        self.gateway.clock.wall_error_ms = 0.0

    async def _skew_devices(self, chance: Random) -> None:
        for device in sorted(self.clocks):
            error_ms = chance.uniform(-DEVICE_CLOCK_MS, DEVICE_CLOCK_MS)
            self.clocks[device].wall_error_ms = error_ms

    async def _kill_store(self, _: Random) -> None:
        self.store.forget()
        # Its second sending has to be over before it may forget again.
        await asyncio.sleep(200)

    async def _silence_store(self, chance: Random) -> None:
        self.store.silent = True
        await asyncio.sleep(chance.uniform(1, 25))
        self.store.silent = False

    async def _make_store_refuse(self, chance: Random) -> None:
        self.store.refuses = True
        await asyncio.sleep(chance.uniform(1, 15))
        self.store.refuses = False

    async def _drop_queue(self, chance: Random) -> None:
        self.network.cut(self.gateway.client, chance.uniform(1, 6))
        await asyncio.sleep(chance.uniform(0.5, 3))
        self.broker.drop_queues(self.gateway.client)

    async def _restart_broker(self, chance: Random) -> None:
        self.broker.stop()
        await asyncio.sleep(chance.uniform(0.2, 6))
        self.broker.start()
