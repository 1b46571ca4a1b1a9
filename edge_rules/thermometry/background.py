"""What the empty lane looks like, learnt while people come and go."""

import numpy as np

from edge_rules.thermometry.picture import Grid, percentile

WARMEST_EMPTY = 200.0  # cK above the room's level: warmer at the start is taken for a person
FALL_PER_S = 60.0  # cK; whoever stood there at the start has left, cold glasses only pass by
RISE_PER_S = 4.0  # cK; slow, so that someone standing for a minute is not learnt
LEVEL_PERCENTILE = 25  # of the cells; a person near the camera covers over half of them


class Background:
    """The empty scene, relative to its own level, so that drift of the camera cancels."""

    def __init__(self) -> None:
        self._scene: Grid | None = None
        self._level = 0.0
        self._at_ms = 0.0

    def excess(self, grid: Grid, at_ms: float) -> Grid:
        """Take one frame; return how far each cell is above the empty scene."""
        if self._scene is None:
            self._level = percentile(grid, LEVEL_PERCENTILE)
            self._scene = np.minimum(grid - self._level, WARMEST_EMPTY)
            self._at_ms = at_ms
        over = grid - self._scene
        self._level = percentile(over, LEVEL_PERCENTILE)
        over -= self._level
        seconds = max(0.0, min(1.0, (at_ms - self._at_ms) / 1000))
        self._scene += np.clip(over, -FALL_PER_S * seconds, RISE_PER_S * seconds)
        self._at_ms = at_ms
        return over
