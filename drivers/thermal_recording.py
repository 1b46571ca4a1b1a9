"""Thermal recordings played back as if their camera stood here: for trying out and for tests."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from devices.arrival import Arrival
from devices.errors import DeviceLinkError, DeviceProtocolError
from devices.readings import Online, Reading, Spot, TemperatureKind, ThermalFrame, Unreadable
from devices.thermal_camera.cptv_recording import RecordedFrame, read_recording
from drivers.driver import DriverContext, DriverKind

log = logging.getLogger(__name__)

FRAMES_AHEAD = 4  # decoded at a time, in a thread; the next ones once these are shown
SCENE_CUT_S = 3.0  # blind between two rounds: nobody is followed over a gap as long as this
LATE_S = 0.5  # further behind, play on from here: a suspended machine owes nobody its pictures


class RecordingSettings(BaseModel):
    """Keys of a `thermal-recording` in the site file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    loop: bool = False
    reference_celsius: Annotated[float, Field(ge=25, le=50)] | None = None

    @field_validator("path")
    @classmethod
    def _holds_pictures(cls, path: Path, info: ValidationInfo) -> Path:
        """Resolve against the site file's folder, and read the first picture."""
        path = Path((info.context or {}).get("folder", "")) / path
        try:
            next(_read(path), None)
        except (DeviceLinkError, DeviceProtocolError) as error:
            raise ValueError(str(error)) from error
        return path


def _read(path: Path) -> Iterator[RecordedFrame]:
    try:
        with path.open("rb") as file:
            yield from read_recording(file)
    except OSError as error:
        msg = f"{path} can't be read ({error.strerror}): give the path of a .cptv recording"
        raise DeviceLinkError(msg) from error
    except DeviceProtocolError as error:
        msg = f"{path}: {error.fault}; give a whole .cptv recording"
        raise DeviceProtocolError(msg, position=error.position) from error


@dataclass(slots=True)
class ThermalRecording:
    """Plays one file at the pace it was recorded."""

    context: DriverContext
    settings: RecordingSettings
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def run(self) -> None:
        """Play to the end, or round and round; then stay, silent and offline."""
        self._deliver(Online(online=True))
        try:
            while True:
                whole = await self._played()
                if not (whole and self.settings.loop):
                    break
                await asyncio.sleep(SCENE_CUT_S)
        except DeviceLinkError:
            self._deliver(Online(online=False))
            raise
        self._deliver(Online(online=False))
        await asyncio.Event().wait()

    async def _played(self) -> bool:
        """Play once; False if the file turns out to be broken on the way."""
        try:
            await self._play()
        except DeviceProtocolError as error:
            log.warning("%s: %s", self.context.device, error)
            self._deliver(Unreadable("frame", 0, error.fault, error.position, ""))
            return False
        return True

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        frames = _read(self.settings.path)
        start_s = loop.time()
        while few := await asyncio.to_thread(_next_few, frames):
            for frame in few:
                wait_s = start_s + frame.at_ms / 1000 - loop.time()
                await asyncio.sleep(max(0.0, wait_s))
                if wait_s < -LATE_S:
                    start_s -= wait_s
                self._show(frame)

    def _show(self, frame: RecordedFrame) -> None:
        now = self.context.now()
        id_ = f"{self.context.run_id}-f{next(self._numbers)}"
        self._deliver(ThermalFrame(id_, now.wall_ms, frame.pixels, frame.ffc_age_ms))

    def _deliver(self, reading: Reading) -> None:
        context = self.context
        context.deliver(Arrival(context.lane, context.device, reading, context.now()))


def _next_few(frames: Iterator[RecordedFrame]) -> list[RecordedFrame]:
    return list(islice(frames, FRAMES_AHEAD))


def _build(context: DriverContext, settings: RecordingSettings) -> ThermalRecording:
    return ThermalRecording(context, settings)


KIND = DriverKind(
    name="thermal-recording",
    role="camera",
    settings=RecordingSettings,
    build=_build,
    measures=(Spot.FACE, TemperatureKind.SURFACE),
)
