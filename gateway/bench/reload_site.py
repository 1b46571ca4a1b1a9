"""A site for the reload benchmark: the gateway's own parts, people and gates in the same loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import yaml

from devices.commands import Command
from devices.ids import DeviceId, LaneId
from devices.readings import (
    CommandResult,
    Direction,
    Door,
    GateState,
    Online,
    Passage,
    Spot,
    Temperature,
    TemperatureKind,
)
from devices.units import Celsius
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.decision import Policy
from edge_rules.inputs import CredentialShown, Noted, ReadingArrived
from edge_rules.lane import DeviceRules, LaneRules
from edge_rules.policies import Policies
from edge_rules.restarting import resume
from edge_rules.turn import SiteRules
from gateway.bench.policy import data_of
from gateway.bench.visits import SITE
from gateway.clock import SystemClock
from gateway.outbox.outbox import Outbox
from gateway.policies.explanations import Explanations
from gateway.policies.file_watch import FileWatch
from gateway.policies.keeper import PolicyKeeper
from gateway.policies.loading import Loaded, load
from gateway.policies.shadow import Shadow
from gateway.policies.shelf import Shelf
from gateway.ports import Event
from gateway.runtime import SiteRuntime

LANES = 40  # at 200 visits/s each lane has 200 ms a person
LIMIT_CELSIUS = 37.3
STATE_S = 5.0
CLOCK = SystemClock()


def policy_text(rules: int, version: str) -> str:
    """Write the twelve rules that need no register, and so many more for single doors."""
    data = data_of(max(0, rules - 11))
    data["policy"] = f"bench-{version}"
    data["rules"] = [rule for rule in data["rules"] if rule["id"] != "blocked"]
    for rule in data["rules"]:
        if rule["id"] == "healthy":
            rule["reason"] = f"healthy-{version}"
    return yaml.safe_dump(data, sort_keys=False)


@dataclass
class Waits:
    """How long each person waited for the gate: from when it was due to when the gate was told."""

    ended_ms: list[float] = field(default_factory=list)
    _due_s: dict[str, float] = field(default_factory=dict)  # by the scan
    _granted_s: dict[str, float] = field(default_factory=dict)  # the same, by the grant

    def begin(self, scan: str, due_s: float) -> None:
        """Let somebody's wait begin."""
        self._due_s[scan] = due_s

    def committed(self, events: Sequence[Event]) -> None:
        """Hear which grant is whose; who gets none waits no longer."""
        for event in events:
            if event["type"] == "passage-decided":
                for due_s in filter(
                    None, (self._due_s.pop(id_, None) for id_ in event["readings"])
                ):
                    if event["grant"]:
                        self._granted_s[event["grant"]] = due_s

    def told(self, grant: str, at_s: float) -> None:
        """Hear that a gate was told to open; a command that is repeated counts once."""
        due_s = self._granted_s.pop(grant, None)
        if due_s is not None:
            self.ended_ms.append((at_s - due_s) * 1000)


@dataclass
class BenchGate:
    """A gate that obeys at once and lets its person through."""

    lane: LaneId
    device: DeviceId
    site: "BenchSite"

    async def run(self) -> None:
        """Live with the site."""

    def send(self, command: Command) -> None:
        """Obey, once the caller is done."""
        loop = asyncio.get_running_loop()
        if command.grant is not None:
            self.site.waits.told(command.grant, time.perf_counter())
        loop.call_soon(self._obey, command)

    def withdraw(self, command_id: str) -> None:
        """Nothing is repeated here."""

    def _obey(self, command: Command) -> None:
        give = self.site.give
        give(self.lane, self.device, CommandResult(command.id, True, None, None))
        passed = Passage(f"p-{command.id}", None, command.grant, Direction.IN)
        give(self.lane, self.device, passed)


@dataclass
class BenchSite:
    """The running site, and its people's waits."""

    runtime: SiteRuntime
    outbox: Outbox
    keeper: PolicyKeeper
    path: Path
    versions: dict[str, Loaded]
    waits: Waits
    shown: int = 0

    def give(self, lane: LaneId, device: DeviceId, reading: object) -> None:
        """Let a reading arrive."""
        arrived = ReadingArrived(lane, device, reading, CLOCK.now())  # type: ignore[arg-type]
        self.runtime.take(arrived)

    def visit(self, random: Random, due_s: float) -> None:
        """Let one person come: in ten one with a fever, whom nobody lets in."""
        self.shown += 1
        at = self.shown % LANES
        lane, ill = LaneId(f"lane-{at}"), self.shown % 10 == 0
        self.waits.begin(f"s-{self.shown}", due_s)
        subject = f"{random.getrandbits(128):032x}"
        valid = Credential(CredentialKind.EU_DCC, CredentialStatus.VALID, None, subject)
        celsius = Celsius(38.2 if ill else round(random.uniform(35.8, 37.2), 2))
        skin = (Spot.FOREHEAD, TemperatureKind.SURFACE, 0.2, "good")
        shown = CredentialShown(f"s-{self.shown}", None, valid)
        self.give(lane, DeviceId(f"scan-{at}"), shown)
        warm = Temperature(f"t-{self.shown}", None, celsius, *skin)
        self.give(lane, DeviceId(f"cam-{at}"), warm)

    async def until_gates_live(self) -> None:
        """Wait until every gate has said that it is there."""
        while not all(at.gate.ready(CLOCK.now()) for at in self.runtime.state.lanes.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def keep_gates_alive(self) -> None:
        """Say every few seconds what the gates would, each at a time of its own."""
        wait_s = 0.0  # at the start all at once
        while True:
            for lane in _lanes():
                for device in lane.devices if not wait_s else ():
                    self.give(lane.lane, device, Online(True))
                self.give(lane.lane, lane.gate, GateState(None, Door.CLOSED, "b", 1))
                await asyncio.sleep(wait_s)
            wait_s = STATE_S / LANES


@asynccontextmanager
async def bench_site(folder: Path, rules: int) -> AsyncIterator[BenchSite]:
    """Have a site at work while the block runs: runtime, record, watched policy file."""
    texts = {version: policy_text(rules, version) for version in ("a", "b")}
    versions = {version: load(text, f"{version}.yaml") for version, text in texts.items()}
    path = folder / "policy.yaml"
    path.write_text(texts["a"], "utf-8")
    outbox = Outbox(folder, SITE)
    outbox.start()
    waits = Waits()
    runtime = _runtime(outbox, versions["a"].compiled, waits)
    with ThreadPoolExecutor(1) as worker:
        shadow = Shadow(
            lambda: runtime.state.policies.current.policy,
            lambda type_, body: runtime.take(Noted(type_, body)),
            CLOCK,
        )
        shelf = Shelf(folder)
        keeper = PolicyKeeper(
            lambda: runtime.state.policies,
            runtime.take,
            shelf,
            worker,
            shadow,
            Explanations(shelf, worker, {}),
        )
        site = BenchSite(runtime, outbox, keeper, path, versions, waits)
        for lane in _lanes():
            runtime.drivers[lane.gate] = BenchGate(lane.lane, lane.gate, site)
        watch = FileWatch(path, texts["a"], keeper)
        tasks = [asyncio.create_task(run) for run in (watch.run(), site.keep_gates_alive())]
        try:
            yield site
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await outbox.close(20.0)


def _lanes() -> list[LaneRules]:
    roles = {"scan": "scanner", "cam": "thermometer", "gate": "gate"}
    return [
        LaneRules(
            LaneId(f"lane-{at}"),
            "bench",
            Direction.IN,
            frozenset({"credential", "temperature"}),
            DeviceId(f"gate-{at}"),
            {DeviceId(f"{name}-{at}"): DeviceRules(role) for name, role in roles.items()},
        )
        for at in range(LANES)
    ]


def _runtime(outbox: Outbox, policy: Policy, waits: Waits) -> SiteRuntime:
    now = CLOCK.now()
    limits = {(Spot.FOREHEAD, TemperatureKind.SURFACE): LIMIT_CELSIUS}
    ends_ms = now.wall_ms + 10**9
    rules = SiteRules(SITE, ZoneInfo("Asia/Shanghai"), limits, now, ends_ms)
    state, effects = resume(rules, Policies.of(policy), "bench", _lanes(), {}, [], now)
    runtime = SiteRuntime(
        state,
        clock=CLOCK,
        disk=outbox,
        name={"zh": "基准", "en": "Bench"},
        lane_names={},
        committed=waits.committed,
        lane_changed=lambda _: None,
        missing=list,
    )
    runtime.carry_out(effects)
    return runtime
