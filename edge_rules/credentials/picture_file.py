"""Pictures from strangers: PNG or JPEG bytes to grey pixels, measured before they are decoded.

A few kilobytes can ask for gigabytes: by their measures, by data behind the last line, by a
hundred passes over the same lines, or in notes that nobody reads.
"""

import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 16 * 1024 * 1024
MAX_PIXELS = 4096 * 3072  # a telephone's usual photograph has 4032 by 3024
MAX_PASSES = 16  # of a progressive JPEG; encoders make up to ten
PIECE = 1024 * 1024

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG's types of colour
_SEEN = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}  # no notes, no further frames
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's markers of a frame's measures
_SCAN = 0xDA
_BARE = {0x00, 0x01, *range(0xD0, 0xD8)}  # markers without a length; 00 is a byte of the data


class PictureError(ValueError):
    """Bytes that are no picture to read codes in; the sentence says why and what would be."""


def read_picture(data: bytes) -> NDArray[np.uint8]:
    """Decode a PNG or JPEG to grey pixels, shape (height, width); else PictureError."""
    if len(data) > MAX_BYTES:
        msg = f"has {len(data)} bytes, at most {MAX_BYTES} are read"
        raise PictureError(msg)
    if data.startswith(_PNG):
        data = _checked_png(data)
    elif data.startswith(_JPEG):
        _check_jpeg(data)
    else:
        msg = "is no picture that can be read: must be PNG or JPEG"
        raise PictureError(msg)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        pixels = None
    if pixels is None:
        msg = "is a broken picture: send it again, or another one"
        raise PictureError(msg)
    return np.asarray(pixels, np.uint8)


def _checked_png(data: bytes) -> bytes:
    """Return a PNG without what is not of its picture, and its picture no larger than it says."""
    kept, packed = [_PNG], []
    for kind, whole in _chunks(data):
        if len(kept) == 1 and (kind != b"IHDR" or len(whole) != 25):
            break
        if kind in _SEEN:
            kept.append(whole)
        if kind == b"IDAT":
            packed.append(whole[8:-4])
    if len(kept) < 3 or not packed:
        msg = "is a broken PNG: its parts are missing"
        raise PictureError(msg)
    width, height, depth, colour = struct.unpack_from(">IIBB", kept[1], 8)
    _check_measures(width, height)
    lines = 2 if kept[1][20] else 1  # interlaced, it has up to twice as many
    most = height * lines * (width * _CHANNELS.get(colour, 4) * depth // 8 + 8)
    if _is_longer(packed, most):
        msg = "is a PNG with more data than its measures need: make it anew"
        raise PictureError(msg)
    return b"".join(kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        yield data[at + 4 : at + 8], data[at:end]
        at = end


def _is_longer(packed: list[bytes], most: int) -> bool:
    """Tell whether compressed pieces hold more than that; nothing of it is kept."""
    stream, size = zlib.decompressobj(), 0
    for piece in packed:
        rest = piece
        while rest and not stream.eof:
            try:
                size += len(stream.decompress(rest, PIECE))
            except zlib.error:  # the decoder tells how
                return False
            if size > most:
                return True
            rest = stream.unconsumed_tail
    return False


def _check_jpeg(data: bytes) -> None:
    at, passes = 2, 0
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        mark = data[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        if mark in _BARE:
            at += 2
            continue
        if mark in _FRAMES and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            _check_measures(width, height)
        if mark == _SCAN:
            passes += 1
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    if passes > MAX_PASSES:
        msg = f"is a JPEG of {passes} passes, at most {MAX_PASSES} are read: save it as baseline"
        raise PictureError(msg)


def _check_measures(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or not width * height:
        msg = f"has {width} by {height} pixels, 1 to {MAX_PIXELS} are read: make it smaller"
        raise PictureError(msg)
