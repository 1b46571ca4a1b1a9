"""drivers.mqtt_gate and drivers.gate_commands, in virtual time, against a gate in memory."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.arrival import Fence
from devices.commands import Command, Do
from drivers.gate_commands import MAX_UNDER_WAY
from drivers.mqtt_gate import MqttGate
from simulators.gate import SimulatedGate
from simulators.payloads import Message
from simulators.virtual_clock import VirtualClock, run_virtual
from tests.drivers.paper_port import NORTH, Desk, PaperPort, context

GATE = f"{NORTH}/gate-1"


@dataclass
class Stage:
    clock: VirtualClock
    port: PaperPort
    driver: MqttGate
    sent: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def command(self, id_: str = "c-1", do: Do = Do.OPEN, life_ms: float = 1000) -> Command:
        return Command(id_, do, self.clock.now().later(life_ms), 3000, "g-1")

    def say(self, channel: str, fence: Fence = Fence.LIVE, **body: object) -> None:
        retained = body.pop("retained", False) is True
        payload = json.dumps(body).encode()
        self.port.arrive(f"{GATE}/{channel}", payload, fence, retained=retained)

    def state(self, boot: str | None = "b1", tick_ms: int | None = 500, **more: Any) -> None:  # noqa: ANN401
        self.say("state", door="closed", boot=boot, tick_ms=tick_ms, **more)

    @property
    def times(self) -> list[float]:
        return [round(at) for at, _ in self.sent]


def stage(play: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        clock = VirtualClock(asyncio.get_running_loop())
        port = PaperPort(clock.now)
        on = Stage(clock, port, MqttGate(context(port, Desk(), "gate-1")))
        port.carry = lambda _, payload: on.sent.append((clock.now().boot_ms, json.loads(payload)))
        await play(on)

    run_virtual(run())


def test_repeated_every_200_ms_until_the_end_of_its_life() -> None:
    async def play(on: Stage) -> None:
        on.state(tick_ms=500)
        await asyncio.sleep(0.1)
        on.driver.send(on.command())
        await asyncio.sleep(5)
        assert on.times == [100, 300, 500, 700, 900]
        bodies = [body for _, body in on.sent]
        assert bodies[0] == bodies[-1]
        assert bodies[0]["boot"] == "b1"
        assert bodies[0]["until_tick_ms"] == 500 + 100 + 1000
        assert (bodies[0]["id"], bodies[0]["do"], bodies[0]["grant"]) == ("c-1", "open", "g-1")
        assert {topic for topic, _ in on.port.published} == {f"{GATE}/command"}

    stage(play)


@pytest.mark.parametrize("done", [True, False])
def test_a_result_of_its_own_ends_it(done: bool) -> None:
    async def play(on: Stage) -> None:
        on.state()
        on.driver.send(on.command())
        await asyncio.sleep(0.3)
        on.say("result", command="c-9", done=True)
        await asyncio.sleep(0.2)
        on.say("result", command="c-1", done=done, reason="expired")
        await asyncio.sleep(5)
        assert on.times == [0, 200, 400]

    stage(play)


def test_withdrawn_is_repeated_no_more() -> None:
    async def play(on: Stage) -> None:
        on.state()
        on.driver.send(on.command())
        await asyncio.sleep(0.3)
        on.driver.withdraw("c-1")
        on.driver.withdraw("c-unknown")
        await asyncio.sleep(5)
        assert on.times == [0, 200]

    stage(play)


def test_same_id_twice_is_one_command() -> None:
    async def play(on: Stage) -> None:
        on.state()
        for _ in range(3):
            on.driver.send(on.command())
        await asyncio.sleep(5)
        assert len(on.sent) == 5

    stage(play)


def test_nothing_leaves_without_a_link_and_nothing_after_the_life() -> None:
    async def play(on: Stage) -> None:
        on.state()
        on.port.connected = False
        on.driver.send(on.command())
        await asyncio.sleep(0.5)
        on.port.connected = True
        await asyncio.sleep(0.2)
        on.port.connected = False
        await asyncio.sleep(1)
        on.port.connected = True
        await asyncio.sleep(5)
        assert on.times == [600]

    stage(play)


@pytest.mark.parametrize(
    "unfit", [{"retained": True}, {"fence": Fence.QUEUED}, {"fence": Fence.BEFORE_START}]
)
def test_ticks_come_from_live_states_only(unfit: dict[str, Any]) -> None:
    async def play(on: Stage) -> None:
        on.state("old", 1_000_000, **unfit)
        on.driver.send(on.command())
        await asyncio.sleep(0.45)
        assert on.sent == []
        on.state("b1", 70)
        on.state("old", 1_000_000, **unfit)
        await asyncio.sleep(5)
        assert on.times == [450, 650, 850]
        assert {(body["boot"], body["until_tick_ms"]) for _, body in on.sent} == {("b1", 620)}

    stage(play)


def test_gate_without_ticks_goes_by_expires() -> None:
    async def play(on: Stage) -> None:
        on.state(None, None)
        on.driver.send(on.command())
        _, body = on.sent[0]
        assert (body["boot"], body["until_tick_ms"]) == (None, None)
        assert body["expires"] == on.clock.now().later(1000).stamp

    stage(play)


def test_another_run_of_the_gate_is_not_told_a_command_of_the_last_run() -> None:
    async def play(on: Stage) -> None:
        on.state("b1", 500)
        on.driver.send(on.command())
        await asyncio.sleep(0.3)
        on.state("b2", 10)
        await asyncio.sleep(5)
        assert [body["boot"] for _, body in on.sent] == ["b1", "b1"]

    stage(play)


def test_release_is_repeated_for_its_long_life_and_outlives_a_flood() -> None:
    async def play(on: Stage) -> None:
        on.state()
        on.driver.send(on.command("release-1", Do.RELEASE, life_ms=10_000))
        for number in range(MAX_UNDER_WAY + 10):
            on.driver.send(on.command(f"c-{number}"))
        await asyncio.sleep(20)
        released = [at for at, body in on.sent if body["id"] == "release-1"]
        assert len(released) == 50

    stage(play)


def test_end_of_the_driver_is_the_end_of_its_commands() -> None:
    async def play(on: Stage) -> None:
        on.state()
        running = asyncio.ensure_future(on.driver.run())
        await asyncio.sleep(0)
        on.driver.send(on.command())
        running.cancel()
        await asyncio.sleep(5)
        assert on.times == [0]

    stage(play)


delays = st.none() | st.floats(0, 3000)


@settings(max_examples=200)
@given(
    st.lists(delays, min_size=12, max_size=12),
    st.lists(delays, min_size=12, max_size=12),
    st.lists(st.floats(0, 3), max_size=2),
)
def test_one_opening_at_most_and_none_past_its_life_on_any_link(
    downward: list[float | None], upward: list[float | None], reboots: list[float]
) -> None:
    """Every message is lost (None) or late by its own time; the gate may reboot in between."""

    async def play(on: Stage) -> None:
        now = on.clock.now
        loop = asyncio.get_running_loop()
        gate = SimulatedGate("b0", now().later(-60_000))
        opened: list[float] = []
        down, up = iter(downward), iter(upward)

        def up_the_wire(messages: list[Message]) -> None:
            for message in messages:
                late_ms = next(up, None)
                if late_ms is not None:
                    topic = f"{GATE}/{message.channel}"
                    loop.call_later(late_ms / 1000, on.port.arrive, topic, message.payload)

        def reach_gate(payload: bytes) -> None:
            before = gate.openings
            said = gate.receive(payload, now())
            opened.extend([now().boot_ms] * (gate.openings - before))
            up_the_wire(said)

        def carry(_: str, payload: bytes) -> None:
            late_ms = next(down, None)
            if late_ms is not None:
                loop.call_later(late_ms / 1000, reach_gate, payload)

        on.port.carry = carry
        on.state("b0", 60_000)

        def reboot(boot: str) -> None:
            up_the_wire(gate.reboot(boot, now()))

        for number, after_s in enumerate(reboots, 1):
            loop.call_later(after_s, reboot, f"b{number}")
        command = on.command()
        on.driver.send(command)
        await asyncio.sleep(10)
        assert len(opened) <= 1
        assert all(at <= command.until.boot_ms for at in opened)

    stage(play)
