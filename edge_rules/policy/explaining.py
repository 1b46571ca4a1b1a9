"""Why a policy decides so: each condition of each rule, whether it holds, and on what values."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from edge_rules.facts import clean_facts
from edge_rules.policy.atoms import Atom, Verdict, atoms_of
from edge_rules.policy.compiler import CompiledPolicy, compile_policy
from edge_rules.policy.rules import Policy
from edge_rules.policy.times import show_duration, show_timestamp
from edge_rules.policy.values import Duration, Timestamp, timestamp_of
from edge_rules.policy.written_facts import read_facts

MAX_CODE = 256  # rules whose conditions stay compiled


class Explainer:
    """Explains the decisions of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._compiled: CompiledPolicy = compile_policy(policy)
        self._atoms: dict[int, list[Atom]] = {}

    def explain(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Explain the decision on facts as they are written.

        Rules that were not even asked, since their words fit no fact, have no conditions here.
        """
        facts = clean_facts(read_facts(written))
        decision = self._compiled.decide(facts)
        missing = [{"rule": each.rule, "fact": each.fact} for each in decision.missing]
        return {
            "decision": decision.outcome.value,
            "reasons": list(decision.reasons),
            "rules": list(decision.rules),
            "conditions": [
                _condition(atom, facts)
                for number in self._compiled.asked(facts)
                for atom in self._atoms_of(number)
            ],
            "missing": missing,
        }

    def _atoms_of(self, number: int) -> list[Atom]:
        atoms = self._atoms.get(number)
        if atoms is None:
            atoms = atoms_of([self._policy.rules[number]])
            if len(self._atoms) < MAX_CODE:
                self._atoms[number] = atoms
        return atoms


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
