"""A policy as it was read: rules with their checked conditions, tests and properties with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge_rules.cel.environment import Checked, Constant
from edge_rules.decision import Outcome, Say

Place = tuple[int, int]  # line and column, from 1


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `place` is where it stands in the file."""

    id: str
    when: Checked
    then: Outcome
    reason: str
    say: Say | None
    place: Place


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """Facts, and what the policy must say of them; what is None or empty may be anything."""

    given: Mapping[str, Any]
    outcome: Outcome | None
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Property:
    """What a policy should hold of all facts: the last part, wherever all parts before it hold."""

    text: str
    parts: tuple[Checked, ...]
    id: str = ""
    note: Say | None = None
    place: Place = (1, 1)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy in which no fault was found."""

    name: str
    source: str
    schema: str
    rules: tuple[Rule, ...]
    otherwise: Outcome
    tests: tuple[PolicyTest, ...]
    properties: tuple[Property, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
