"""Radiometric pictures: the coarse grid on which people are looked for."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint16]  # (height, width), centikelvin, upright
Grid = NDArray[np.float32]  # the same view in fewer cells, centikelvin

GRID_SHORT_SIDE = 60  # cells; a head at the measuring distance still spans ten of them
SMALLEST_SIDE = 24  # pixels; the smallest thermal array in use has 32 × 24
LARGEST_SIDE = 1280


def is_readable(pixels: Pixels) -> bool:
    """Whether this is a picture of a size and type that can be judged."""
    return (
        pixels.ndim == 2
        and pixels.dtype == np.uint16
        and min(pixels.shape) >= SMALLEST_SIDE
        and max(pixels.shape) <= LARGEST_SIDE
    )


def factor_of(height: int, width: int) -> int:
    """Return how many pixels a side of one cell covers."""
    return max(1, round(min(height, width) / GRID_SHORT_SIDE))


def shrink(pixels: Pixels, factor: int) -> Grid:
    """Average the picture into cells of `factor` by `factor` pixels; a rest at the end is left."""
    if factor == 1:
        return pixels.astype(np.float32)
    rows, columns = (side // factor for side in pixels.shape)
    whole = pixels[: rows * factor, : columns * factor]
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)


def percentile(values: NDArray[Any], percent: float) -> float:
    """Return the value that `percent` of a hundred lie below; no interpolation, so it is quick."""
    flat = values.reshape(-1)
    at = min(flat.size - 1, int(flat.size * percent / 100))
    return float(np.partition(flat, at)[at])
