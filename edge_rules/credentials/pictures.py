"""QR codes in pictures, for terminals that send what their camera sees; no other kind of code."""

from typing import Any

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from edge_rules.credentials.picture_file import PictureError, read_picture

MAX_READ_PIXELS = 2_100_000  # full HD; made smaller, larger ones cost no more and read as well
MAX_CODES = 16  # in one picture

_OPTIONS: dict[str, Any] = {
    "formats": zxingcpp.BarcodeFormat.QRCode,
    "try_rotate": False,  # a QR code is found in any position without
    "try_invert": False,
    "text_mode": zxingcpp.TextMode.Plain,
}


def read_codes_in(data: bytes) -> tuple[str, ...]:
    """Return the texts of the QR codes in a PNG or JPEG; PictureError where there is none."""
    found = read_codes_of(read_picture(data))
    if not found:
        msg = "shows no QR code that can be read: closer, sharper, whole, and without a reflection"
        raise PictureError(msg)
    return found


def read_codes_of(pixels: NDArray[np.uint8]) -> tuple[str, ...]:
    """Return the texts of the QR codes in a camera's frame, shape (height, width), grey."""
    if pixels.ndim != 2 or not pixels.size:
        msg = f"a frame must be grey and have pixels, this one's shape is {pixels.shape}"
        raise PictureError(msg)
    shrink = (MAX_READ_PIXELS / pixels.size) ** 0.5
    if shrink < 1:
        size = [max(1, int(side * shrink)) for side in pixels.shape]
        pixels = np.asarray(cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    codes = zxingcpp.read_barcodes(np.ascontiguousarray(pixels), **_OPTIONS)
    return tuple(dict.fromkeys(code.text for code in codes if code.valid and code.text))[:MAX_CODES]
