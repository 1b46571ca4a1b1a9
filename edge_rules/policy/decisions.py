"""Decisions kept ready: one for each set of rules that fired together."""

from collections.abc import Sequence
from typing import Final

from edge_rules.decision import Decision, Outcome
from edge_rules.policy.combining import Firing, combine, unjudged
from edge_rules.policy.rules import Rule

MAX_KNOWN: Final = 4096  # sets; two more for each rule
MAX_KEPT: Final = 64  # rules of such a set: larger ones would fill the memory

Unjudged = tuple[int, tuple[str, ...]]  # the number of a rule, and the facts it lacks
Fired = tuple[int | Unjudged, ...]  # in policy order


class Decisions:
    """The decisions of one policy; `known` holds those that were made already."""

    def __init__(self, rules: Sequence[Rule], otherwise: Outcome) -> None:
        self.known: dict[Fired, Decision] = {}
        self._rules = rules
        self._otherwise = otherwise
        self._max_known = MAX_KNOWN + 2 * len(rules)

    def make(self, fired: Fired) -> Decision:
        """Make a decision that is not known yet."""
        if len(fired) == 1 and isinstance(fired[0], int):  # most often, so it is made directly
            rule = self._rules[fired[0]]
            decision = Decision(rule.then, (rule.reason,), (rule.id,), (), rule.say)
        else:
            decision = combine([self._firing(each) for each in fired], self._otherwise)
        if len(self.known) < self._max_known and len(fired) <= MAX_KEPT:
            self.known[fired] = decision
        return decision

    def _firing(self, fired: int | Unjudged) -> Firing:
        if isinstance(fired, tuple):
            number, missing = fired
            return unjudged(self._rules[number].id, missing)
        rule = self._rules[fired]
        return Firing(rule.id, rule.then, rule.reason, rule.say)
