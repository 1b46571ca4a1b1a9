"""CPTV recordings (Cacophony Project thermal video, versions 1 and 2): a file in, pictures out.

Format: https://github.com/TheCacophonyProject/go-cptv/blob/master/SPECv2.md
"""

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

import numpy as np
from cptv import CPTVReader
from numpy.typing import NDArray

from devices.errors import DeviceProtocolError

SIDES = (24, 640)  # pixels; cameras whose makers use this format have 80 × 60 and 160 × 120
LONGEST_STEP_MS = 60_000  # between two frames; a calibration of the camera takes two seconds
NOMINAL_FPS = 9  # of the Lepton, for files that carry no times
CENTIKELVIN = (23_315, 37_315)  # of a median pixel: -40 to 100 °C; others are not radiometric
MAX_LOOKUPS = 4  # the reader keeps some MB for each packing width it meets; files use two
_CLOCK = 2**32  # the camera's clock counts milliseconds in 32 bits and wraps after 50 days
_MS = timedelta(milliseconds=1)

# What the reader raises for files that are torn or no recordings.
_FAULTS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

# A hostile file could otherwise fill the log with the unknown fields of every frame.
logging.getLogger("cptv").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True, eq=False)
class RecordedFrame:
    """One upright picture of a recording: (height, width) uint16 in centikelvin."""

    at_ms: int  # since the first picture
    pixels: NDArray[np.uint16]
    ffc_age_ms: int | None  # since the camera's last flat-field correction, None if unknown


def read_recording(file: BinaryIO) -> Iterator[RecordedFrame]:
    """Read picture by picture, in bounded memory; DeviceProtocolError says what is wrong.

    The cameras lie on their right side in the kiosks that use the format: a picture that is
    wider than high is turned clockwise.
    """
    with _as_protocol_errors():
        reader = CPTVReader(file)
        reader.lookup_cache = {}  # the reader would share one among all files, for ever
        sides = reader.x_resolution, reader.y_resolution
        if not all(SIDES[0] <= side <= SIDES[1] for side in sides):
            msg = f"pictures of {sides[0]} × {sides[1]}; a side has {SIDES[0]} to {SIDES[1]} pixels"
            raise DeviceProtocolError(msg)
        reader.s = _Bounded(reader.s, 4 * sides[0] * sides[1] + 64)
    timeline = _Timeline(1000 / (reader.fps or NOMINAL_FPS))
    frames = iter(reader)
    count = 0
    while True:
        with _as_protocol_errors():
            frame = next(frames, None)
        if frame is None:
            break
        if len(reader.lookup_cache) > MAX_LOOKUPS:
            reader.lookup_cache.clear()
        if frame.background_frame:
            continue  # a picture computed by the recorder, not one that the camera took
        if count == 0:
            _check_unit(frame.pix)
        count += 1
        yield timeline.place(frame)
    if count == 0:
        msg = "a recording without a single picture"
        raise DeviceProtocolError(msg)


class _Timeline:
    """Turns the camera's own clock into times since the first picture."""

    def __init__(self, nominal_ms: float) -> None:
        self._nominal_ms = nominal_ms
        self._last: int | None = None
        self._at_ms = 0.0

    def place(self, frame: Any) -> RecordedFrame:  # noqa: ANN401 - the reader is not annotated
        time_on = None if frame.time_on is None else frame.time_on // _MS
        if self._last is not None:
            step: float = 0 if time_on is None else (time_on - self._last) % _CLOCK
            if step > LONGEST_STEP_MS:
                msg = f"pictures follow each other within {LONGEST_STEP_MS} ms; these do not"
                raise DeviceProtocolError(msg)
            self._at_ms += step or self._nominal_ms
        self._last = time_on or 0
        return RecordedFrame(round(self._at_ms), _upright(frame.pix), _ffc_age_ms(frame, time_on))


class _Bounded:
    """A stream that refuses to read more than a picture, or less than it was asked for."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, size: int) -> bytes:
        if size > self._limit:
            msg = f"a picture of {size} bytes, at most {self._limit} fit its size"
            raise DeviceProtocolError(msg)
        try:
            data = self._stream.read(size)
        except EOFError:
            msg = "torn: it ends within a picture"  # the reader would take it for a clean end
            raise DeviceProtocolError(msg) from None
        if len(data) < size and size > 1:
            msg = "torn: it ends within a picture"
            raise DeviceProtocolError(msg)
        return data

    def seek(self, position: int) -> None:
        self._stream.seek(position)


@contextmanager
def _as_protocol_errors() -> Iterator[None]:
    try:
        yield
    except _FAULTS as error:
        msg = f"not a whole CPTV recording ({error or type(error).__name__})"
        raise DeviceProtocolError(msg) from error


def _check_unit(pixels: NDArray[np.uint16]) -> None:
    middle = int(np.median(pixels))
    if not CENTIKELVIN[0] <= middle <= CENTIKELVIN[1]:
        msg = f"pixels around {middle} are no centikelvin; it takes a radiometric camera"
        raise DeviceProtocolError(msg)


def _upright(pixels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    height, width = pixels.shape
    return np.ascontiguousarray(np.rot90(pixels, -1) if width > height else pixels)


def _ffc_age_ms(frame: Any, time_on: int | None) -> int | None:  # noqa: ANN401
    if time_on is None or not frame.last_ffc_time:
        return None
    age = (time_on - frame.last_ffc_time // _MS) % _CLOCK
    return age if age < _CLOCK // 2 else None
