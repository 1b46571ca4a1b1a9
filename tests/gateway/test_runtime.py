"""gateway.runtime, in virtual time, on a disk that commits when the test says so."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from devices.commands import Command, Show
from devices.ids import DeviceId
from devices.moment import Moment
from devices.readings import CommandResult, Door, GateState, Online, Spot, Temperature
from devices.readings import TemperatureKind as Kind
from devices.units import Celsius
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.effects import Record
from edge_rules.inputs import Act, CredentialShown, OperatorActed, ReadingArrived
from edge_rules.restarting import resume
from gateway.outbox.errors import OutboxFullError
from gateway.ports import Event
from gateway.runtime import SiteRuntime
from simulators.virtual_clock import VirtualClock, run_virtual
from tests.edge_rules.scene import CAMERA, GATE, IN, LANES, SCANNER, PlainPolicy, site_rules

Settle = Callable[[Sequence[Event]], None]


@dataclass
class Entry:
    records: Sequence[Record]
    settled: Settle
    taken_back: bool = False
    writing: bool = False

    def take_back(self) -> bool:
        self.taken_back = not self.writing
        return self.taken_back


@dataclass
class PaperDisk:
    """Keeps what is appended until `commit`."""

    waiting: list[Entry] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    free: int = 1000
    full: bool = False

    def append(self, records: Sequence[Record], settled: Settle) -> Entry:
        if self.full:
            raise OutboxFullError(25_000, len(records))
        self.waiting.append(Entry(records, settled))
        return self.waiting[-1]

    async def read(self, after: int, limit: int, **_: Any) -> list[Event]:  # noqa: ANN401
        found: list[Event] = [e for e in self.events if e["seq"] > after]
        return found[:limit]

    def room(self) -> int:
        return self.free

    def commit(self) -> None:
        while self.waiting:
            entry = self.waiting.pop(0)
            if entry.taken_back:
                continue
            new = [
                {"seq": len(self.events) + at, "id": r.id, "type": r.type, "lane": r.lane, **r.body}
                for at, r in enumerate(entry.records, 1)
            ]
            self.events += new
            entry.settled(new)


@dataclass
class PaperGate:
    sent: list[tuple[float, Command]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    shown: list[Show] = field(default_factory=list)

    async def run(self) -> None:
        await asyncio.Event().wait()

    def send(self, command: Command) -> None:
        self.sent.append((asyncio.get_running_loop().time() * 1000, command))

    def withdraw(self, command_id: str) -> None:
        self.withdrawn.append(command_id)

    def show(self, show: Show) -> None:
        self.shown.append(show)


@dataclass
class Stage:
    disk: PaperDisk
    gate: PaperGate
    clock: VirtualClock
    runtime: SiteRuntime
    acks: list[str] = field(default_factory=list)

    def arrive(self, device: DeviceId, reading: Any, name: str = "") -> None:  # noqa: ANN401
        given = ReadingArrived(IN, device, reading, self.clock.now())
        self.runtime.take(given, lambda: self.acks.append(name))

    def visit(self, subject: str = "s-ann") -> None:
        shown = Credential(CredentialKind.EU_DCC, CredentialStatus.VALID, None, subject)
        self.arrive(SCANNER, CredentialShown(f"scan-{subject}", None, shown), "scan")
        warm = Temperature(
            f"warm-{subject}", None, Celsius(36.5), Spot.FOREHEAD, Kind.SURFACE, quality="good"
        )
        self.arrive(CAMERA, warm, "warm")

    def types(self) -> list[str]:
        return [event["type"] for event in self.disk.events]


def stage(play: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    """Set a site up in virtual time and play one scene on it."""

    async def main() -> None:
        clock = VirtualClock(asyncio.get_running_loop())
        now: Moment = clock.now()
        rules = site_rules(started=now, screening_ends_ms=now.wall_ms + 10**9)
        state, _ = resume(rules, PlainPolicy(), "r1", LANES, {}, [], now)
        disk, gate = PaperDisk(), PaperGate()
        runtime = SiteRuntime(
            state, clock=clock, disk=disk, name={"zh": "滨河", "en": "Riverside"}, lane_names={},
            committed=lambda _: None, lane_changed=lambda _: None, missing=list,
        )  # fmt: skip
        runtime.drivers[GATE] = gate
        on = Stage(disk, gate, clock, runtime)
        for device in (SCANNER, CAMERA, GATE):
            on.arrive(device, Online(True))
        on.arrive(GATE, GateState(None, Door.CLOSED, "b1", 1))
        disk.commit()
        on.acks.clear()
        await play(on)

    run_virtual(main())


def test_command_leaves_after_its_decision_is_on_disk() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        assert on.gate.sent == []
        on.disk.commit()
        (_, command), *more = on.gate.sent
        assert more == []
        assert on.types()[-2:] == ["passage-decided", "gate-commanded"]
        assert on.disk.events[-1]["command"] == command.id

    stage(play)


def test_readings_are_acknowledged_once_journalled_in_order() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        assert on.acks == []
        on.disk.commit()
        assert on.acks == ["scan", "warm"]

    stage(play)


def test_admission_the_disk_does_not_keep_in_time_becomes_a_referral() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        await asyncio.sleep(1.5)
        on.disk.commit()
        assert on.gate.sent == []
        decided = [e for e in on.disk.events if e["type"] == "passage-decided"]
        assert [(e["decision"], e["reasons"]) for e in decided] == [("refer", ["record-late"])]
        assert on.types().count("reading-received") == 2
        assert on.acks == ["scan", "warm"]

    stage(play)


def test_admission_caught_in_the_middle_of_writing_is_superseded() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        for entry in on.disk.waiting:
            entry.writing = True
        await asyncio.sleep(1.5)
        on.disk.commit()
        assert on.gate.sent == []
        admit, refer = [e for e in on.disk.events if e["type"] == "passage-decided"]
        assert (admit["decision"], refer["decision"]) == ("admit", "refer")
        assert refer["supersedes"] == admit["id"]

    stage(play)


def test_operators_opening_goes_out_although_its_record_is_late() -> None:
    async def play(on: Stage) -> None:
        act = OperatorActed(Act.OPEN, "g1", "guard", "k1", IN, "delivery")
        opening = asyncio.ensure_future(on.runtime.operate(act))
        await asyncio.sleep(0.4)
        assert on.gate.sent == []
        await asyncio.sleep(0.2)
        ((_, command),) = on.gate.sent
        assert command.until.boot_ms > on.clock.now().boot_ms
        assert on.runtime.recorded_late == 1
        on.disk.commit()
        await opening

    stage(play)


def test_release_waits_for_nothing() -> None:
    async def play(on: Stage) -> None:
        act = OperatorActed(Act.RELEASE, "g1", "guard", "k1", IN, "fire drill")
        releasing = asyncio.ensure_future(on.runtime.operate(act))
        await asyncio.sleep(0)
        assert [command.do for _, command in on.gate.sent] == ["release"]
        on.disk.commit()
        assert (await releasing).state == "done"

    stage(play)


def test_opening_answers_with_the_gates_own_word() -> None:
    async def play(on: Stage) -> None:
        act = OperatorActed(Act.OPEN, "g1", "guard", "k1", IN, "delivery")
        opening = asyncio.ensure_future(on.runtime.operate(act))
        await asyncio.sleep(0)
        on.disk.commit()
        on.arrive(GATE, CommandResult(on.gate.sent[-1][1].id, True, None, None))
        on.disk.commit()
        outcome = await opening
        assert outcome.state == "opened"
        again = await on.runtime.operate(act)
        assert again == outcome

    stage(play)


def test_time_alone_ends_a_visit() -> None:
    async def play(on: Stage) -> None:
        shown = Credential(CredentialKind.EU_DCC, CredentialStatus.VALID, None, "s-ann")
        on.arrive(SCANNER, CredentialShown("scan-1", None, shown))
        await asyncio.sleep(8.1)
        on.disk.commit()
        assert on.disk.events[-1]["reasons"][0] == "temperature-missing"

    stage(play)


def test_fault_of_ours_opens_nothing_is_an_alarm_and_the_reading_has_its_end() -> None:
    async def play(on: Stage) -> None:
        broken = replace(LANES[0], reading_max_age_ms=cast("int", None), needs=cast("Any", 7))
        lane = replace(on.runtime.state.lanes[IN], rules=broken)
        on.runtime.state = replace(on.runtime.state, lanes={**on.runtime.state.lanes, IN: lane})
        on.visit()
        on.disk.commit()
        assert on.gate.sent == []
        assert on.acks == ["scan", "warm"]
        assert on.types()[-4:] == [
            "alarm-raised", "reading-received", "passage-decided", "reading-received",
        ]  # fmt: skip
        assert on.disk.events[-2]["reasons"] == ["internal-error"]

    stage(play)


def test_deadline_that_fails_is_not_tried_for_ever_at_once() -> None:
    class Bomb(dict[str, Any]):
        def items(self) -> Any:  # noqa: ANN401
            raise ZeroDivisionError

    async def play(on: Stage) -> None:
        shown = Credential(CredentialKind.EU_DCC, CredentialStatus.VALID, None, "s-ann")
        on.arrive(SCANNER, CredentialShown("scan-1", None, shown))
        on.runtime.state = replace(
            on.runtime.state, lanes=cast("Any", Bomb)(on.runtime.state.lanes)
        )
        await asyncio.sleep(12)
        assert 2 <= on.runtime.faults <= 6

    stage(play)
