"""One face in full resolution: does it look here, is it sharp, how warm is its skin."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_rules.thermometry.picture import Pixels

PATCH = (16, 20)  # cells across and down in which a face is compared with its mirror image
WARM_PERCENTILE = 97  # of the face: forehead and inner canthi, not one hot pixel
AXIS_SHIFTS = (-1, 0, 1)  # cells that the head's axis may lie beside the box's


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame shows of a face."""

    warm: float  # centikelvin, raw
    symmetry: float  # correlation with its own mirror image, 1 for a face looking here
    sharpness: float  # steepest edges over the face's own contrast, per pixel
    skin: float  # share of the box that is about as warm as the warmest


def look_at(pixels: Pixels, box: tuple[int, int, int, int]) -> Look:
    """Judge the face in a box (x, y, width, height) of full-resolution pixels."""
    x, y, w, h = box
    patch = pixels[y : y + h, x : x + w].astype(np.float32)
    flat = np.sort(patch, axis=None)
    warm = float(flat[int(flat.size * WARM_PERCENTILE / 100)])
    cold = float(flat[int(flat.size * 0.05)])
    contrast = max(1.0, warm - cold)
    small = cv2.resize(patch, PATCH, interpolation=cv2.INTER_AREA)
    return Look(
        warm=warm,
        symmetry=_symmetry(small),
        sharpness=_steepest(patch) / contrast,
        skin=1.0 - float(np.searchsorted(flat, warm - 0.4 * contrast)) / flat.size,
    )


def _symmetry(patch: NDArray[np.float32]) -> float:
    """Best correlation of a patch with its mirror image over nearby axes."""
    width = patch.shape[1]
    best = -1.0
    for shift in AXIS_SHIFTS:
        part = patch[:, max(0, shift) : width + min(0, shift)]
        part = part - part.mean()
        power = float((part * part).sum())
        best = max(best, float((part * part[:, ::-1]).sum()) / max(power, 1.0))
    return best


def _steepest(patch: NDArray[np.float32]) -> float:
    steps = np.abs(np.diff(patch, axis=1))
    return float(np.percentile(steps, 95)) if steps.size else 0.0
