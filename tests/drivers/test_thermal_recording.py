"""drivers.thermal_recording."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from devices.arrival import Arrival, Fence
from devices.digest import digest_under
from devices.errors import DeviceLinkError
from devices.ids import DeviceId, LaneId, SiteId, is_id
from devices.moment import Moment
from devices.readings import Online, Spot, TemperatureKind, ThermalFrame, Unreadable
from drivers.driver import DriverContext, Settled
from drivers.thermal_recording import KIND, SCENE_CUT_S, RecordingSettings
from simulators.virtual_clock import VirtualClock, run_virtual
from tests.devices.thermal_camera.recordings import FIRST_AT_MS, handmade, lying, write_recording

PICTURES = [np.full((160, 120), 29_000 + n, np.uint16) for n in range(10)]
TIMES_MS = [FIRST_AT_MS + at for at in (0, 114, 228, 342, 2400, 2514, 2628, 2742, 2856, 2970)]


@dataclass
class Lane:
    """Takes what the driver delivers, on the loop's own clock."""

    now: Callable[[], Moment]
    arrivals: list[Arrival] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def deliver(self, arrival: Arrival, settled: Settled | None = None) -> None:
        assert settled is None
        self.arrivals.append(arrival)
        self.came.set()

    async def until(self, enough: Callable[["Lane"], bool]) -> None:
        while not enough(self):
            self.came.clear()
            await self.came.wait()

    @property
    def pictures(self) -> list[ThermalFrame]:
        return [a.reading for a in self.arrivals if isinstance(a.reading, ThermalFrame)]

    @property
    def online(self) -> list[bool]:
        return [a.reading.online for a in self.arrivals if isinstance(a.reading, Online)]

    @property
    def shown_ms(self) -> list[float]:
        return [a.at.boot_ms for a in self.arrivals if isinstance(a.reading, ThermalFrame)]


def play(settings: RecordingSettings, enough: Callable[[Lane], bool]) -> Lane:
    """Run the driver in virtual time until it has delivered enough."""

    async def main() -> Lane:
        loop = asyncio.get_running_loop()
        lane = Lane(VirtualClock(loop).now)
        context = DriverContext(
            SiteId("s"), LaneId("l"), DeviceId("cam-1"), lane.deliver, lane.now, "run1",
            digest_under(b"key"),
        )  # fmt: skip
        task = asyncio.create_task(KIND.build(context, settings).run())
        await _first(task, lane.until(enough))
        return lane

    return run_virtual(main())


async def _first(task: asyncio.Task[None], enough: Awaitable[None]) -> None:
    waiting = asyncio.ensure_future(enough)
    done, _ = await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for other in (task, waiting):
        other.cancel()
        if other not in done:
            with suppress(asyncio.CancelledError):
                await other
    if task in done:
        task.result()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "r.cptv", [lying(p) for p in PICTURES], TIMES_MS)


def offline(lane: Lane) -> bool:
    return lane.online[-1:] == [False]


def test_a_recording_is_played_at_its_pace_and_then_the_camera_is_offline(recording: Path) -> None:
    lane = play(RecordingSettings(path=recording), offline)
    assert lane.online == [True, False]
    assert [round(at) for at in lane.shown_ms] == [at - FIRST_AT_MS for at in TIMES_MS]
    assert all(np.array_equal(f.pixels, p) for f, p in zip(lane.pictures, PICTURES, strict=True))
    assert lane.pictures[0].ffc_age_ms == 30_000


def test_pictures_are_live_and_bear_ids_of_their_own(recording: Path) -> None:
    lane = play(RecordingSettings(path=recording), offline)
    ids = [picture.id for picture in lane.pictures]
    assert len(set(ids)) == len(ids)
    assert all(is_id(id_) for id_ in ids)
    assert {a.fence for a in lane.arrivals} == {Fence.LIVE}
    assert {(a.lane, a.device) for a in lane.arrivals} == {("l", "cam-1")}
    assert all(
        a.reading.at_ms == a.at.wall_ms
        for a in lane.arrivals
        if isinstance(a.reading, ThermalFrame)
    )


def test_each_round_of_a_loop_begins_after_a_scene_cut(recording: Path) -> None:
    settings = RecordingSettings(path=recording, loop=True)
    lane = play(settings, lambda lane: len(lane.pictures) == 2 * len(PICTURES) + 1)
    assert lane.online == [True]
    last, first = lane.shown_ms[len(PICTURES) - 1 : len(PICTURES) + 1]
    assert round(first - last) == SCENE_CUT_S * 1000
    assert len({picture.id for picture in lane.pictures}) == len(lane.pictures)


def test_a_file_that_is_torn_further_on_is_played_that_far_and_told_once(tmp_path: Path) -> None:
    whole = write_recording(tmp_path / "r.cptv", [lying(p) for p in PICTURES], TIMES_MS)
    settings = RecordingSettings(path=whole, loop=True)
    whole.write_bytes(handmade(sides=(160, 120), frames=200)[:-40])
    lane = play(settings, offline)
    told = [a.reading for a in lane.arrivals if isinstance(a.reading, Unreadable)]
    assert len(lane.pictures) > 100
    assert len(told) == 1
    assert "torn" in told[0].fault
    assert "whole .cptv recording" in told[0].fault


def test_a_file_that_is_gone_ends_the_run_with_a_remedy(recording: Path) -> None:
    settings = RecordingSettings(path=recording)
    recording.unlink()
    with pytest.raises(DeviceLinkError, match=r"can't be read .* give the path"):
        play(settings, lambda _: False)


def test_paths_are_relative_to_the_site_files_folder(recording: Path) -> None:
    context = {"folder": recording.parent}
    settings = RecordingSettings.model_validate({"path": recording.name}, context=context)
    assert settings.path == recording


@pytest.mark.parametrize(
    ("content", "fault"),
    [(None, "give the path of a .cptv"), (b"GIF89a", "whole .cptv"), (b"", "whole .cptv")],
)
def test_a_missing_or_wrong_file_is_a_fault_of_the_site_file(
    tmp_path: Path, content: bytes | None, fault: str
) -> None:
    path = tmp_path / "r.cptv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValidationError, match=fault) as caught:
        RecordingSettings(path=path)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize("celsius", [24.9, 50.1, float("nan"), float("inf")])
def test_a_reference_is_a_blackbodys_temperature(recording: Path, celsius: float) -> None:
    with pytest.raises(ValidationError):
        RecordingSettings(path=recording, reference_celsius=celsius)


def test_the_gateway_knows_what_it_measures_before_the_first_picture() -> None:
    assert KIND.role == "camera"
    assert KIND.measures == (Spot.FACE, TemperatureKind.SURFACE)
