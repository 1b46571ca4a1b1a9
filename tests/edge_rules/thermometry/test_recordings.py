"""edge_rules.thermometry on recordings of real kiosks, whose people were counted by others."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from devices.thermal_camera.cptv_recording import RecordedFrame, read_recording
from edge_rules.thermometry.observations import FaceMeasured
from edge_rules.thermometry.thermometer import SETTLING_MS, FaceThermometer
from tests.edge_rules.thermometry.views import Pixels

LEAST_RIGHT = 17  # of the 18 recordings with a count


@dataclass(frozen=True)
class Recording:
    """One file with what people noted of it."""

    path: Path
    people: int | None
    reference_celsius: float | None


@pytest.fixture(scope="module")
def recordings(test_data: Path) -> list[Recording]:
    folder = test_data / "thermal"
    with (folder / "recordings.csv").open() as table:
        return [
            Recording(
                folder / "recordings" / row["file"],
                int(row["people_scanned"]) if row["people_scanned"] else None,
                float(row["reference_celsius"]) if row["reference_celsius"] else None,
            )
            for row in csv.DictReader(table)
        ]


@cache
def _frames(path: Path) -> tuple[RecordedFrame, ...]:
    with path.open("rb") as file:
        return tuple(read_recording(file))


def measured(
    recording: Recording, change: Callable[[int, Pixels], Pixels] = lambda _, pixels: pixels
) -> list[FaceMeasured]:
    camera = FaceThermometer(recording.reference_celsius)
    return [
        seen
        for n, frame in enumerate(_frames(recording.path))
        for seen in camera.observe(change(n, frame.pixels), frame.at_ms, frame.ffc_age_ms)
    ]


def _step(since: int) -> Callable[[int, Pixels], Pixels]:
    return lambda n, pixels: pixels + np.uint16(150 if n >= since else 0)


def one_person(recordings: list[Recording]) -> list[Recording]:
    """A few recordings of one person, from each of the kiosks."""
    return [recording for recording in recordings if recording.people == 1][::3]


def test_people_are_counted(recordings: list[Recording]) -> None:
    labelled = [recording for recording in recordings if recording.people is not None]
    counted = {r.path.name: (r.people, len(measured(r))) for r in labelled}
    right = [name for name, (people, count) in counted.items() if people == count]
    assert len(right) >= LEAST_RIGHT, counted
    assert all(count == 0 for people, count in counted.values() if people == 0), counted


def test_who_stood_to_be_measured_has_a_good_and_likely_temperature(
    recordings: list[Recording],
) -> None:
    for recording in recordings:
        if recording.people:
            for seen in measured(recording):
                assert seen.quality == "good", recording.path.name
                assert seen.celsius is not None
                assert 33.5 < seen.celsius < 37, recording.path.name


def test_the_reference_is_found_in_every_recording(recordings: list[Recording]) -> None:
    for recording in recordings[::3]:
        camera = FaceThermometer(recording.reference_celsius)
        frames = _frames(recording.path)
        for frame in frames[: len(frames) // 2]:
            camera.observe(frame.pixels, frame.at_ms, frame.ffc_age_ms)
        assert camera.reference is not None, recording.path.name


def test_named_recordings_do_what_their_makers_expect(recordings: list[Recording]) -> None:
    named = {recording.path.stem: recording for recording in recordings}
    assert measured(named["20210325-091249"])
    assert not measured(named["20210326-110819"])  # somebody pushes a bed past
    # A hand raised to the glasses joins the head for a second.
    assert len(measured(named["fs-1204-816700-2021-04-01T023003.000Z"])) == 1


@pytest.mark.parametrize(
    ("change", "off"),
    [
        (lambda _, pixels: pixels + np.uint16(200), 0.01),
        (lambda n, pixels: pixels + np.uint16(n // 2), 0.05),
        (lambda _, pixels: np.ascontiguousarray(pixels[:, ::-1]), 0.05),
    ],
    ids=["+2 K", "drift", "mirrored"],
)
def test_what_must_not_matter_does_not(
    recordings: list[Recording], change: Callable[[int, Pixels], Pixels], off: float
) -> None:
    for recording in one_person(recordings):
        (plain,) = measured(recording)
        (changed,) = measured(recording, change)
        assert changed.celsius == pytest.approx(plain.celsius, abs=off), recording.path.name


def test_a_step_of_the_camera_measures_nobody_while_it_lasts(recordings: list[Recording]) -> None:
    for recording in one_person(recordings):
        (plain,) = measured(recording)
        frames = _frames(recording.path)
        since = next(n for n, frame in enumerate(frames) if frame.at_ms >= plain.at_ms)
        for seen in measured(recording, _step(since)):
            assert seen.at_ms >= frames[since].at_ms + SETTLING_MS
            assert seen.celsius == pytest.approx(plain.celsius, abs=0.3)
