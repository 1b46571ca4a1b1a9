"""What became of the people of an estate: one happening a person, and their counts."""

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulators.people import Kind

WAITS_KEPT = 2000  # the last ones, so that an estate may run for months


class Outcome(StrEnum):
    """How a visit ended for the person."""

    PASSED = "passed"
    REFUSED = "refused"  # was told no
    REFERRED = "referred"  # was told to wait for a guard, and none came in time
    GIVEN_UP = "given-up"  # nothing happened for too long
    WALKED_AWAY = "walked-away"  # went before showing everything


@dataclass(frozen=True, slots=True)
class Happening:
    """One person's visit, over; `waited_s` runs from the last thing shown to the open gate."""

    lane: str
    direction: str
    kind: Kind
    outcome: Outcome
    waited_s: float | None = None
    followed: bool = False


@dataclass(slots=True)
class Tally:
    """Counts of happenings, in all and by lane and kind."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    by_lane: dict[str, Counter[Outcome]] = field(default_factory=dict)
    by_kind: dict[Kind, Counter[Outcome]] = field(default_factory=dict)
    tailgaters: int = 0
    waits_s: deque[float] = field(default_factory=lambda: deque(maxlen=WAITS_KEPT))

    @property
    def people(self) -> int:
        """How many visits are over."""
        return self.outcomes.total()

    def add(self, happening: Happening) -> None:
        """Count one."""
        outcome = happening.outcome
        self.outcomes[outcome] += 1
        self.by_lane.setdefault(happening.lane, Counter())[outcome] += 1
        self.by_kind.setdefault(happening.kind, Counter())[outcome] += 1
        self.tailgaters += happening.followed
        if happening.waited_s is not None:
            self.waits_s.append(happening.waited_s)

    def wait_ms(self, share: float) -> float | None:
        """Return the wait that this share of the last openings did not exceed."""
        waits = sorted(self.waits_s)
        at = min(int(share * len(waits)), len(waits) - 1)
        return round(waits[at] * 1000, 1) if waits else None

    def summary(self) -> dict[str, Any]:
        """Lay everything out as JSON."""
        return {
            "people": self.people,
            "outcomes": dict(self.outcomes),
            "lanes": {lane: dict(counts) for lane, counts in self.by_lane.items()},
            "kinds": {kind: dict(counts) for kind, counts in self.by_kind.items()},
            "tailgaters": self.tailgaters,
            "open_wait_ms": {"p50": self.wait_ms(0.5), "p99": self.wait_ms(0.99)},
        }
