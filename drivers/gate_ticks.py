"""What the gateway knows of a gate's own clock: its uptime, from its live states."""

from math import floor

from devices.moment import Moment
from devices.readings import GateState

BEST_KEPT_MS = 30_000  # a gate's crystal may be off by 0.01 %: 3 ms in this time


class GateTicks:
    """Maps our clock to one run of one gate, never to a later tick than is true.

    A state is heard after it was written, so each gives a difference that is too small by its
    time on the way; the largest is the nearest to the truth, and safe.
    """

    def __init__(self) -> None:
        self.heard = False  # whether the gate said anything live at all
        self.boot: str | None = None
        self._ahead_ms: float | None = None  # its ticks minus our clock; None: it has no ticks
        self._ahead_at_ms = 0.0

    def take(self, state: GateState, at: Moment) -> None:
        """Learn from a live state, as it arrives."""
        if not self.heard or state.boot != self.boot:
            self._ahead_ms = None
        self.heard = True
        self.boot = state.boot
        if state.boot is None or state.tick_ms is None:
            self._ahead_ms = None
            return
        ahead_ms = state.tick_ms - at.boot_ms
        old = at.boot_ms - self._ahead_at_ms > BEST_KEPT_MS
        if self._ahead_ms is None or ahead_ms >= self._ahead_ms or old:
            self._ahead_ms, self._ahead_at_ms = ahead_ms, at.boot_ms

    def tick_at(self, until: Moment) -> int | None:
        """Return the gate's tick at an instant, rounded down; None for a gate without ticks."""
        return None if self._ahead_ms is None else floor(until.boot_ms + self._ahead_ms)
