"""edge_rules.thermometry: frames of rooms whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.thermometry.measuring import FIT_GLIMPSES
from edge_rules.thermometry.thermometer import SETTLING_MS, FaceThermometer
from edge_rules.thermometry.tracks import LOST_AFTER_MS
from tests.edge_rules.thermometry.views import (
    FFC_AGE_MS,
    FRAME_MS,
    REFERENCE_CELSIUS,
    Person,
    Pixels,
    show,
    standing,
    view,
)

TRUTH = 35.5
SOMEBODY = Person(TRUTH)
AT_REFERENCE = np.s_[92:107, 92:107]  # pixels of the blackbody and its rim
AT_FACE = np.s_[46:100, 28:68]
PATIENCE = int(LOST_AFTER_MS / FRAME_MS) + 1  # frames


def thermometer() -> FaceThermometer:
    return FaceThermometer(REFERENCE_CELSIUS)


@pytest.mark.parametrize(
    ("size", "off"),
    [((60, 80), 0.3), ((120, 160), 0.1), ((240, 320), 0.1), ((480, 640), 0.1)],
)
def test_one_person_is_measured_once_and_right(size: tuple[int, int], off: float) -> None:
    (measured,) = show(thermometer(), standing(SOMEBODY, size=size))
    assert measured.celsius == pytest.approx(TRUTH, abs=off)
    assert (measured.quality, measured.reasons) == ("good", ())
    assert measured.uncertainty is not None
    assert 0.3 < measured.uncertainty < 0.6
    x, y, w, h = measured.face
    assert x < SOMEBODY.x * size[0] < x + w
    assert y + h < 0.62 * size[1]


@settings(max_examples=25, deadline=None)
@given(
    celsius=st.floats(33.5, 40),
    x=st.floats(0.25, 0.55),
    top=st.floats(0.15, 0.45),
    width=st.floats(0.27, 0.4),
    camera_off_k=st.floats(-5, 5),
)
def test_wherever_someone_stands_and_however_far_off_the_camera_is(
    celsius: float, x: float, top: float, width: float, camera_off_k: float
) -> None:
    who = Person(celsius, x, top, width)
    frames = [view(camera_off_k=camera_off_k, seed=n) for n in range(8)]
    frames += [view(who, camera_off_k=camera_off_k, seed=n) for n in range(20)]
    (measured,) = show(thermometer(), frames)
    assert measured.celsius == pytest.approx(celsius, abs=0.12)
    assert measured.quality == "good"


@pytest.mark.parametrize(
    "frames",
    [
        [view(seed=n) for n in range(40)],
        standing(Person(width=0.12)),
        standing(Person(x=0.0)),
        [view(Person(x=0.06 * n), seed=n) for n in range(18)],
    ],
    ids=["nobody", "too far", "half in the picture", "walking past"],
)
def test_who_does_not_stand_here_is_not_measured(frames: list[Pixels]) -> None:
    assert show(thermometer(), frames) == []


def test_two_people_are_two_measurements() -> None:
    left, right = Person(35.0, x=0.25, width=0.26), Person(36.5, x=0.62, top=0.35, width=0.26)
    measured = sorted(show(thermometer(), standing(left, right)), key=lambda m: m.face[0])
    assert [m.celsius for m in measured] == pytest.approx([35.0, 36.5], abs=0.1)
    assert len({m.track for m in measured}) == 2


def test_a_person_is_measured_once_however_long_they_stay() -> None:
    assert len(show(thermometer(), standing(SOMEBODY, frames=300))) == 1


def test_a_gap_ends_every_persons_stay() -> None:
    camera = thermometer()
    frames = standing(SOMEBODY)
    end_ms = 1000 + FRAME_MS * len(frames)
    assert len(show(camera, frames)) == 1
    again = [view(SOMEBODY, seed=n) for n in range(50, 65)]
    assert show(camera, again, start_ms=end_ms + 1500) == []
    assert len(show(camera, again, start_ms=end_ms + 1500 + 15 * FRAME_MS + 3000)) == 1


def test_the_next_person_is_measured_anew() -> None:
    frames = standing(SOMEBODY) + [view(seed=n) for n in range(PATIENCE + 2)]
    frames += standing(Person(36.4), empty=0)
    assert [m.celsius for m in show(thermometer(), frames)] == pytest.approx([TRUTH, 36.4], abs=0.1)


@settings(max_examples=10, deadline=None)
@given(offset=st.integers(-400, 400))
def test_an_offset_of_the_whole_camera_changes_nothing(offset: int) -> None:
    frames = standing(SOMEBODY)
    (plain,) = show(thermometer(), frames)
    shifted = [(f.astype(int) + offset).astype(np.uint16) for f in frames]
    (measured,) = show(thermometer(), shifted)
    assert measured.celsius == pytest.approx(plain.celsius)
    assert measured.face == plain.face
    assert measured.uncorrected_celsius == pytest.approx(plain.uncorrected_celsius + offset / 100)


def test_a_mirrored_view_is_the_same_person() -> None:
    frames = standing(SOMEBODY)
    (plain,) = show(thermometer(), frames)
    (mirrored,) = show(thermometer(), [np.ascontiguousarray(f[:, ::-1]) for f in frames])
    assert mirrored.celsius == pytest.approx(plain.celsius, abs=0.02)


def test_a_face_one_kelvin_warmer_reads_one_kelvin_more() -> None:
    frames = standing(SOMEBODY)
    (plain,) = show(thermometer(), frames)
    for frame in frames[10:]:
        frame[AT_FACE] += 100
    (warmer,) = show(thermometer(), frames)
    assert plain.celsius is not None
    assert warmer.celsius == pytest.approx(plain.celsius + 1.0, abs=0.05)


@pytest.mark.parametrize("celsius", [27.0, 32.0, 46.0])
def test_skin_beyond_the_plausible_is_poor(celsius: float) -> None:
    for measured in show(thermometer(), standing(Person(celsius))):
        assert (measured.quality, measured.reasons) == ("poor", ("implausible",))


class TestReference:
    def test_without_it_no_corrected_temperature_is_claimed(self) -> None:
        (measured,) = show(thermometer(), standing(SOMEBODY, reference=None))
        assert (measured.celsius, measured.uncertainty) == (None, None)
        assert (measured.quality, measured.reasons) == ("poor", ("reference-missing",))
        assert measured.uncorrected_celsius == pytest.approx(TRUTH, abs=0.1)

    def test_erased_in_every_frame_it_is_missing(self) -> None:
        frames = standing(SOMEBODY)
        for frame in frames:
            frame[AT_REFERENCE] = np.median(frame)
        assert [m.celsius for m in show(thermometer(), frames)] == [None]

    def test_hidden_for_a_while_it_is_waited_for(self) -> None:
        frames = standing(SOMEBODY)
        for frame in frames[10:20]:
            frame[AT_REFERENCE] = np.median(frame)
        (measured,) = show(thermometer(), frames)
        assert measured.celsius == pytest.approx(TRUTH, abs=0.1)
        assert measured.quality == "good"
        assert measured.at_ms >= 1000 + (20 + FIT_GLIMPSES - 1) * FRAME_MS

    def test_of_unknown_temperature_it_makes_a_poor_measurement(self) -> None:
        (measured,) = show(FaceThermometer(), standing(SOMEBODY))
        assert (measured.quality, measured.reasons) == ("poor", ("reference-assumed",))
        assert measured.celsius == pytest.approx(TRUTH - REFERENCE_CELSIUS + 36.0, abs=0.1)

    @pytest.mark.parametrize("celsius", [26.0, 48.0, 80.0])
    def test_a_cup_or_a_lamp_is_none(self, celsius: float) -> None:
        camera = thermometer()
        for measured in show(camera, standing(SOMEBODY, reference=celsius)):
            assert measured.celsius is None
        assert camera.reference is None

    def test_a_dead_pixel_in_it_spoils_nothing(self) -> None:
        frames = standing(SOMEBODY)
        for frame in frames:
            frame[99, 99] = 0
        (measured,) = show(thermometer(), frames)
        assert measured.celsius == pytest.approx(TRUTH, abs=0.1)
        assert measured.quality == "good"

    def test_a_face_is_none(self) -> None:
        for width in (0.12, 0.16, 0.2, 0.3):
            camera = thermometer()
            show(camera, standing(Person(36.8, width=width), reference=None))
            assert camera.reference is None, width


class TestFlatFieldCorrection:
    def test_nothing_is_measured_until_the_camera_has_settled(self) -> None:
        frames = standing(SOMEBODY, frames=60)
        since = 12  # frame of the correction
        ages = [FFC_AGE_MS if n < since else FRAME_MS * (n - since) for n in range(len(frames))]
        (measured,) = show(thermometer(), frames, ffc_ages_ms=ages)
        assert measured.at_ms >= 1000 + since * FRAME_MS + SETTLING_MS

    def test_a_step_nobody_told_of_is_seen_by_the_reference(self) -> None:
        frames = standing(SOMEBODY, frames=60)
        (plain,) = show(thermometer(), frames)
        since = 13
        stepped = [f + np.uint16(150 if n >= since else 0) for n, f in enumerate(frames)]
        (measured,) = show(thermometer(), stepped)
        assert measured.at_ms >= 1000 + since * FRAME_MS + SETTLING_MS
        assert measured.celsius == pytest.approx(plain.celsius, abs=0.05)

    def test_of_unknown_age_the_measurement_is_poor(self) -> None:
        (measured,) = show(thermometer(), standing(SOMEBODY), ffc_ages_ms=None)
        assert (measured.quality, measured.reasons) == ("poor", ("ffc-unknown",))

    def test_a_slow_drift_cancels(self) -> None:
        frames = standing(SOMEBODY)
        (plain,) = show(thermometer(), frames)
        drifting = [f + np.uint16(5 * n) for n, f in enumerate(frames)]
        (measured,) = show(thermometer(), drifting)
        assert measured.celsius == pytest.approx(plain.celsius, abs=0.05)


class TestBadFrames:
    def test_a_frozen_picture_measures_nobody(self) -> None:
        frames = standing(SOMEBODY, frames=1)
        assert show(thermometer(), frames + [frames[-1]] * 40) == []

    def test_time_that_goes_backwards_says_nothing(self) -> None:
        camera = thermometer()
        for n, frame in enumerate(standing(SOMEBODY, frames=60)):
            assert camera.observe(frame, 100_000 - n * FRAME_MS, FFC_AGE_MS) == ()

    def test_a_fast_camera_does_not_settle_sooner(self) -> None:
        camera = thermometer()
        at = [
            m.at_ms
            for n, frame in enumerate(standing(SOMEBODY, frames=90, empty=30))
            for m in camera.observe(frame, n * 20, FFC_AGE_MS)
        ]
        assert len(at) == 1
        assert at[0] >= 600 + FIT_GLIMPSES * 60

    def test_another_resolution_begins_anew(self) -> None:
        camera = thermometer()
        assert len(show(camera, standing(SOMEBODY))) == 1
        (measured,) = show(camera, standing(SOMEBODY, size=(240, 320)), start_ms=9000)
        assert measured.celsius == pytest.approx(TRUTH, abs=0.1)

    @pytest.mark.parametrize(
        "picture",
        [
            np.zeros((0, 0), np.uint16),
            np.zeros((8, 8), np.uint16),
            np.zeros((160, 120), np.float32),
            np.zeros((160, 120, 3), np.uint16),
            np.zeros((24, 2000), np.uint16),
        ],
    )
    def test_a_picture_of_another_kind_says_nothing(self, picture: Pixels) -> None:
        assert show(thermometer(), [picture] * 3) == []

    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 2**32 - 1),
        size=st.sampled_from([(24, 32), (32, 24), (60, 80), (121, 159)]),
        low=st.integers(0, 65_000),
        spread=st.integers(1, 535),
    )
    def test_noise_measures_nobody(
        self, seed: int, size: tuple[int, int], low: int, spread: int
    ) -> None:
        random = np.random.default_rng(seed)
        frames = [random.integers(0, 65_536, size).astype(np.uint16) for _ in range(3)]
        frames += [random.integers(low, low + spread, size).astype(np.uint16) for _ in range(20)]
        frames += [np.full(size, 65_535, np.uint16), np.zeros(size, np.uint16)]
        assert show(thermometer(), frames) == []
