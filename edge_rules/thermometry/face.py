"""One face in full resolution: does it look here, is it sharp, how warm is its skin."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_rules.thermometry.observations import Box
from edge_rules.thermometry.picture import Pixels, percentile

PATCH = (16, 20)  # cells across and down in which a face is compared with its mirror image
WARM_PERCENTILE = 97  # of the face: forehead and inner canthi, not one hot pixel
COLD_PERCENTILE = 5
EDGE_PERCENTILE = 95
AXIS_SHIFTS = (-1, 0, 1)  # cells that the head's axis may lie beside the box's


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame shows of a face."""

    warm: float  # centikelvin, raw
    symmetry: float  # correlation with its own mirror image, 1 for a face looking here
    sharpness: float  # steepest edges over the face's own contrast, in a width of the head


def look_at(pixels: Pixels, box: Box) -> Look:
    """Judge the face in a box of full-resolution pixels."""
    x, y, w, h = box
    patch = pixels[y : y + h, x : x + w].astype(np.float32)
    warm = percentile(patch, WARM_PERCENTILE)
    contrast = max(1.0, warm - percentile(patch, COLD_PERCENTILE))
    steepest = percentile(np.abs(patch[:, 1:] - patch[:, :-1]), EDGE_PERCENTILE)
    small = cv2.resize(patch, PATCH, interpolation=cv2.INTER_AREA)
    return Look(warm, _symmetry(small.astype(np.float32, copy=False)), steepest * w / contrast)


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
