"""Two policies side by side: where they decide differently, the least facts for it, and why."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge_rules.decision import Decision
from edge_rules.policy.change import Change, change_of
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.explaining import Explainer
from edge_rules.policy.probe_values import flattened, nested
from edge_rules.policy.rules import Policy, Rule
from edge_rules.policy.written_facts import write_facts

BEFORE, AFTER = "A", "B"  # what people call the two

Why = Mapping[str, Any]


class Comparison:
    """Judges the same facts under two policies."""

    def __init__(self, before: Policy, after: Policy) -> None:
        self._policies = before, after
        self._compiled = compile_policy(before), compile_policy(after)
        self._rules = tuple({rule.id: rule for rule in each.rules} for each in self._policies)
        one, other = self._rules
        self._redefined = frozenset(
            name for name in one.keys() & other.keys() if _says(one[name]) != _says(other[name])
        )
        self._explainers: tuple[Explainer, Explainer] | None = None

    @property
    def hashes(self) -> tuple[str, str]:
        """What each of the two means."""
        before, after = self._compiled
        return before.hash, after.hash

    def decisions(self, facts: Mapping[str, Any]) -> tuple[Decision, Decision]:
        """Decide on facts that went through `clean_facts`, under the one and the other."""
        before, after = self._compiled
        return before.decide(facts), after.decide(facts)

    def change(self, decisions: tuple[Decision, Decision]) -> Change | None:
        """Say how two decisions on the same facts differ, None if they are alike."""
        return change_of(*decisions, self._redefined)

    def smallest(self, facts: Mapping[str, Any], change: Change) -> dict[str, Any]:
        """Leave out facts as long as the change stays the same and no more rules lack facts."""
        flat = flattened(facts)
        noise = noise_of(self.decisions(facts))
        dropped = True
        while dropped:
            dropped = False
            for name in list(flat):
                less = {key: value for key, value in flat.items() if key != name}
                decisions = self.decisions(nested(less))
                if noise_of(decisions) <= noise and self.change(decisions) == change:
                    flat, noise, dropped = less, noise_of(decisions), True
        return nested(flat)

    def why(self, facts: Mapping[str, Any], change: Change) -> list[Why]:
        """List the conditions, of the rules that changed, that made the difference."""
        if self._explainers is None:
            before, after = self._policies
            self._explainers = Explainer(before), Explainer(after)
        given = write_facts(facts)
        one, other = (each.explain(given)["conditions"] for each in self._explainers)
        return [*self._told(change), *conditions_between(one, other, change)]

    def _told(self, change: Change) -> Iterator[Why]:
        """Say of each rule what can be said without looking at facts."""
        one, other = self._rules
        for name in sorted(change.rules):
            if name not in one or name not in other:
                yield _stands_only_in(name, BEFORE if name in one else AFTER)
            elif name in self._redefined:
                yield _redefined(name, one[name], other[name])
        before, after = self._policies
        if not change.rules and before.otherwise is not after.otherwise:
            zh = f"没有规则成立时,{BEFORE} 为 {before.otherwise},{AFTER} 为 {after.otherwise}"
            en = f"Where no rule fires, {BEFORE} says {before.otherwise}, {AFTER} {after.otherwise}"
            yield {"policy": None, "rule": None, "zh": zh, "en": en}


def conditions_between(
    before: list[dict[str, Any]], after: list[dict[str, Any]], change: Change
) -> list[Why]:
    """Leave of two explanations what tells them apart: conditions of the rules that changed.

    One that stands in both, with the same truth, made no difference.
    """
    one, other = (
        [each for each in conditions if each["rule"] in change.rules]
        for conditions in (before, after)
    )
    shared = {_truth(each) for each in one} & {_truth(each) for each in other}
    return [
        {"policy": policy, **condition}
        for policy, conditions in ((BEFORE, one), (AFTER, other))
        for condition in conditions
        if _truth(condition) not in shared
    ]


def _truth(condition: Why) -> tuple[object, ...]:
    return tuple(condition[key] for key in ("rule", "condition", "holds"))


def _stands_only_in(rule: str, policy: str) -> Why:
    """Say that one of the policies has no rule of that name."""
    zh, en = f"规则 {rule} 只在 {policy} 中", f"Rule {rule} stands only in {policy}"
    return {"policy": policy, "rule": rule, "zh": zh, "en": en}


def _redefined(name: str, before: Rule, after: Rule) -> Why:
    one, other = (f"{rule.then} ({rule.reason})" for rule in (before, after))
    zh = f"规则 {name} 在 {BEFORE} 中为 {one},在 {AFTER} 中为 {other}"
    en = f"Rule {name} says {one} in {BEFORE}, {other} in {AFTER}"
    return {"policy": None, "rule": name, "zh": zh, "en": en}


def _says(rule: Rule) -> tuple[str, str]:
    return rule.then.value, rule.reason


def noise_of(decisions: tuple[Decision, Decision]) -> int:
    """Count what a reader of an example would have to look past."""
    return sum(len(each.rules) + len(each.missing) for each in decisions)
