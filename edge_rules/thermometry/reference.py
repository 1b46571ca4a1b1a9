"""The blackbody in view: found by itself, checked in every frame, never a face or a lamp.

A reference is a small round spot, warmer than all around it, that neither moves nor flickers.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.units import CENTIKELVIN_AT_ZERO_CELSIUS
from edge_rules.thermometry.picture import Grid, Pixels

LARGEST_RADIUS = 0.09  # of the short side of the picture; a bigger disc may be a face
SMALLEST_AREA = 6  # cells
LEAST_CONTRAST = 350.0  # cK above its surroundings; ceiling lamps and far heads stay below
USUAL_CELSIUS = 37.0  # of a reference whose temperature nobody stated
CAMERA_OFF = 1000.0  # cK; a raw value further from the truth is a lamp, a cup or another unit
LEAST_CONTRAST_AT_EDGE = 450.0  # of a disc that the picture's edge may cut
LEAST_CONTRAST_TO_RING = 300.0  # above nine tenths of the ring around it
MAX_UNEVENNESS = 0.25  # of that contrast, within the disc
FRAMES_TO_TRUST = 6  # in a row before it corrects anything
MAX_WANDER = 0.35  # pixels between frames; a head that seems still moves more
MAX_FLICKER = 20.0  # cK between frames beside a calibration of the camera
STEP = 40.0  # cK from one frame to the next: the camera recalibrated
FRAMES_TO_FORGET = 25  # hidden for so long: look elsewhere too


@dataclass(frozen=True, slots=True)
class Spot:
    """One disc: centre and radius in pixels, robust value and contrast in centikelvin."""

    x: float
    y: float
    radius: float
    value: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a frame says of the reference: `value` None while it is hidden or not yet found."""

    value: float | None
    stepped: bool = False


class ReferenceTracker:
    """Finds the reference, follows it and tells its value, frame by frame."""

    def __init__(self, height: int, width: int, factor: int, celsius: float | None) -> None:
        truth = USUAL_CELSIUS if celsius is None else celsius
        self._expected = CENTIKELVIN_AT_ZERO_CELSIUS + 100 * truth
        self._factor = factor
        self._short = min(height, width)
        reach = max(3, 2 * int(np.ceil(LARGEST_RADIUS * self._short / factor)) + 3) | 1
        self._kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        self._candidates: list[tuple[Spot, int]] = []
        self._disc: _Disc | None = None
        self._hidden = 0
        self._last: float | None = None

    @property
    def spot(self) -> Spot | None:
        """Where the reference stands, once it is trusted."""
        return self._disc.spot if self._disc else None

    def observe(self, pixels: Pixels, grid: Grid) -> Sighting:
        """Take one frame in both resolutions; tell the reference's raw value in it."""
        if self._disc is None or self._hidden >= FRAMES_TO_FORGET:
            self._search(pixels, grid)
        if self._disc is None:
            return Sighting(None)
        value = self._disc.read(pixels)
        if value is None:
            self._hidden += 1
            return Sighting(None)
        stepped = self._last is not None and abs(value - self._last) > STEP
        self._hidden, self._last = 0, value
        return Sighting(value, stepped)

    def _search(self, pixels: Pixels, grid: Grid) -> None:
        kept = []
        for spot in self._spots(pixels, grid):
            age = max((a for old, a in self._candidates if _same(old, spot)), default=0)
            kept.append((spot, age + 1))
        self._candidates = kept
        trusted = [s for s, age in kept if age >= FRAMES_TO_TRUST]
        if trusted:
            best = max(trusted, key=lambda spot: spot.contrast)
            disc = _Disc(best, pixels.shape)
            if disc.stands_out(pixels):
                self._disc = disc
                self._candidates, self._hidden, self._last = [], 0, None

    def _spots(self, pixels: Pixels, grid: Grid) -> list[Spot]:
        bump = cv2.morphologyEx(grid, cv2.MORPH_TOPHAT, self._kernel)
        mask = (bump > LEAST_CONTRAST / 2).view(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        found = []
        rows, columns = grid.shape
        widest = 2 * LARGEST_RADIUS * self._short / self._factor + 2
        for x, y, w, h, area in stats[1:count]:
            cut = x == 0 or y == 0 or x + w == columns or y + h == rows
            if area < SMALLEST_AREA or max(w, h) > widest or max(w, h) > 1.5 * min(w, h):
                continue
            least = LEAST_CONTRAST_AT_EDGE if cut else LEAST_CONTRAST
            if bump[y : y + h, x : x + w].max() < least:
                continue
            spot = self._refine(pixels, int(x), int(y), int(w), int(h))
            if spot is not None:
                found.append(spot)
        return found

    def _refine(self, pixels: Pixels, x: int, y: int, w: int, h: int) -> Spot | None:
        f = self._factor
        top, left = max(0, (y - 1) * f), max(0, (x - 1) * f)
        patch = pixels[top : (y + h + 1) * f, left : (x + w + 1) * f].astype(np.float32)
        around, peak = float(np.percentile(patch, 15)), float(np.percentile(patch, 93))
        warm = patch > (around + peak) / 2
        area = int(np.count_nonzero(warm))
        if area < SMALLEST_AREA or abs(peak - self._expected) > CAMERA_OFF:
            return None
        rows, columns = np.nonzero(warm)
        cx, cy = float(columns.mean()), float(rows.mean())
        high, wide = float(rows.var()), float(columns.var())
        radius = float(np.sqrt(area / np.pi))
        # A filled disc of radius r has a variance of r²/4 along each axis.
        if max(high, wide) > 1.9 * min(high, wide) or high + wide > 0.65 * radius**2:
            return None
        if radius > LARGEST_RADIUS * self._short:
            return None
        return Spot(left + cx, top + cy, radius, peak, peak - around)


class _Disc:
    """A trusted spot: the pixels of its disc and of the ring around it."""

    def __init__(self, spot: Spot, shape: tuple[int, ...]) -> None:
        self.spot = spot
        ys, xs = np.mgrid[: shape[0], : shape[1]]
        distance = np.hypot(xs - spot.x, ys - spot.y)
        self._inner = np.flatnonzero(distance <= max(1.0, 0.6 * spot.radius))
        ring = (distance >= 1.7 * spot.radius) & (distance <= 2.2 * spot.radius + 1)
        self._ring = np.flatnonzero(ring)
        self._contrast: float | None = None

    def stands_out(self, pixels: Pixels) -> bool:
        """Whether the disc is even within and warmer than all around: no head, no face."""
        flat = pixels.reshape(-1)
        inner, ring = np.sort(flat[self._inner]), np.sort(flat[self._ring])
        above = _middle_mean(inner) - float(ring[int(0.9 * ring.size)])
        return above >= LEAST_CONTRAST_TO_RING and _spread(inner) <= MAX_UNEVENNESS * above

    def read(self, pixels: Pixels) -> float | None:
        """Return the disc's mean of its middle values, or None while something hides it."""
        flat = pixels.reshape(-1)
        inner = np.sort(flat[self._inner])
        around = float(np.sort(flat[self._ring])[self._ring.size // 2])
        value = _middle_mean(inner)
        contrast = value - around
        if self._contrast is None:
            self._contrast = contrast
        hidden = contrast < 0.5 * self._contrast
        if hidden or _spread(inner) > 2 * MAX_UNEVENNESS * self._contrast:
            return None
        self._contrast += 0.02 * (contrast - self._contrast)
        return value


def _spread(ordered: NDArray[np.uint16]) -> float:
    """Range of sorted values but for one at each end, which a dead pixel may hold."""
    return float(ordered[-2]) - float(ordered[1])


def _middle_mean(ordered: NDArray[np.uint16]) -> float:
    """Mean of the middle half of sorted values: finer than a median, as hard to fool."""
    quarter = ordered.size // 4
    return float(ordered[quarter : ordered.size - quarter].mean())


def _same(old: Spot, new: Spot) -> bool:
    """Whether two spots of successive frames are one that stands still."""
    moved = max(abs(old.x - new.x), abs(old.y - new.y))
    steady = abs(old.value - new.value) <= MAX_FLICKER
    return moved <= MAX_WANDER and steady and abs(old.radius - new.radius) <= 0.15 * old.radius
