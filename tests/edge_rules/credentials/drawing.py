"""Pictures for the tests: codes drawn by another library, and files that ask for too much."""

import io
import struct
import zlib

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def drawn(text: str, scale: int = 3) -> Pixels:
    """Draw one code, black on white, as grey pixels."""
    file = io.BytesIO()
    segno.make(text, micro=False).save(file, kind="png", scale=scale)
    pixels = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(pixels, np.uint8)


def beside(*pictures: Pixels) -> Pixels:
    """Put pictures next to each other on white."""
    height = max(picture.shape[0] for picture in pictures)
    padded = [
        np.pad(one, ((0, height - one.shape[0]), (0, 0)), constant_values=255) for one in pictures
    ]
    return np.hstack(padded)


def saved(pixels: Pixels, ending: str = ".png", *options: int) -> bytes:
    """Write pixels as a file."""
    return cv2.imencode(ending, pixels, options)[1].tobytes()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Lay out one part of a PNG."""
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png(width: int, height: int, data: bytes, *more: bytes, interlaced: int = 0) -> bytes:
    """Lay out a PNG of 8-bit grey whatever its data are; `more` stand before them."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    parts = [chunk(b"IHDR", head), *more, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def finders(height: int, width: int) -> Pixels:
    """Fill a picture with the marks of QR codes' corners: which belong together must be tried."""
    ring = np.zeros((7, 7), np.uint8)
    ring[1:6, 1:6], ring[2:5, 2:5] = 255, 0
    one = np.pad(np.kron(ring, np.ones((2, 2), np.uint8)), 2, constant_values=255)
    return np.tile(one, (height // 18, width // 18))
