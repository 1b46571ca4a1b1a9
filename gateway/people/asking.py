"""How often one operator may ask: enough for a gate, too little to read the list out."""

from collections import deque
from dataclasses import dataclass, field

MINUTE_MS, HOUR_MS = 60_000.0, 3_600_000.0
PER_MINUTE = 20  # a guard who types that fast has nobody before him
MISSES_PER_HOUR = 30  # who is often wrong is guessing
MAX_OPERATORS = 256


@dataclass(slots=True)
class _Of:
    asked: deque[float] = field(default_factory=lambda: deque(maxlen=PER_MINUTE))
    missed: deque[float] = field(default_factory=lambda: deque(maxlen=MISSES_PER_HOUR))


class Askings:
    """Counts questions by operator, on CLOCK_BOOTTIME."""

    def __init__(self) -> None:
        self._of: dict[str, _Of] = {}  # who asked last stands last

    def may(self, operator: str, now_ms: float) -> bool:
        """Tell whether somebody may ask now, and count it if so."""
        of = self._of.pop(operator, None) or _Of()
        self._of[operator] = of
        while len(self._of) > MAX_OPERATORS:
            del self._of[next(iter(self._of))]
        if _full(of.asked, now_ms - MINUTE_MS) or _full(of.missed, now_ms - HOUR_MS):
            return False
        of.asked.append(now_ms)
        return True

    def missed(self, operator: str, now_ms: float) -> None:
        """Count an answer that was no."""
        if of := self._of.get(operator):
            of.missed.append(now_ms)


def _full(times: deque[float], since_ms: float) -> bool:
    return len(times) == times.maxlen and times[0] > since_ms
