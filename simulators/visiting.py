"""One person at one lane: shows a code, is measured, waits, passes or goes away."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from simulators.mqtt_devices import Display, MqttGate, MqttThermometer
from simulators.people import Kind, Person
from simulators.scenario import Steps
from simulators.tally import Happening, Outcome

GREEN, RED = "green", "red"


class Scanner(Protocol):
    """A scanner of either kind."""

    async def scan(self, text: str) -> object:
        """Read a text."""
        ...


@dataclass(frozen=True, slots=True)
class LaneAtWork:
    """A lane with its devices."""

    lane: str
    direction: str
    gate: MqttGate
    scanner: Scanner | None
    thermometer: MqttThermometer | None
    display: Display


async def visit(lane: LaneAtWork, person: Person, code: str | None, steps: Steps) -> Happening:
    """Go through a lane, or fail to; takes as long as it takes."""
    if lane.direction == "out":
        outcome, waited_s, followed = await _leave(lane, person, steps), None, False
    else:
        outcome, waited_s, followed = await _come_in(lane, person, code, steps)
    return Happening(lane.lane, lane.direction, person.kind, outcome, waited_s, followed)


async def _leave(lane: LaneAtWork, person: Person, steps: Steps) -> Outcome:
    await asyncio.sleep(steps.scan_s * person.pace)
    if not lane.gate.is_open:
        lane.gate.press("rex")
    passed = await lane.gate.walk_through("out", steps.walk_s * person.pace)
    return Outcome.PASSED if passed else Outcome.GIVEN_UP


async def _come_in(
    lane: LaneAtWork, person: Person, code: str | None, steps: Steps
) -> tuple[Outcome, float | None, bool]:
    await lane.gate.until_closed_or_free()
    lane.display.clear()
    await asyncio.sleep(steps.scan_s * person.pace)
    if lane.gate.gate.stands_open:
        return await _pass(lane, person, steps), None, False  # a release asks nobody for anything
    shown = [act for act in _acts(lane, person, code) if act]
    for at, act in enumerate(shown):
        if at:
            await asyncio.sleep(steps.measure_s * person.pace)
        if not await _within(steps.patience_s, act):
            return Outcome.GIVEN_UP, None, False  # a device without a link
        if person.kind is Kind.WALK_AWAY:
            return Outcome.WALKED_AWAY, None, False
    asked = asyncio.get_running_loop().time()
    refused = await _await_gate(lane, steps)
    if refused is not None:
        return refused, None, False
    waited_s = asyncio.get_running_loop().time() - asked
    outcome = await _pass(lane, person, steps)
    followed = person.followed and await lane.gate.walk_through("in", 0)
    return outcome, waited_s, followed


def _acts(
    lane: LaneAtWork, person: Person, code: str | None
) -> list[Callable[[], Awaitable[object]] | None]:
    scanner, thermometer = lane.scanner, lane.thermometer
    scan = (lambda: scanner.scan(code)) if scanner and code else None
    measure = (lambda: thermometer.measure(person.celsius)) if thermometer else None
    return [scan, measure] if person.scans_first else [measure, scan]


async def _await_gate(lane: LaneAtWork, steps: Steps) -> Outcome | None:
    """Wait for the gate to open (None) or for a reason to go away."""
    opened = asyncio.ensure_future(lane.gate.until_open())
    shown = asyncio.ensure_future(lane.display.until_shown())
    try:
        await asyncio.wait(
            {opened, shown}, timeout=steps.patience_s, return_when=asyncio.FIRST_COMPLETED
        )
        if opened.done():
            return None
        colour = shown.result() if shown.done() else None
        if colour == RED:
            await asyncio.sleep(steps.read_s)
            return None if opened.done() else Outcome.REFUSED
        if colour is None:
            return Outcome.GIVEN_UP
        patience_s = steps.patience_s if colour == GREEN else steps.guard_s
        await asyncio.wait({opened}, timeout=patience_s)
        if opened.done():
            return None
        return Outcome.GIVEN_UP if colour == GREEN else Outcome.REFERRED
    finally:
        opened.cancel()
        shown.cancel()


async def _pass(lane: LaneAtWork, person: Person, steps: Steps) -> Outcome:
    passed = await lane.gate.walk_through("in", steps.walk_s * person.pace)
    return Outcome.PASSED if passed else Outcome.GIVEN_UP


async def _within(seconds: float, act: Callable[[], Awaitable[object]]) -> bool:
    """Do something unless it takes too long; False when it did."""
    try:
        async with asyncio.timeout(seconds):
            await act()
    except TimeoutError:
        return False
    return True
