"""A circuit breaker: whoever fails again and again is left alone, and tried one at a time; pure.

Closed it lets everybody through, open nobody. Once its pause is over it lets a single trial
through (half-open): that closes it, or opens it for twice as long.
"""

from dataclasses import dataclass, replace

LONGEST_PAUSE_MS = 60_000.0
LEAST_JITTER = 0.5  # many gateways must not come back in the same moment


@dataclass(frozen=True, slots=True)
class CircuitBreaker:
    """One state; times are milliseconds of a clock that never steps, `chance` is 0 … 1."""

    open_after: int
    first_pause_ms: float
    failures: int = 0
    pause_ms: float = 0.0  # of the last opening, before its jitter
    retry_ms: float | None = None  # when a trial may go; None while closed
    trying: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it counts as down, also during a trial."""
        return self.retry_ms is not None

    def lets_through(self, now_ms: float) -> bool:
        """Whether somebody may try now."""
        return self.retry_ms is None or (now_ms >= self.retry_ms and not self.trying)

    def began(self) -> "CircuitBreaker":
        """Return the state while somebody who was let through tries."""
        return replace(self, trying=True) if self.is_open else self

    def given_up(self) -> "CircuitBreaker":
        """Return the state after a trial that nobody waits for any more: it says nothing."""
        return replace(self, trying=False)

    def succeeded(self) -> "CircuitBreaker":
        """Return the state after a success, also of one that began before it opened."""
        return CircuitBreaker(self.open_after, self.first_pause_ms)

    def failed(self, now_ms: float, chance: float, *, trial: bool) -> "CircuitBreaker":
        """Return the state after a failure; of those that began before it opened none counts."""
        if self.is_open and not trial:
            return self
        failures = self.failures + 1
        if not self.is_open and failures < self.open_after:
            return replace(self, failures=failures)
        longest_ms = max(LONGEST_PAUSE_MS, self.first_pause_ms)
        pause_ms = min(2 * self.pause_ms, longest_ms) if self.is_open else self.first_pause_ms
        wait_ms = pause_ms * (LEAST_JITTER + (1 - LEAST_JITTER) * chance)
        return replace(
            self, failures=failures, pause_ms=pause_ms, retry_ms=now_ms + wait_ms, trying=False
        )
