"""Frames and times in, people and their temperatures out: one instance for each camera."""

import numpy as np
from numpy.typing import NDArray

from edge_rules.thermometry.background import Background
from edge_rules.thermometry.face import look_at
from edge_rules.thermometry.heads import Head, find_heads
from edge_rules.thermometry.measuring import Eye, Setting, is_fit, measure
from edge_rules.thermometry.observations import Box, Observation, SceneChanged
from edge_rules.thermometry.picture import Pixels, factor_of, is_readable, shrink
from edge_rules.thermometry.reference import FRAMES_TO_TRUST, ReferenceTracker, Spot
from edge_rules.thermometry.tracks import FRAMES_TO_NOTICE, Glimpse, Track, Tracks

SETTLING_MS = 2000.0  # after its flat-field correction a camera's values still wander
FACE_HEIGHT = 1.3  # of its width; below it comes the neck, warmer than the face


class FaceThermometer:
    """Finds the reference and the people, and measures each person once.

    `reference_celsius` is the true temperature of the blackbody in view (None: assumed).
    """

    def __init__(
        self, reference_celsius: float | None = None, *, self_correcting: bool = False
    ) -> None:
        self._setting = Setting(reference_celsius, self_correcting)
        self._tracks = Tracks()
        self._scene: _Scene | None = None
        self._last: tuple[Pixels, float] | None = None
        self._settled_at = -np.inf

    @property
    def reference(self) -> Spot | None:
        """Where the reference was found."""
        return self._scene.reference.spot if self._scene else None

    @property
    def people(self) -> int:
        """How many people are in view."""
        return len(self._tracks.noticed())

    def observe(
        self, pixels: Pixels, at_ms: float, ffc_age_ms: int | None
    ) -> tuple[Observation, ...]:
        """Take one upright frame (uint16 centikelvin); return what is newly known.

        `at_ms` is any clock that runs forward; a frame from the past or a copy of the last one
        says nothing new.
        """
        if not is_readable(pixels) or self._is_stale(pixels, at_ms):
            return ()
        self._last = (pixels, at_ms)
        if self._scene is None or self._scene.shape != pixels.shape:
            self._scene = _Scene(pixels)
        scene = self._scene
        grid = shrink(pixels, scene.eye.factor)
        sighting = scene.reference.observe(pixels, grid)
        if sighting.stepped:
            self._settled_at = at_ms + SETTLING_MS
        if ffc_age_ms is not None and ffc_age_ms < SETTLING_MS:
            self._settled_at = max(self._settled_at, at_ms + SETTLING_MS - ffc_age_ms)
        over = scene.background.excess(grid, at_ms)
        heads = find_heads(over, scene.hidden())
        return self._follow(scene, heads, at_ms, sighting.value, ffc_age_ms is not None)

    def _is_stale(self, pixels: Pixels, at_ms: float) -> bool:
        if self._last is None:
            return False
        old, old_at = self._last
        return at_ms <= old_at or np.array_equal(old, pixels)

    def _follow(
        self,
        scene: "_Scene",
        heads: list[Head],
        at_ms: float,
        reference: float | None,
        ffc_known: bool,
    ) -> tuple[Observation, ...]:
        seen, left = self._tracks.follow(heads, at_ms)
        found: list[Observation] = []
        pixels = self._last[0] if self._last else None
        assert pixels is not None
        for track, head in seen:
            track.add(self._glimpse(scene, track, head, pixels, at_ms, reference))
            if track.seen == FRAMES_TO_NOTICE:
                found.append(SceneChanged(at_ms, track.name, self.people, entered=True, left=False))
            if not track.measured:
                measured = measure(
                    track,
                    self._setting,
                    scene.face(head),
                    ffc_known=ffc_known,
                    searching=scene.reference.frames < 2 * FRAMES_TO_TRUST,
                )
                if measured is not None:
                    track.measured = True
                    found.append(measured)
        found += [SceneChanged(at_ms, t.name, self.people, entered=False, left=True) for t in left]
        return tuple(found)

    def _glimpse(
        self,
        scene: "_Scene",
        track: Track,
        head: Head,
        pixels: Pixels,
        at_ms: float,
        reference: float | None,
    ) -> Glimpse:
        if track.measured or not scene.eye.wide_enough(head):
            return Glimpse(at_ms, head)
        look = look_at(pixels, scene.face(head))
        before = track.glimpses[-1] if track.glimpses else None
        fit = at_ms >= self._settled_at and is_fit(head, look, before, at_ms, scene.eye)
        return Glimpse(at_ms, head, look.warm, reference, fit)


class _Scene:
    """What is known of the view in one resolution."""

    def __init__(self, pixels: Pixels) -> None:
        height, width = self.shape = pixels.shape
        factor = factor_of(height, width)
        self.eye = Eye(min(height, width), factor)
        self.reference = ReferenceTracker(height, width, factor)
        self.background = Background()
        self._cells = (height // factor, width // factor)
        self._hidden: tuple[Spot, NDArray[np.bool_]] | None = None

    def hidden(self) -> NDArray[np.bool_] | None:
        """Cells of the reference: warm, and nobody."""
        spot = self.reference.spot
        if spot is None:
            return None
        if self._hidden is None or self._hidden[0] != spot:
            f = self.eye.factor
            ys, xs = np.mgrid[: self._cells[0], : self._cells[1]]
            away = np.hypot((xs + 0.5) * f - spot.x, (ys + 0.5) * f - spot.y)
            self._hidden = (spot, away <= 1.6 * spot.radius + f)
        return self._hidden[1]

    def face(self, head: Head) -> Box:
        """Return a head's face in pixels of the picture."""
        f = self.eye.factor
        left = max(0, int(np.floor((head.x - head.width / 2) * f)))
        right = min(self.shape[1], int(np.ceil((head.x + head.width / 2) * f)))
        top = int(head.top * f)
        tall = min(head.height, FACE_HEIGHT * head.width)
        return left, top, right - left, min(self.shape[0] - top, max(f, round(tall * f)))
