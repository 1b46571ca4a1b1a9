"""Frames and times in, people's temperatures out: one instance for each camera."""

import numpy as np
from numpy.typing import NDArray

from edge_rules.thermometry.background import Background
from edge_rules.thermometry.face import look_at
from edge_rules.thermometry.heads import Head, find_heads
from edge_rules.thermometry.measuring import is_fit, is_near, measure
from edge_rules.thermometry.observations import Box, FaceMeasured
from edge_rules.thermometry.picture import Pixels, factor_of, is_readable, shrink
from edge_rules.thermometry.reference import ReferenceTracker, Spot
from edge_rules.thermometry.tracks import Glimpse, Track, Tracks

SETTLING_MS = 2000.0  # after its flat-field correction a camera's values still wander
LEAST_INTERVAL_MS = 60.0  # pictures that follow sooner tell nothing new of a person


class FaceThermometer:
    """Finds the reference and the people, and measures each person once.

    `reference_celsius` is the true temperature of the blackbody in view (None: assumed).
    Nobody is followed over a gap of more than 2.5 s between two frames.
    """

    def __init__(self, reference_celsius: float | None = None) -> None:
        self._reference_celsius = reference_celsius
        self._tracks = Tracks()
        self._scene: _Scene | None = None
        self._last: tuple[Pixels, float] | None = None
        self._settled_at = -np.inf

    @property
    def reference(self) -> Spot | None:
        """Where the reference was found."""
        return self._scene.reference.spot if self._scene else None

    def observe(
        self, pixels: Pixels, at_ms: float, ffc_age_ms: int | None
    ) -> tuple[FaceMeasured, ...]:
        """Take one upright frame (uint16 centikelvin); return who is measured with it.

        `at_ms` is any clock that runs forward; a frame from the past or a copy of the last one
        says nothing new.
        """
        if not is_readable(pixels) or self._is_stale(pixels, at_ms):
            return ()
        self._last = (pixels, at_ms)
        scene = self._scene
        if scene is None or scene.shape != pixels.shape:
            scene = self._scene = _Scene(pixels, self._reference_celsius)
            self._tracks = Tracks()
        grid = shrink(pixels, scene.factor)
        sighting = scene.reference.observe(pixels, grid)
        if sighting.stepped:
            self._settled_at = at_ms + SETTLING_MS
        if ffc_age_ms is not None:
            self._settled_at = max(self._settled_at, at_ms - ffc_age_ms + SETTLING_MS)
        found = []
        heads = find_heads(scene.background.excess(grid, at_ms), scene.hidden())
        for track, head in self._tracks.follow(heads, at_ms):
            track.add(self._glimpse(scene, track, head, at_ms, sighting.value))
            if track.measured:
                continue
            measured = measure(
                track, scene.face(head), self._reference_celsius, ffc_known=ffc_age_ms is not None
            )
            if measured is not None:
                if not self._tracks.measured_here(track):
                    found.append(measured)
                track.measured = True
        return tuple(found)

    def _is_stale(self, pixels: Pixels, at_ms: float) -> bool:
        if self._last is None:
            return False
        old, old_at = self._last
        return at_ms < old_at + LEAST_INTERVAL_MS or np.array_equal(old, pixels)

    def _glimpse(
        self, scene: "_Scene", track: Track, head: Head, at_ms: float, reference: float | None
    ) -> Glimpse:
        if track.measured or self._last is None or not scene.is_near(head):
            return Glimpse(at_ms, head)
        look = look_at(self._last[0], scene.face(head))
        before = track.glimpses[-1] if track.glimpses else None
        fit = at_ms >= self._settled_at and is_fit(head, look, before, at_ms)
        return Glimpse(at_ms, head, look.warm, reference, fit)


class _Scene:
    """What is known of the view in one resolution."""

    def __init__(self, pixels: Pixels, reference_celsius: float | None) -> None:
        height, width = self.shape = pixels.shape
        self.factor = factor_of(height, width)
        self.reference = ReferenceTracker(height, width, self.factor, reference_celsius)
        self.background = Background()
        self._cells = (height // self.factor, width // self.factor)
        self._hidden: tuple[Spot, NDArray[np.bool_]] | None = None

    def is_near(self, head: Head) -> bool:
        """Whether a head is at the measuring distance."""
        return is_near(head, self.factor, min(self.shape))

    def hidden(self) -> NDArray[np.bool_] | None:
        """Cells of the reference: warm, and nobody."""
        spot = self.reference.spot
        if spot is None:
            return None
        if self._hidden is None or self._hidden[0] != spot:
            f = self.factor
            ys, xs = np.mgrid[: self._cells[0], : self._cells[1]]
            away = np.hypot((xs + 0.5) * f - spot.x, (ys + 0.5) * f - spot.y)
            self._hidden = (spot, away <= 1.6 * spot.radius + f)
        return self._hidden[1]

    def face(self, head: Head) -> Box:
        """Return a head's face in pixels of the picture."""
        f = self.factor
        left = max(0, int(np.floor((head.x - head.width / 2) * f)))
        right = min(self.shape[1], int(np.ceil((head.x + head.width / 2) * f)))
        top = int(head.top * f)
        bottom = min(self.shape[0], top + max(f, round(head.face_height * f)))
        return left, top, right - left, bottom - top
