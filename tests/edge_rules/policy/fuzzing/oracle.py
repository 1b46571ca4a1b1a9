"""What a policy must decide, found by walking its rules' trees one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_rules.cel.environment import Constant
from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.named_macros import dotted
from edge_rules.cel.syntax import children
from edge_rules.cel.values import Value
from edge_rules.decision import Decision, Outcome
from edge_rules.policy.rules import Policy, Rule
from tests.edge_rules.cel.bindings import as_cel, flat
from tests.edge_rules.cel.plain import Failed, walk

_GRAVEST: Final = (Outcome.DENY, Outcome.REFER, Outcome.ADMIT)


@dataclass(frozen=True)
class Expected:
    """A decision without its words; what is missing counts without an order."""

    outcome: Outcome
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    missing: frozenset[tuple[str, str]]


def expected(policy: Policy, cleaned: Mapping[str, Any]) -> Expected:
    """Judge facts that went through `clean_facts`, by the words of the manual."""
    facts = {name: _as_cel(value) for name, value in flat(cleaned).items()}
    fired: list[tuple[str, Outcome, str]] = []
    missing: set[tuple[str, str]] = set()
    for rule in policy.rules:
        try:
            if walk(rule.when.root, facts | _constants(rule), {}) is True:
                fired.append((rule.id, rule.then, rule.reason))
        except Failed as failed:
            reason = "fact-missing" if failed.facts else "rule-error"
            fired.append((rule.id, Outcome.REFER, reason))
            missing |= {(rule.id, fact) for fact in failed.facts}
    outcomes = {outcome for _, outcome, _ in fired}
    outcome = next((each for each in _GRAVEST if each in outcomes), policy.otherwise)
    reasons = [reason for _, each, reason in fired if each is outcome] or ["no-rule-admits"]
    rules = tuple(rule for rule, _, _ in fired)
    return Expected(outcome, tuple(dict.fromkeys(reasons)), rules, frozenset(missing))


def decided(decision: Decision) -> Expected:
    """Write a decision in the same way."""
    missing = frozenset((each.rule, each.fact) for each in decision.missing)
    return Expected(decision.outcome, decision.reasons, decision.rules, missing)


def _constants(rule: Rule) -> dict[str, Value]:
    held: dict[str, Value] = {}
    waiting = [rule.when.root]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        reference = rule.when.references.get(node.id)
        if isinstance(reference, Constant):
            held[dotted(node).lstrip(".")] = reference.value
    return held


def _as_cel(value: Value) -> Value:
    try:
        return as_cel(value)
    except EvaluationError:
        return Failed()
