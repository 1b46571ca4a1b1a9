"""gateway.intake: texts end here, pictures are measured beside the loop."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from devices.arrival import Arrival, Fence
from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import Online, Reading, Scan, Spot, TemperatureKind, ThermalFrame
from drivers.driver import Settled
from edge_rules.inputs import AlarmSeen, CredentialShown, Input, ReadingArrived
from edge_rules.thermometry.observations import FaceMeasured
from edge_rules.thermometry.thermometer import FaceThermometer
from gateway import intake as intake_module
from gateway.intake import MAX_FRAMES_WAITING, Intake
from simulators.dcc_issuer import DAY_MS
from tests.edge_rules.certlogic.papers import rule
from tests.edge_rules.credentials.chain import KEY, NOW_MS, STRANGER, good, issuer, store
from tests.edge_rules.credentials.test_national_rules import FRESH, trust

LANE, CAMERA, SCANNER = LaneId("north-in"), DeviceId("cam-1"), DeviceId("scan-1")
NOW = Moment(5_000.0, NOW_MS)
PIXELS = np.full((120, 160), 30_000, dtype=np.uint16)


class Taken:
    """What reached the runtime, in order."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self.settled: list[Settled | None] = []
        self.came = asyncio.Event()

    def __call__(self, given: Input, settled: Settled | None = None) -> None:
        self.inputs.append(given)
        self.settled.append(settled)
        self.came.set()

    async def next(self) -> Input:
        async with asyncio.timeout(10):
            await self.came.wait()
        self.came.clear()
        return self.inputs[-1]


def intake_of(taken: Taken) -> Intake:
    return Intake(taken, store(issuer()), KEY, "run1", {CAMERA: 35.0})


def arrival(reading: Reading, device: DeviceId = SCANNER, **more: Any) -> Arrival:  # noqa: ANN401
    return Arrival(LANE, device, reading, NOW, **more)


def frame(at_ms: int | None = NOW_MS) -> ThermalFrame:
    return ThermalFrame("f-1", at_ms, PIXELS)


def watched(monkeypatch: pytest.MonkeyPatch, observe: Callable[..., Any]) -> None:
    """Have every camera's thermometer do this with a picture."""
    monkeypatch.setattr(FaceThermometer, "observe", observe)


def measured(celsius: float | None = 36.4) -> FaceMeasured:
    return FaceMeasured("t-1", 0.0, celsius, 36.0, 0.2, 35.1, "good", (), (1, 2, 3, 4))


async def test_text_becomes_facts_and_a_subject_and_goes_no_further() -> None:
    taken, text = Taken(), good()
    intake_of(taken).deliver(arrival(Scan("s-1", NOW_MS, text), fence=Fence.QUEUED), print)
    (given,) = taken.inputs
    assert isinstance(given, ReadingArrived)
    assert isinstance(given.reading, CredentialShown)
    assert (given.reading.id, given.reading.credential.status) == ("s-1", "valid")
    assert (given.fence, given.arrived) == (Fence.QUEUED, NOW)
    assert taken.settled == [print]
    assert text[10:40] not in repr(given)


async def test_rules_of_the_nation_are_judged_by_the_lanes_clock_and_only_their_word_goes_on() -> (
    None
):
    taken, store_ = (
        Taken(),
        trust(rule(logic=FRESH), rule("GR-DE-1", {"!": [{"var": "payload.t"}]})),
    )
    intake = Intake(taken, store_, KEY, "run1", {})
    for later_ms in (0, 2 * DAY_MS):
        scan = Scan("s-1", None, good())
        intake.deliver(Arrival(LANE, SCANNER, scan, NOW.later(later_ms)))
    shown = [given.reading for given in taken.inputs if isinstance(given, ReadingArrived)]
    credentials = [one.credential for one in shown if isinstance(one, CredentialShown)]
    assert [(one.rules_ok, one.failing_rule) for one in credentials] == [
        (True, None),
        (False, "VR-DE-0001"),
    ]
    for private in (STRANGER.family, STRANGER.given, STRANGER.uvci, "840539006"):
        assert private not in repr(taken.inputs)


@pytest.mark.parametrize("text", ["", "HC1:", "x" * 8192, "\x00\ud800", "13800138000"])
async def test_any_text_is_one_credential(text: str) -> None:
    taken = Taken()
    intake_of(taken).deliver(arrival(Scan("s-1", None, text)))
    (given,) = taken.inputs
    assert isinstance(given, ReadingArrived)
    assert isinstance(given.reading, CredentialShown)
    assert given.reading.credential.status != "valid"
    assert len(text) < 8 or text not in repr(given)


async def test_judge_that_fails_is_a_guards_matter_and_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(texts: tuple[str, ...], *_: object) -> None:
        raise ValueError(*texts)

    monkeypatch.setattr(intake_module, "judge_texts", fail)
    taken = Taken()
    with caplog.at_level(logging.DEBUG):
        intake_of(taken).deliver(arrival(Scan("s-1", None, "SECRET OF ANN")))
    (given,) = taken.inputs
    assert isinstance(given, ReadingArrived)
    assert isinstance(given.reading, CredentialShown)
    assert given.reading.credential.status == "unverified"
    assert given.reading.credential.reason == "internal-error"
    assert "SECRET" not in caplog.text
    assert "SECRET" not in repr(given)


async def test_other_readings_pass_as_they_are() -> None:
    taken = Taken()
    intake_of(taken).deliver(arrival(Online(True), fence=Fence.BEFORE_START, retained=True), print)
    given = ReadingArrived(LANE, SCANNER, Online(True), NOW, Fence.BEFORE_START, True)
    assert taken.inputs == [given]
    assert taken.settled == [print]


async def test_person_measured_in_a_picture_is_a_temperature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched(monkeypatch, lambda *_: (measured(), measured(None)))
    taken, settled = Taken(), []
    intake_of(taken).deliver(arrival(frame(NOW_MS - 70), CAMERA), lambda: settled.append(1))
    assert settled == [1]  # a picture is never journalled: nothing is to be waited for
    await taken.next()
    readings = [given.reading for given in taken.inputs if isinstance(given, ReadingArrived)]
    assert [(r.id, r.celsius, r.spot, r.kind, r.at_ms) for r in readings] == [  # type: ignore[union-attr]
        ("run1-t1", 36.4, Spot.FACE, TemperatureKind.SURFACE, NOW_MS - 70),
        ("run1-t2", None, Spot.FACE, TemperatureKind.SURFACE, NOW_MS - 70),
    ]
    assert taken.settled == [None, None]


async def test_picture_that_waited_in_a_queue_stays_fenced(monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch, lambda *_: (measured(),))
    taken = Taken()
    intake_of(taken).deliver(arrival(frame(None), CAMERA, fence=Fence.QUEUED))
    given = await taken.next()
    assert isinstance(given, ReadingArrived)
    assert given.fence is Fence.QUEUED
    assert given.reading.at_ms is None  # type: ignore[union-attr]


async def test_pictures_that_come_too_fast_are_dropped_and_the_loop_runs_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release, seen = threading.Event(), []

    def slow(_: object, pixels: object, *__: object) -> tuple[FaceMeasured, ...]:
        release.wait(10)
        seen.append(pixels)
        return (measured(),)

    watched(monkeypatch, slow)
    taken = Taken()
    intake = intake_of(taken)
    for _ in range(1000):
        intake.deliver(arrival(frame(), CAMERA))
    intake.deliver(arrival(Online(True)))
    assert taken.inputs[-1] == ReadingArrived(LANE, SCANNER, Online(True), NOW)
    release.set()
    while len(taken.inputs) < 1 + MAX_FRAMES_WAITING:
        await taken.next()
    intake.deliver(arrival(frame(), CAMERA))
    while len(taken.inputs) < 2 + MAX_FRAMES_WAITING:
        await taken.next()
    assert len(seen) == MAX_FRAMES_WAITING + 1


async def test_worker_that_fails_is_an_alarm_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([ZeroDivisionError(), (measured(),)])

    def shaky(*_: object) -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    watched(monkeypatch, shaky)
    taken = Taken()
    intake = intake_of(taken)
    intake.deliver(arrival(frame(), CAMERA))
    assert await taken.next() == AlarmSeen("internal-error", 3, LANE, CAMERA)
    intake.deliver(arrival(frame(), CAMERA))
    assert isinstance(await taken.next(), ReadingArrived)


async def test_closed_intake_measures_nothing_and_fails_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched(monkeypatch, lambda *_: (measured(),))
    taken = Taken()
    intake = intake_of(taken)
    intake.close()
    for _ in range(5):
        intake.deliver(arrival(frame(), CAMERA))
    assert taken.inputs == []


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (3, 4000), (120, 160)])
async def test_any_picture_is_survived(shape: tuple[int, int]) -> None:
    taken = Taken()
    intake = intake_of(taken)
    for value in (0, 30_000, 65_535):
        pixels = np.full(shape, value, dtype=np.uint16)
        intake.deliver(arrival(ThermalFrame("f", None, pixels), CAMERA))
    await asyncio.to_thread(intake.worker.shutdown)
    await asyncio.sleep(0)
    assert not [given for given in taken.inputs if isinstance(given, AlarmSeen)]


def test_key_of_subjects_is_in_no_repr() -> None:
    assert repr(KEY) not in repr(intake_of(Taken()))
