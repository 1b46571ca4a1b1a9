"""One world from one seed: estate, people, guards, misfortunes, and the gateway in the middle."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from devices.readings import Direction
from gateway.cli.virtual.life import Ports, fresh_folder
from gateway.cli.virtual.process import VirtualGateway
from gateway.cli.virtual.reckoning import reckon
from gateway.outbox.schema import FILE
from gateway.setup import Setup
from simulators.colour_book import ColourBook, ColourIssuer
from simulators.estate import let_people_come
from simulators.people import Kind
from simulators.scenario import LaneHere, Scenario
from simulators.tally import Happening, Outcome, Tally
from simulators.virtual.broker import Packet, VirtualBroker
from simulators.virtual.disk import VirtualDisk
from simulators.virtual.estate import Estate
from simulators.virtual.faults import Faults
from simulators.virtual.gates import WatchedGate
from simulators.virtual.guards import Guards
from simulators.virtual.misfortunes import Misfortunes
from simulators.virtual.network import Network, lane_of
from simulators.virtual.promises import LaneTruth, Promises, Violation
from simulators.virtual.store import VirtualStore
from simulators.virtual.trace import Trace
from simulators.virtual_clock import SkewedClock, run_closed
from simulators.visiting import LaneAtWork
from simulators.wallet import CodeIssuer, Wallet

QUIET_S = 70.0  # people still come, nothing goes wrong any more
DRAIN_S = 75.0  # nobody comes: everything ends, and is sent a second time
SETTLED_S = 30.0  # into the quiet, and everybody who is healthy passes
SHORTEST_S = QUIET_S + DRAIN_S + 30.0
FEW = 3  # healthy people of whom at least one must have passed
CRYSTAL = 5e-5


@dataclass(frozen=True, slots=True)
class Outlived:
    """What came of one world."""

    seed: int
    simulated_s: float
    real_s: float
    tally: Tally
    faults: Counter[str]
    lives: int
    happenings: int
    events: int
    digest: str
    sent_late: int
    violations: tuple[Violation, ...]
    trace: tuple[str, ...]

    def summary(self) -> dict[str, Any]:
        """Lay it out as JSON."""
        hours = self.simulated_s / 3600
        return {
            "seed": self.seed,
            "simulated_hours": round(hours, 4),
            "visits": self.tally.people,
            "passed": self.tally.outcomes[Outcome.PASSED],
            "faults": dict(sorted(self.faults.items())),
            "lives": self.lives,
            "events": self.events,
            "happenings": self.happenings,
            "sent_late": self.sent_late,
            "violations": [str(violation) for violation in self.violations],
            "hash": self.digest,
            "simulated_hours_per_s": round(hours / self.real_s, 2),
        }


def live_through(
    setup: Setup,
    scenario: Scenario,
    issuer: CodeIssuer,
    seed: int,
    *,
    kinds: Iterable[str],
    seconds: float,
) -> Outlived:
    """Run one world to its end, or to the first broken promise."""
    logging.disable(logging.CRITICAL)
    try:
        return run_closed(World(setup, scenario, issuer, seed, frozenset(kinds), seconds).run())
    finally:
        logging.disable(logging.NOTSET)


@dataclass(slots=True)
class World:
    """Everything of one run."""

    setup: Setup
    scenario: Scenario
    issuer: CodeIssuer
    seed: int
    kinds: frozenset[str]
    seconds: float
    _late: list[Happening] = field(default_factory=list)
    _colours: ColourBook = field(init=False)

    def __post_init__(self) -> None:
        here = self.scenario.colour_codes
        self._colours = here.book(self.seed) if here else ColourBook()

    async def run(self) -> Outlived:
        """Run until the time is over or a promise is broken."""
        began_s = time.perf_counter()
        loop, seed = asyncio.get_running_loop(), str(self.seed)
        faults = Faults(seed, self.kinds, self.seconds - QUIET_S - DRAIN_S, loop.time)
        trace = Trace(loop.time)
        broker = VirtualBroker()
        network = Network(seed, broker, faults, trace)
        estate = Estate(self.scenario, network, seed, uneven="clock-drift" in self.kinds)
        promises = Promises(loop.time, self._lanes(estate), trace)
        loop.set_exception_handler(lambda _, about: _raised(about, promises))
        ports = Ports(
            self.setup,
            network,
            VirtualDisk(faults, Random(f"{seed}/disk")),
            VirtualStore(Random(f"{seed}/store")),
            promises,
            seed,
            self._colours,
        )
        gateway = _gateway(ports, estate)
        fresh_folder(self.setup.site.data_folder, seed)
        network.sent = partial(_sent, gateway, faults, promises)
        promises.clock_doubt_s = partial(_doubt_s, gateway, estate, faults)
        tally = Tally()
        async with estate.builder().lanes() as lanes:
            gates = {lane.lane: lane.gate for lane in lanes}
            _watch(lanes, promises, estate)
            misfortunes = Misfortunes(
                faults, network, broker, ports.store, ports.disk, gateway, trace, gates,
                estate.clocks, self.scenario.site,
            )  # fmt: skip
            guards = Guards(gateway, gates, Random(f"{seed}/guards"), faults.until_s)
            people = self._people(lanes, tally, promises)
            await self._live([gateway.run(), misfortunes.run(), guards.run(), *people], promises)
            digest, happenings, events = trace.digest, trace.count, 0
            if not promises.violations:
                self._check_lanes(promises)
                events = await self._reckon(gateway, ports)
        lane = promises.violations[0].lane if promises.violations else ""
        return Outlived(
            self.seed, loop.time(), time.perf_counter() - began_s, tally, faults.counts,
            gateway.lives, happenings, events, digest, promises.sent_late,
            tuple(promises.violations),
            tuple(trace.last_of(lane)) if promises.violations else (),
        )  # fmt: skip

    async def _live(self, parts: Sequence[Coroutine[Any, Any, None]], promises: Promises) -> None:
        """Let everything run until the time is over, a promise is broken, or a part fails."""
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        promises.broken = over.set
        tasks = [loop.create_task(part) for part in parts]
        for task in tasks:
            task.add_done_callback(
                lambda done: over.set() if not done.cancelled() and done.exception() else None
            )
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self.seconds):
                await over.wait()
        failed = [t for t in tasks if t.done() and not t.cancelled() and t.exception()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in failed:
            task.result()

    async def _reckon(self, gateway: VirtualGateway, ports: Ports) -> int:
        gateway.kill("the world ends")
        if gateway.life is not None:
            await gateway.life.bury()
        path = self.setup.site.data_folder / FILE
        return reckon(path, ports.store, ports.promises, ports.disk.dropped)

    def _lanes(self, estate: Estate) -> dict[str, LaneTruth]:
        found = {}
        for lane in self.setup.site.lanes:
            here = next((one for one in self.scenario.lanes if one.lane == lane.lane), None)
            if here is not None:
                life_ms = min(lane.open_within_ms, lane.pass_within_ms)
                inward = lane.direction is Direction.IN
                gate = here.devices.gate.device
                speaks = estate.speaks(lane.lane)
                found[str(lane.lane)] = LaneTruth(lane.lane, inward, gate, life_ms / 1000, speaks)
        return found

    def _people(
        self, lanes: Sequence[LaneAtWork], tally: Tally, promises: Promises
    ) -> list[Coroutine[Any, Any, None]]:
        here = self.scenario.colour_codes
        issuer = ColourIssuer(self._colours, self.issuer, here.share) if here else self.issuer
        wallet = Wallet(issuer)
        scenario = self.scenario.model_copy(update={"seed": self.seed})
        stops_s = self.seconds - DRAIN_S

        def happened(happening: Happening) -> None:
            now_s = promises.now_s()
            promises.trace.add(
                "person", f"{happening.kind} {happening.outcome}", lane=happening.lane
            )
            tally.add(happening)
            if now_s > stops_s - QUIET_S + SETTLED_S:
                self._late.append(happening)

        async def come(here: LaneHere, lane: LaneAtWork) -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(stops_s):
                    await let_people_come(scenario, here, lane, wallet, happened)

        return [come(here, lane) for here, lane in zip(scenario.lanes, lanes, strict=True)]

    def _check_lanes(self, promises: Promises) -> None:
        """Complain of a lane where nobody healthy passes though all has been well for long."""
        for lane, truth in promises.lanes.items():
            healthy = [h for h in self._late if h.lane == lane and h.kind is Kind.HEALTHY]
            passed = sum(h.outcome is Outcome.PASSED for h in healthy)
            if len(healthy) >= FEW and not passed:
                way = "in" if truth.inward else "out"
                promises.complain(0, f"none of {len(healthy)} healthy people came {way}", lane)


def _gateway(ports: Ports, estate: Estate) -> VirtualGateway:
    rng = Random(f"{ports.seed}/crystal")
    drift = rng.uniform(-CRYSTAL, CRYSTAL) if estate.uneven else 0.0
    clock = SkewedClock(asyncio.get_running_loop(), drift=drift)
    return VirtualGateway(ports, f"menshen-{ports.setup.site.site}", clock, drift)


def _watch(lanes: Sequence[LaneAtWork], promises: Promises, estate: Estate) -> None:
    for lane in lanes:
        device = lane.gate.link.place.device
        promises.clocks[device] = estate.clocks[device].now
        if isinstance(lane.gate.gate, WatchedGate):
            promises.gates[device] = lane.gate.gate
            lane.gate.gate.moved = partial(promises.moved, lane.lane)


def _sent(
    gateway: VirtualGateway, faults: Faults, promises: Promises, client: str, packet: Packet
) -> None:
    """Hear of a message before it is on the wire; the gateway may die over it, or behind it."""
    if client == gateway.client and faults.strikes("crash-at-send"):
        if faults.chance("crash-at-send").random() < 0.5:
            gateway.kill(f"before {packet.topic}")
            return
        asyncio.get_running_loop().call_soon(gateway.kill, f"after {packet.topic}")
    promises.trace.add("said", packet.topic, packet.payload, lane=lane_of(packet.topic))
    promises.said(client, packet)


def _doubt_s(gateway: VirtualGateway, estate: Estate, faults: Faults) -> float:
    """Say by how much the age of a reading may be misjudged: clocks are not all right."""
    errors_ms = [clock.wall_error_ms for clock in estate.clocks.values()]
    recent = "clock-step" in faults.kinds and faults.counts["clock-step"] > 0
    return (
        math.inf if recent else (max(map(abs, errors_ms)) + abs(gateway.clock.wall_error_ms)) / 1000
    )


def _raised(about: Mapping[str, Any], promises: Promises) -> None:
    error = about.get("exception")
    what = f"{type(error).__name__}: {error}" if error else about["message"]
    promises.complain(0, f"an exception that nobody caught: {what}")
