"""When a forwarder tries again, and when a store counts as gone. Pure: time is an argument."""

from collections import deque
from random import Random

FIRST_S = 0.2
LAST_S = 15.0
DEGRADED_S = 4.0  # with a probe every 3 s a silent store is reported within 10 s, as promised
MERGE_S = 1.0  # batches this close share one mark: a drained backlog needs no mark a batch
MOST_MARKS = 1000  # beyond, the newest mark grows: its rows are due later, none is forgotten


class BackOff:
    """Waits that double, with jitter so that a thousand gateways don't return in step."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._tries = 0

    def next_s(self) -> float:
        """Return how long to wait after one more failure."""
        wait_s = min(LAST_S, FIRST_S * 2.0 ** min(self._tries, 16))
        self._tries += 1
        return self._random.uniform(wait_s / 2, wait_s)

    def reset(self) -> None:
        """Forget the failures: something came through."""
        self._tries = 0


class Silence:
    """How long a store has not answered, and whether that has been said."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self.degraded = False

    def asked(self, now_s: float) -> None:
        """Note that the store is being asked."""
        if self._since_s is None:
            self._since_s = now_s

    def answered(self) -> bool:
        """Note an answer; True if the store was reported gone before it."""
        was, self.degraded, self._since_s = self.degraded, False, None
        return was

    def must_tell(self, now_s: float) -> bool:
        """Tell, once, that the store has been silent too long."""
        if self.degraded or self._since_s is None or now_s - self._since_s < DEGRADED_S:
            return False
        self.degraded = True
        return True

    def due_in_s(self, now_s: float) -> float | None:
        """Return when `must_tell` turns true if no answer comes; None if it won't."""
        if self.degraded or self._since_s is None:
            return None
        return max(0.0, self._since_s + DEGRADED_S - now_s)


class Ripening:
    """Which rows have waited long enough since something was done with them, in order."""

    def __init__(self, after_s: float, merge_s: float = MERGE_S) -> None:
        self._after_s = after_s
        self._merge_s = merge_s
        self._marks: deque[tuple[int, float, float]] = deque()  # through, first and last done

    def noted(self, through: int, now_s: float) -> None:
        """Note that it was done with everything up to here."""
        first_s = now_s
        if self._marks and (now_s - self._marks[-1][1] < self._merge_s or self._is_full()):
            first_s = self._marks.pop()[1]
        self._marks.append((through, first_s, now_s))

    def due(self, now_s: float) -> int | None:
        """Return up to where rows are due now."""
        if self._marks and now_s - self._marks[0][2] >= self._after_s:
            return self._marks[0][0]
        return None

    def done(self, through: int) -> None:
        """Forget everything up to here."""
        while self._marks and self._marks[0][0] <= through:
            self._marks.popleft()

    def due_in_s(self, now_s: float) -> float | None:
        """Return when the next rows are due; None if none wait."""
        return max(0.0, self._marks[0][2] + self._after_s - now_s) if self._marks else None

    def _is_full(self) -> bool:
        return len(self._marks) >= MOST_MARKS
