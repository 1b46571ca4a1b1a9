"""Why a policy decides so: each condition of each rule, whether it holds, and on what values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from edge_rules.cel.times import show_duration, show_timestamp
from edge_rules.cel.values import Duration, Timestamp, timestamp_of
from edge_rules.facts import clean_facts
from edge_rules.policy.atoms import Atom, Verdict, atoms_of, whole_of
from edge_rules.policy.compiler import CompiledPolicy, compile_policy
from edge_rules.policy.rules import Policy, Rule
from edge_rules.policy.written_facts import read_facts

EXPLAINED = ("decision", "reasons", "rules", "conditions", "missing")
MAX_CODE = 256  # rules whose conditions stay compiled


@dataclass(frozen=True, slots=True)
class _Taken:
    """A rule taken apart: as a whole, and its conditions."""

    rule: Rule
    whole: Atom
    atoms: list[Atom]


class Explainer:
    """Explains the decisions of one policy; for one thread at a time."""

    def __init__(self, policy: Policy, compiled: CompiledPolicy | None = None) -> None:
        self._policy = policy
        self._compiled = compiled or compile_policy(policy)
        self._taken: dict[int, _Taken] = {}

    def explain(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Explain the decision on facts as they are written.

        Rules that were not even asked, since their words fit no fact, have no conditions here.
        """
        told = self.explain_rules(written)
        return {name: told[name] for name in EXPLAINED}

    def explain_rules(self, written: Mapping[str, Any], most: int | None = None) -> dict[str, Any]:
        """Explain it together with each rule that was asked (`asked`).

        Of `most` rules at most is told; those that fired come before others, and `left_out` counts
        the rest.
        """
        facts = clean_facts(read_facts(written))
        decision = self._compiled.decide(facts)
        asked = self._compiled.asked(facts)
        told = _first(asked, {*decision.rules}, self._policy.rules, most)
        rules = [self._apart(number) for number in told]
        return {
            "decision": decision.outcome.value,
            "reasons": list(decision.reasons),
            "rules": list(decision.rules),
            "asked": [_asked(each, facts) for each in rules],
            "left_out": len(asked) - len(told),
            "conditions": [_condition(atom, facts) for each in rules for atom in each.atoms],
            "missing": [{"rule": each.rule, "fact": each.fact} for each in decision.missing],
        }

    def _apart(self, number: int) -> _Taken:
        taken = self._taken.get(number)
        if taken is None:
            rule = self._policy.rules[number]
            taken = _Taken(rule, whole_of(rule), atoms_of([rule]))
            if len(self._taken) < MAX_CODE:
                self._taken[number] = taken
        return taken


def _first(
    asked: Sequence[int], fired: set[str], rules: Sequence[Rule], most: int | None
) -> list[int]:
    """Choose the rules to tell of, in policy order."""
    if most is None or len(asked) <= most:
        return list(asked)
    return sorted(sorted(asked, key=lambda number: rules[number].id not in fired)[:most])


def _asked(taken: _Taken, facts: Mapping[str, Any]) -> dict[str, Any]:
    rule = taken.rule
    return {
        "rule": rule.id,
        "then": rule.then.value,
        "reason": rule.reason,
        "say": {"zh": rule.say.zh, "en": rule.say.en} if rule.say else None,
        "fires": taken.whole.verdict(facts).holds,
    }


def _condition(atom: Atom, facts: Mapping[str, Any]) -> dict[str, Any]:
    verdict = atom.verdict(facts)
    values = {name: _shown(_value(name, facts)) for name in atom.facts}
    values |= {name: _shown(value) for name, value in atom.constants.items()}
    said = ", ".join(
        f"{name} = {_json(value)}" for name, value in values.items() if value is not None
    )
    zh, en = _sentence(verdict)
    return {
        "rule": atom.rule,
        "condition": atom.text,
        "holds": verdict.holds,
        "values": values,
        "missing": list(verdict.missing),
        "zh": f"规则 {atom.rule}:{atom.text} {zh}" + (f"({said})" if said else ""),
        "en": f"Rule {atom.rule}: {atom.text} {en}" + (f" ({said})" if said else ""),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _sentence(verdict: Verdict) -> tuple[str, str]:
    if verdict.holds is not None:
        return ("成立", "holds") if verdict.holds else ("不成立", "does not hold")
    if verdict.missing:
        names = ", ".join(verdict.missing)
        return f"无法判断,缺少 {names}", f"can't be judged, {names} is missing"
    return f"无法判断:{verdict.error}", f"can't be judged: {verdict.error}"


def _value(name: str, facts: Mapping[str, Any]) -> object:
    group, _, field = name.rpartition(".")
    held = facts.get(group, {}) if group else facts
    return held.get(field)


def _shown(value: object) -> Any:  # noqa: ANN401 - any value of JSON
    if isinstance(value, datetime):
        return show_timestamp(timestamp_of(value))
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, Timestamp):
        return show_timestamp(value)
    if isinstance(value, Duration):
        return show_duration(value)
    if isinstance(value, tuple):
        return [_shown(item) for item in value]
    return value
