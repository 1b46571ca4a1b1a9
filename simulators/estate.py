"""A whole estate at a broker: devices that stay connected, people who walk through."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random

from devices.moment import Moment
from simulators.colour_book import ColourIssuer
from simulators.device_link import Account, BrokerAddress, DeviceLink
from simulators.gate import SimulatedGate
from simulators.mqtt_devices import Display, MqttGate, MqttScanner, MqttThermometer
from simulators.payloads import Place
from simulators.people import Kind, arrivals
from simulators.real_clock import real_now
from simulators.scenario import LaneHere, Scenario
from simulators.serial_scanner import SerialScanner
from simulators.tally import Happening, Tally
from simulators.visiting import LaneAtWork, Scanner, visit
from simulators.wallet import CodeIssuer, Wallet

AccountOf = Callable[[str], Account | None]
LinkFactory = Callable[[Place, Random], DeviceLink]
GateFactory = Callable[..., SimulatedGate]


def anonymous(_: str) -> Account | None:
    """Give no device an account: right on loopback alone."""
    return None


async def run_estate(
    scenario: Scenario,
    *,
    issuer: CodeIssuer,
    broker_url: str | None = None,
    account_of: AccountOf = anonymous,
    report: Callable[[Happening], None] | None = None,
    now: Callable[[], Moment] = real_now,
) -> Tally:
    """Run until the scenario's `duration_s` is over, or until cancelled; no connection stays.

    `account_of` gives each device its own credentials at the broker; `report` hears of each visit.
    """
    tally = Tally()
    builder = EstateBuilder(scenario, broker_url or scenario.broker, account_of, now)

    def happened(happening: Happening) -> None:
        tally.add(happening)
        if report:
            report(happening)

    async with _with_colours(scenario, issuer) as codes, builder.lanes() as lanes:
        wallet = Wallet(codes)
        try:
            async with asyncio.timeout(scenario.duration_s), asyncio.TaskGroup() as walkers:
                for here, lane in zip(scenario.lanes, lanes, strict=True):
                    walkers.create_task(let_people_come(scenario, here, lane, wallet, happened))
        except TimeoutError:
            pass  # the scenario's time is over
    return tally


@asynccontextmanager
async def _with_colours(scenario: Scenario, issuer: CodeIssuer) -> AsyncIterator[CodeIssuer]:
    """Run the scenario's platform of colour codes, if it has one, and let some people have one."""
    here = scenario.colour_codes
    if here is None:
        yield issuer
        return
    from simulators.colour_platform import ColourPlatform, serving  # noqa: PLC0415 - a web server

    book = here.book(scenario.seed)
    async with serving(ColourPlatform(book), here.port):
        yield ColourIssuer(book, issuer, here.share)


async def let_people_come(
    scenario: Scenario,
    here: LaneHere,
    lane: LaneAtWork,
    wallet: Wallet,
    happened: Callable[[Happening], None],
) -> None:
    """Let people come to one lane; who comes early waits for the one before."""
    await lane.gate.link.until_connected()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    shares = {Kind.HEALTHY: 1.0} if lane.direction == "out" else scenario.shares.by_kind()
    coming = arrivals(
        f"{scenario.seed}/{here.lane}", scenario.per_minute(here), shares, scenario.tailgaters
    )
    for person in coming:
        await asyncio.sleep(began_s + person.arrives_s - loop.time())
        code = None
        if lane.direction == "in":
            code = wallet.code(person.kind, f"{here.lane}/{person.number}")
        happened(await visit(lane, person, code, scenario.steps))


@dataclass(frozen=True, slots=True)
class EstateBuilder:
    """Puts the devices of a scenario on a broker."""

    scenario: Scenario
    broker_url: str
    account_of: AccountOf = anonymous
    now: Callable[[], Moment] = real_now
    run: str | None = None  # ids differ from run to run, or they would be taken for copies
    link: LinkFactory | None = None
    gate: GateFactory = SimulatedGate

    @asynccontextmanager
    async def lanes(self) -> AsyncIterator[list[LaneAtWork]]:
        """Keep every device connected while the block runs, then hang all of them up."""
        run = self.run or secrets.token_hex(3)
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            devices: list[MqttGate | MqttScanner | MqttThermometer] = []
            lanes = [await self._lane(here, run, stack, devices) for here in self.scenario.lanes]
            running = [tasks.create_task(device.run()) for device in devices]
            try:
                yield lanes
            finally:
                for task in running:
                    task.cancel()

    async def _lane(
        self,
        here: LaneHere,
        run: str,
        stack: AsyncExitStack,
        devices: list[MqttGate | MqttScanner | MqttThermometer],
    ) -> LaneAtWork:
        display = Display()
        gate_here, thermometer_here = here.devices.gate, here.devices.thermometer
        link = self._link(here, gate_here.device, display)
        boot = f"b{run}" if gate_here.ticks else None
        closing_ms = gate_here.closing_s * 1000
        gate = MqttGate(
            link,
            self.gate(
                boot, link.now(), fail=gate_here.fail, closing_ms=closing_ms, prefix=f"g{run}"
            ),
        )
        devices.append(gate)
        thermometer = None
        if thermometer_here is not None:
            thermometer = MqttThermometer(
                self._link(here, thermometer_here.device, display),
                f"t{run}",
                spot=thermometer_here.spot.value,
                kind=thermometer_here.measures.value,
            )
            devices.append(thermometer)
        scanner = await self._scanner(here, run, display, stack)
        if isinstance(scanner, MqttScanner):
            devices.append(scanner)
        return LaneAtWork(here.lane, here.direction.value, gate, scanner, thermometer, display)

    async def _scanner(
        self, here: LaneHere, run: str, display: Display, stack: AsyncExitStack
    ) -> Scanner | None:
        scanner = here.devices.scanner
        if scanner is None:
            return None
        if scanner.port is None:
            return MqttScanner(self._link(here, scanner.device, display), f"s{run}")
        rng = Random(f"{self.scenario.seed}/{scanner.device}")
        serial = SerialScanner(scanner.port, rng, framing=scanner.framing, noise=scanner.noise)
        return await stack.enter_async_context(serial)

    def _link(self, here: LaneHere, device: str, display: Display) -> DeviceLink:
        place = Place(self.scenario.site, here.lane, device)
        rng = Random(f"{self.scenario.seed}/{device}")
        link = self.link(place, rng) if self.link else self._real_link(place, rng)
        display.attach(link)
        return link

    def _real_link(self, place: Place, rng: Random) -> DeviceLink:
        return DeviceLink(
            place,
            BrokerAddress.parse(self.broker_url),
            now=self.now,
            rng=rng,
            account=self.account_of(place.device),
        )
