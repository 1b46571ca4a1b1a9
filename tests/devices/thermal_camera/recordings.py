"""CPTV recordings made on the spot, with the cptv package's own writer or byte by byte."""

import gzip
import struct
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from cptv import CPTVWriter, Frame
from numpy.typing import NDArray

from devices.thermal_camera.cptv_recording import RecordedFrame

SHAPE = (120, 160)  # as the camera delivers them, lying on its side
FFC_AT_MS = 400_000
FIRST_AT_MS = 430_000

Pixels = NDArray[np.uint16]


def write_recording(
    path: Path,
    pictures: Sequence[Pixels],
    times_ms: Sequence[int] | None = None,
    *,
    background: bool = False,
) -> Path:
    """Write lying pictures of 160 × 120; `background` puts a computed one in front of them."""
    times_ms = times_ms or [FIRST_AT_MS + 111 * n for n in range(len(pictures))]
    writer = CPTVWriter(path.open("wb"))
    frames = [
        Frame(picture, timedelta(milliseconds=at), timedelta(milliseconds=FFC_AT_MS), 20.0, 20.0)
        for picture, at in zip(pictures, times_ms, strict=True)
    ]
    if background:
        writer.background_frame = Frame(
            pictures[0], timedelta(0), timedelta(0), 20.0, 20.0, background_frame=True
        )
    for frame in frames:
        writer.write_frame(frame)
    writer.close()
    return path


def lying(upright: Pixels) -> Pixels:
    """Turn a picture as the kiosk's camera sees it."""
    return np.ascontiguousarray(np.rot90(upright))


def handmade(
    *,
    magic: bytes = b"CPTV",
    version: int = 2,
    sides: tuple[int, int] = (32, 24),
    value: int = 29_500,
    frame_size: int | None = None,
    frames: int = 1,
) -> bytes:
    """Lay out a recording byte by byte; every picture is `value` all over."""
    width, height = sides
    header = (
        field(b"C", struct.pack("<B", 1))
        + field(b"X", struct.pack("<I", width))
        + field(b"Y", struct.pack("<I", height))
        + field(b"T", struct.pack("<Q", 1_600_000_000_000_000))
    )
    body = magic + bytes([version]) + b"H\x04" + header
    for number in range(frames):
        start = value if number == 0 else 0  # a picture is its difference to the one before
        packed = struct.pack("<i", start) + bytes(width * height - 1)
        size = len(packed) if frame_size is None else frame_size
        body += b"F\x02" + field(b"f", struct.pack("<I", size)) + field(b"w", b"\x08") + packed
    return gzip.compress(body, 1)


def field(kind: bytes, value: bytes) -> bytes:
    """Lay out one field of a section."""
    return bytes([len(value)]) + kind + value


def is_picture(frame: RecordedFrame, upright: Pixels) -> bool:
    """Tell whether a decoded picture is this one."""
    return frame.pixels.dtype == np.uint16 and np.array_equal(frame.pixels, upright)
