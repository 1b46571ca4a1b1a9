"""gateway.runtime, in virtual time, on a disk that commits when the test says so."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from devices.commands import Command, Show
from devices.ids import DeviceId
from devices.moment import Moment
from devices.readings import (
    Button,
    CommandResult,
    Direction,
    Door,
    GateState,
    Online,
    Passage,
    Spot,
    Temperature,
)
from devices.readings import TemperatureKind as Kind
from devices.units import Celsius
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.effects import Record
from edge_rules.inputs import Act, CredentialShown, OperatorActed, ReadingArrived
from edge_rules.policies import Policies
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
    broken: bool = False

    async def run(self) -> None:
        await asyncio.Event().wait()

    def send(self, command: Command) -> None:
        if self.broken:
            raise OSError
        self.sent.append((asyncio.get_running_loop().time() * 1000, command))

    def withdraw(self, command_id: str) -> None:
        self.withdrawn.append(command_id)

    def show(self, show: Show) -> None:
        self.shown.append(show)


@dataclass
class SleepyClock:
    """A machine that may be suspended: CLOCK_BOOTTIME runs on, the loop's timers do not."""

    awake: VirtualClock
    slept_ms: int = 0

    def now(self) -> Moment:
        return self.awake.now().later(self.slept_ms)

    def suspend(self, ms: int) -> None:
        self.slept_ms += ms


def warm(id_: str) -> Temperature:
    return Temperature(id_, None, Celsius(36.5), Spot.FOREHEAD, Kind.SURFACE, quality="good")


FORGED = Credential(CredentialKind.EU_DCC, CredentialStatus.INVALID)


@dataclass
class Stage:
    disk: PaperDisk
    gate: PaperGate
    clock: SleepyClock
    runtime: SiteRuntime
    acks: list[str] = field(default_factory=list)

    def arrive(self, device: DeviceId, reading: Any, name: str = "") -> None:  # noqa: ANN401
        given = ReadingArrived(IN, device, reading, self.clock.now())
        self.runtime.take(given, lambda: self.acks.append(name))

    def visit(self, subject: str = "s-ann") -> None:
        shown = Credential(CredentialKind.EU_DCC, CredentialStatus.VALID, None, subject)
        self.arrive(SCANNER, CredentialShown(f"scan-{subject}", None, shown), "scan")
        self.arrive(CAMERA, warm(f"warm-{subject}"), "warm")

    def types(self) -> list[str]:
        return [event["type"] for event in self.disk.events]


def stage(play: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    """Set a site up in virtual time and play one scene on it."""

    async def main() -> None:
        clock = SleepyClock(VirtualClock(asyncio.get_running_loop()))
        now: Moment = clock.now()
        rules = site_rules(started=now, screening_ends_ms=now.wall_ms + 10**9)
        state, _ = resume(rules, Policies.of(PlainPolicy()), "r1", LANES, {}, [], now)
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


def test_admission_caught_in_the_middle_of_writing_ends_and_a_guard_looks() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        for entry in on.disk.waiting:
            entry.writing = True
        await asyncio.sleep(1.5)
        on.disk.commit()
        assert on.gate.sent == []
        (admit,) = [e for e in on.disk.events if e["type"] == "passage-decided"]
        (end,) = [e for e in on.disk.events if e["type"] == "passage-not-taken"]
        assert (end["grant"], end["reason"]) == (admit["grant"], "record-late")
        (lane,) = [lane for lane in on.runtime.lanes() if lane["lane"] == IN]
        assert (lane["last"]["decision"], lane["last"]["reasons"]) == ("refer", ["record-late"])
        assert [r["event"] for r in lane["referred"]] == [admit["id"]]

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
        assert on.runtime.troubles()["recorded_late"] == 1
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


def test_withdrawn_command_never_leaves_and_its_decision_stays_on_record() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        lock = OperatorActed(Act.LOCK, "g1", "guard", "k1", IN)
        locking = asyncio.ensure_future(on.runtime.operate(lock))
        await asyncio.sleep(0)
        on.disk.commit()
        await locking
        await asyncio.sleep(2)
        on.disk.commit()
        assert [c.do for _, c in on.gate.sent if c.do == "open"] == []
        ends = [(e["type"], e.get("reason")) for e in on.disk.events if e.get("grant")]
        assert ends == [
            ("passage-decided", None), ("gate-commanded", None),
            ("passage-not-taken", "lockdown"), ("gate-unknown", "withdrawn"),
        ]  # fmt: skip
        assert on.runtime.troubles()["recorded_late"] == 0

    stage(play)


def test_grant_that_ends_before_its_record_keeps_the_record() -> None:
    async def play(on: Stage) -> None:
        lane = on.runtime.state.lanes[IN]
        short = replace(lane, rules=replace(lane.rules, pass_within_ms=50))
        on.runtime.state = replace(on.runtime.state, lanes={**on.runtime.state.lanes, IN: short})
        on.visit()
        await asyncio.sleep(2)
        on.disk.commit()
        assert on.gate.sent == []
        assert [t for t in on.types() if t == "passage-decided"] == ["passage-decided"]
        assert on.types().count("passage-not-taken") == 0  # it was taken back and referred

    stage(play)


def test_other_decisions_of_the_step_are_not_taken_back_with_a_late_one() -> None:
    async def play(on: Stage) -> None:
        on.visit("s-ann")
        on.disk.commit()
        on.arrive(SCANNER, CredentialShown("forged", None, FORGED))  # waits behind Ann
        on.arrive(CAMERA, warm("w-2"))
        on.visit("s-bob")  # and Bob behind it
        on.disk.commit()
        grant = on.runtime.state.lanes[IN].grant
        assert grant is not None
        on.arrive(GATE, Passage("p-1", None, grant.id, Direction.IN))  # decides both at once
        await asyncio.sleep(1.5)
        on.disk.commit()
        decided = [
            (e["decision"], e["readings"][0])
            for e in on.disk.events
            if e["type"] == "passage-decided"
        ]
        assert decided == [("admit", "scan-s-ann"), ("deny", "forged"), ("refer", "scan-s-bob")]
        assert len(on.gate.sent) == 1

    stage(play)


def test_late_disk_blames_no_gate() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        await asyncio.sleep(3)
        on.disk.commit()
        assert [e["alarm"] for e in on.disk.events if e["type"] == "alarm-raised"] == [
            "record-late"
        ]
        assert "gate-unknown" not in on.types()

    stage(play)


def test_command_whose_life_ended_in_the_queue_never_leaves() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        (entry,) = [
            e for e in on.disk.waiting if e.records and e.records[0].type == "passage-decided"
        ]
        on.clock.suspend(60_000)  # the machine slept; its timers did not run
        entry.settled([])
        assert on.gate.sent == []

    stage(play)


@pytest.mark.parametrize("way", ["rex", "operator", "release"])
def test_full_outbox_withholds_no_way_out(way: str) -> None:
    async def play(on: Stage) -> None:
        on.disk.full = True
        if way == "rex":
            on.arrive(GATE, Button("b-1", None, "rex", True))
        else:
            act = Act.OPEN if way == "operator" else Act.RELEASE
            opening = asyncio.ensure_future(
                on.runtime.operate(OperatorActed(act, "g1", "guard", "k", IN, "fire"))
            )
            await asyncio.wait_for(opening, 10)
        await asyncio.sleep(1)
        assert [c.do for _, c in on.gate.sent] == ["release" if way == "release" else "open"]
        assert on.runtime.unrecorded > 0
        assert on.acks == []

    stage(play)


def test_full_outbox_lets_nobody_in_and_acknowledges_nothing() -> None:
    async def play(on: Stage) -> None:
        on.disk.full = True
        on.visit()
        await asyncio.sleep(3)
        assert on.gate.sent == []
        assert on.acks == []
        assert on.runtime.state.lanes[IN].grant is None

    stage(play)


def test_readings_are_held_back_while_there_is_no_room_and_open_nothing_later() -> None:
    async def play(on: Stage) -> None:
        on.disk.free = 0
        on.visit()
        on.arrive(GATE, Button("b-1", None, "rex", True), "rex")
        on.disk.commit()
        assert on.acks == ["rex"]
        assert on.runtime.held_back == 2
        assert len(on.gate.sent) == 1
        on.disk.free = 1000
        await asyncio.sleep(3)
        on.disk.commit()
        assert on.acks == ["rex", "scan", "warm"]
        late = next(e for e in on.disk.events if e["type"] == "passage-decided")
        assert (late["decision"], late["reasons"]) == ("refer", ["reading-stale"])
        on.arrive(GATE, GateState(None, Door.CLOSED, "b1", 1))
        on.visit("s-bob")
        on.disk.commit()
        assert on.types()[-2:] == ["passage-decided", "gate-commanded"]

    stage(play)


def test_held_back_readings_are_taken_as_queued_and_acknowledged_once_there_is_room() -> None:
    async def play(on: Stage) -> None:
        on.disk.free = 0
        on.arrive(CAMERA, warm("w-1"), "warm")
        await asyncio.sleep(60)
        assert on.acks == []
        on.disk.free = 1000
        await asyncio.sleep(1)
        on.disk.commit()
        assert on.acks == ["warm"]
        received = next(e for e in on.disk.events if e["type"] == "reading-received")
        assert received["fenced"] is True

    stage(play)


def test_record_that_is_no_json_is_an_alarm_and_does_not_come_back_for_ever() -> None:
    async def play(on: Stage) -> None:
        real = on.disk.append

        def append(records: Sequence[Record], settled: Settle) -> Entry:
            if any(r.type == "reading-received" for r in records):
                raise ValueError
            return real(records, settled)

        on.disk.append = append  # type: ignore[method-assign]
        on.arrive(CAMERA, warm("w-1"), "warm")
        on.disk.commit()
        assert on.acks == ["warm"]
        assert on.disk.events[-1]["alarm"] == "internal-error"

    stage(play)


def test_driver_that_fails_keeps_no_record_from_the_disk() -> None:
    async def play(on: Stage) -> None:
        on.gate.broken = True
        act = OperatorActed(Act.RELEASE, "g1", "guard", "k1", IN, "fire drill")
        releasing = asyncio.ensure_future(on.runtime.operate(act))
        await asyncio.sleep(0)
        on.disk.commit()
        assert (await releasing).state == "done"
        assert "gate-commanded" in on.types()

    stage(play)


@pytest.mark.parametrize("act", [Act.LOCK, Act.RELEASE])
def test_act_whose_record_hangs_is_answered_in_time(act: Act) -> None:
    async def play(on: Stage) -> None:
        started_s = asyncio.get_running_loop().time()
        outcome = await on.runtime.operate(OperatorActed(act, "g1", "guard", "k1", IN))
        assert outcome.state == "done"
        assert asyncio.get_running_loop().time() - started_s <= 2

    stage(play)


def test_opening_nobody_confirms_is_answered_in_time_and_forgotten() -> None:
    async def play(on: Stage) -> None:
        opening = asyncio.ensure_future(
            on.runtime.operate(OperatorActed(Act.OPEN, "g1", "guard", "k1", IN, "delivery"))
        )
        await asyncio.sleep(0)
        on.disk.commit()
        assert (await opening).state in {"commanded", "unknown"}
        assert on.runtime._waiting == {}

    stage(play)


def test_person_is_told_to_pass_as_the_command_leaves_and_not_before() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        assert on.gate.shown == []
        on.disk.commit()
        assert [show.colour for show in on.gate.shown] == ["green"]

    stage(play)


def test_person_whose_record_is_late_was_never_told_to_pass() -> None:
    async def play(on: Stage) -> None:
        on.visit()
        await asyncio.sleep(1.5)
        on.disk.commit()
        assert [show.colour for show in on.gate.shown] == ["amber"]

    stage(play)
