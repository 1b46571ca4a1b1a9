"""The shipped policies, loaded; the facts of their own tests; and a second opinion on both."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from edge_rules.decision import Outcome
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.written_facts import read_facts
from tests.conftest import REPOSITORY
from tests.edge_rules.cel.plain import Failed, walk

FOLDER = REPOSITORY / "edge_rules/shipped_policies"
NAMES = ("everyday", "level-4", "level-3", "level-2", "level-1")
LEVELS = NAMES[1:]
TEXTS = {name: (FOLDER / f"{name}.yaml").read_text("utf-8") for name in NAMES}
POLICIES = {name: load_policy(text, f"{name}.yaml") for name, text in TEXTS.items()}
COMPILED = {name: compile_policy(policy) for name, policy in POLICIES.items()}

Facts = dict[str, Any]  # groups of facts, as they went through `clean_facts`

CASES: list[Facts] = [
    clean_facts(read_facts(test.given)) for policy in POLICIES.values() for test in policy.tests
]
_GRAVEST_FIRST = (Outcome.DENY, Outcome.REFER, Outcome.ADMIT)
_DEFAULTS = {
    name: {
        f"defaults.{key}": tuple(value) if isinstance(value, list) else value
        for key, value in yaml.safe_load(text)["defaults"].items()
    }
    for name, text in TEXTS.items()
}


@cache
def admitted(name: str) -> list[Facts]:
    """The facts of all files' tests that one policy admits, each once."""
    found: list[Facts] = []
    for facts in CASES:
        if COMPILED[name].decide(facts).outcome is Outcome.ADMIT and facts not in found:
            found.append(facts)
    return found


def without(facts: Facts, fact: str) -> Facts:
    """The same facts with one of them dropped."""
    group, _, field = fact.rpartition(".")
    held = facts[group] if group else facts
    kept = {key: value for key, value in held.items() if key != field}
    return {**facts, group: kept} if group else kept


def with_fact(facts: Facts, fact: str, value: object) -> Facts:
    """The same facts with one of them given."""
    group, _, field = fact.rpartition(".")
    if not group:
        return {**facts, field: value}
    return {**facts, group: {**facts[group], field: value}}


def has_fact(facts: Facts, fact: str) -> bool:
    group, _, field = fact.rpartition(".")
    return field in (facts.get(group, {}) if group else facts)


def second_opinion(name: str, facts: Facts) -> tuple[Outcome, set[tuple[str, str]]]:
    """The outcome, and the rules with the facts each lacks, by a plain walk over every rule."""
    known = {**_DEFAULTS[name], **_flat(facts)}
    outcomes, lacking = [], set()
    for rule in POLICIES[name].rules:
        try:
            if walk(rule.when.root, known, {}):
                outcomes.append(rule.then)
        except Failed as failure:
            outcomes.append(Outcome.REFER)
            lacking |= {(rule.id, fact) for fact in failure.facts}
    outcome = next((each for each in _GRAVEST_FIRST if each in outcomes), Outcome.REFER)
    return outcome, lacking


def _flat(facts: Facts) -> dict[str, Any]:
    return {
        f"{name}.{inner}" if isinstance(held, Mapping) else name: value
        for name, held in facts.items()
        for inner, value in (held if isinstance(held, Mapping) else {name: held}).items()
    }
