"""devices.thermal_camera.cptv_recording."""

import csv
import gzip
import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import DeviceProtocolError
from devices.thermal_camera.cptv_recording import read_recording
from tests.devices.thermal_camera.recordings import (
    FFC_AT_MS,
    FIRST_AT_MS,
    handmade,
    is_picture,
    lying,
    write_recording,
)

RAMP = np.arange(160 * 120, dtype=np.uint16).reshape(160, 120) // 8 + 28_000


def test_pictures_come_upright_with_times_and_age_of_the_calibration(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 300, RAMP.shape).astype(np.uint16)
    pictures = [RAMP, RAMP + noise, RAMP + 5]
    times = [FIRST_AT_MS, FIRST_AT_MS + 114, FIRST_AT_MS + 2228]
    path = write_recording(tmp_path / "r.cptv", [lying(p) for p in pictures], times)
    with path.open("rb") as file:
        frames = list(read_recording(file))
    assert [frame.at_ms for frame in frames] == [0, 114, 2228]
    assert [frame.ffc_age_ms for frame in frames] == [at - FFC_AT_MS for at in times]
    assert all(is_picture(frame, p) for frame, p in zip(frames, pictures, strict=True))


def test_a_computed_background_is_no_picture(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "r.cptv", [lying(RAMP)], background=True)
    with path.open("rb") as file:
        (frame,) = read_recording(file)
    assert frame.at_ms == 0
    assert is_picture(frame, RAMP)


def test_the_cameras_clock_may_wrap(tmp_path: Path) -> None:
    times = [2**32 - 100, 14]
    path = write_recording(tmp_path / "r.cptv", [lying(RAMP), lying(RAMP)], times)
    with path.open("rb") as file:
        assert [frame.at_ms for frame in read_recording(file)] == [0, 114]


@pytest.mark.parametrize("version", [1, 2])
def test_without_times_the_pace_is_the_cameras_and_the_calibration_unknown(version: int) -> None:
    frames = list(read_recording(BytesIO(handmade(version=version, frames=3))))
    assert [frame.at_ms for frame in frames] == [0, 111, 222]
    assert {frame.ffc_age_ms for frame in frames} == {None}
    assert all(is_picture(frame, np.full((32, 24), 29_500)) for frame in frames)


def test_an_upright_camera_is_not_turned() -> None:
    (frame,) = read_recording(BytesIO(handmade(sides=(24, 32))))
    assert frame.pixels.shape == (32, 24)


WHOLE = handmade(frames=3)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "not a whole"),
        (b"GIF89a", "not a whole"),
        (gzip.compress(b""), "not a whole"),
        (handmade(magic=b"CPTX"), "magic"),
        (handmade(version=9), "version"),
        (handmade(frames=0), "without a single picture"),
        (handmade(sides=(4_000_000, 4_000_000), frames=0), "a side has 24 to 640"),
        (handmade(sides=(24, 8), frames=0), "a side has 24 to 640"),
        (handmade(frame_size=2**32 - 1), "a picture of 4294967295 bytes"),
        (handmade(frame_size=5), "not a whole"),
        (handmade(value=4000), "no centikelvin"),
        (WHOLE[: len(WHOLE) // 2], "torn"),
        (WHOLE[:-9], "torn"),
        (gzip.compress(gzip.decompress(WHOLE)[:-9]), "torn"),
        (WHOLE[:-8] + b"\0" * 8, "not a whole"),
    ],
)
def test_a_wrong_file_is_one_fault(data: bytes, fault: str) -> None:
    with pytest.raises(DeviceProtocolError, match=fault):
        list(read_recording(BytesIO(data)))


def test_times_that_jump_are_a_fault(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "r.cptv", [lying(RAMP)] * 2, [FIRST_AT_MS, FIRST_AT_MS - 1])
    with path.open("rb") as file, pytest.raises(DeviceProtocolError, match="follow each other"):
        list(read_recording(file))


@pytest.mark.filterwarnings("ignore:The 'warn' method:DeprecationWarning")
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=6), st.integers(0, 1200), st.integers(0, 1))
def test_no_damage_escapes_as_another_error(damage: bytes, at: int, keep: int) -> None:
    plain = gzip.decompress(handmade(frames=2))
    data = gzip.compress(plain[:at] + damage + plain[at + keep * len(damage) :], 1)
    try:
        for frame in read_recording(BytesIO(data)):
            assert frame.pixels.dtype == np.uint16
    except DeviceProtocolError:
        pass


def test_memory_is_that_of_a_few_pictures() -> None:
    few, many = (handmade(sides=(160, 120), frames=frames) for frames in (20, 600))
    peaks = []
    for data in (few, many):
        tracemalloc.start()
        for _ in read_recording(BytesIO(data)):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_foreign_recordings_decode_to_their_last_picture(test_data: Path) -> None:
    folder = test_data / "thermal"
    with (folder / "recordings.csv").open() as table:
        expected = {row["file"]: int(row["frames"]) for row in csv.DictReader(table)}
    for name in sorted(expected)[::4]:
        with (folder / "recordings" / name).open("rb") as file:
            frames = list(read_recording(file))
        assert len(frames) == expected[name], name
        assert all(frame.pixels.shape == (160, 120) for frame in frames)
        assert all(frame.ffc_age_ms is not None for frame in frames)
        assert 100 < (frames[-1].at_ms - frames[0].at_ms) / (len(frames) - 1) < 130
