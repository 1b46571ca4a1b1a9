"""Differences as they are found, gathered by kind: how many, and the plainest case of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edge_rules.decision import Decision, Outcome
from edge_rules.policy.change import Change
from edge_rules.policy.comparison import noise_of

MAX_KINDS: Final = 1_000  # a person reads the first few; what is beyond them is only counted


@dataclass(slots=True)
class Kind:
    """All differences of one kind: how many, and the facts of the plainest."""

    change: Change
    count: int
    facts: Mapping[str, Any]
    noise: int
    where: Mapping[str, Any] | None


@dataclass(slots=True)
class Findings:
    """What comparing two policies on many facts has found so far."""

    tried: int = 0
    differing: int = 0
    other_words: int = 0  # decided alike, but with other words, or another reason first
    beyond: int = 0  # of kinds that there was no room for
    _kinds: dict[Change, Kind] = field(default_factory=dict)

    def take(
        self,
        facts: Mapping[str, Any],
        decisions: tuple[Decision, Decision],
        change: Change | None,
        where: Mapping[str, Any] | None = None,
    ) -> None:
        """Take what was found on one set of facts, and where on record these stand, if they do."""
        self.tried += 1
        before, after = decisions
        if change is None:
            shown = ((each.say, each.reasons) for each in (before, after))
            self.other_words += next(shown) != next(shown)
            return
        self.differing += 1
        noise = noise_of(decisions)
        known = self._kinds.get(change)
        if known is None and len(self._kinds) >= MAX_KINDS:
            self.beyond += 1
        elif known is None:
            self._kinds[change] = Kind(change, 1, facts, noise, where)
        else:
            known.count += 1
            if noise < known.noise:
                known.facts, known.noise, known.where = facts, noise, where

    def kinds(self) -> list[Kind]:
        """List the kinds, first those that change an outcome, of these the admissions."""
        return sorted(self._kinds.values(), key=lambda kind: (grave(kind.change), -kind.count))


def grave(change: Change) -> int:
    """Rank changes: who is let in anew, who is let in no more, other outcomes, reasons alone."""
    if change.before is change.after:
        return 3
    if change.after is Outcome.ADMIT:
        return 0
    return 1 if change.before is Outcome.ADMIT else 2
