"""What the rules say about one visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Outcome(StrEnum):
    """Whether the person passes; `refer` means that a guard looks."""

    ADMIT = "admit"
    DENY = "deny"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A rule that could not be judged, and the fact it lacked."""

    rule: str
    fact: str


@dataclass(frozen=True, slots=True)
class Say:
    """Words for the person at the lane, in both tongues."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome with the rules that gave it, fit to show and to store.

    `reasons` are those of the rules that agree with the outcome, in policy order, without doubles;
    `rules` are the ids of all that fired.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    rules: tuple[str, ...] = ()
    missing: tuple[MissingFact, ...] = ()
    say: Say | None = None


class Policy(Protocol):
    """A compiled policy."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def hash(self) -> str:
        """Name its meaning."""
        ...

    def decide(self, facts: Mapping[str, Any], /) -> Decision:
        """Judge one visit's facts."""
        ...
