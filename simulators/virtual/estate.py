"""The estate of one world: real devices and people of `simulators.estate`, on virtual wires."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from devices.moment import Moment
from simulators.device_link import BrokerAddress, DeviceLink
from simulators.estate import EstateBuilder
from simulators.gate import SimulatedGate
from simulators.payloads import Place
from simulators.scenario import Scenario
from simulators.virtual.clients import device_connection
from simulators.virtual.gates import WatchedGate
from simulators.virtual.network import Network
from simulators.virtual_clock import SkewedClock

CLOCKLESS = 0.3  # of the scanners and thermometers: they say no `at`, only the fence tells age
CRYSTAL = 5e-5  # a gate's second is at most this much too short or too long

CHANNELS = {
    "scanner": frozenset({"scan", "online"}),
    "thermometer": frozenset({"temperature", "online"}),
    "gate": frozenset({"state", "passage", "button", "result", "online"}),
}


@dataclass(slots=True)
class Estate:
    """Makes the devices; knows the clock of each."""

    scenario: Scenario
    network: Network
    seed: str
    uneven: bool  # whether crystals are
    clocks: dict[str, SkewedClock] = field(default_factory=dict)

    def builder(self) -> EstateBuilder:
        """Return what builds the lanes."""
        run = f"{Random(f'{self.seed}/run').getrandbits(24):06x}"
        return EstateBuilder(
            self.scenario, self.scenario.broker, run=run, link=self._link, gate=_gate
        )

    def speaks(self, lane: str) -> Mapping[str, frozenset[str]]:
        """Return what each device of a lane may say."""
        here = next(here for here in self.scenario.lanes if here.lane == lane).devices
        return {
            device.device: CHANNELS[role]
            for role, device in (
                ("scanner", here.scanner),
                ("thermometer", here.thermometer),
                ("gate", here.gate),
            )
            if device is not None
        }

    def _link(self, place: Place, _: Random) -> DeviceLink:
        rng = Random(f"{self.seed}/{place.device}")
        drift = rng.uniform(-CRYSTAL, CRYSTAL) if self.uneven else 0.0
        clock = SkewedClock(asyncio.get_running_loop(), drift=drift)
        self.clocks[place.device] = clock
        if rng.random() < CLOCKLESS:
            self.network.clockless.add(place.device)
        return DeviceLink(
            place,
            BrokerAddress("virtual", 1883),
            now=clock.now,
            rng=rng,
            connected=lambda _, __, will: device_connection(self.network, place.device, will),
        )


def _gate(boot: str | None, now: Moment, **rest: object) -> SimulatedGate:
    return WatchedGate(boot, now, **rest)
