"""The policy of the demonstration: its own tests, and every way in which a fact can fail."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from edge_rules.decision import Decision, Outcome
from edge_rules.facts import FIELDS, clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.policy_tests import run_policy_tests
from tests.conftest import REPOSITORY

FILE = Path("simulators/estates/riverside/policy.yaml")
POLICY = load_policy((REPOSITORY / FILE).read_text("utf-8"), str(FILE))
COMPILED = compile_policy(POLICY)
HEALTHY: dict[str, dict[str, Any]] = {
    "credential": {"kind": "eu-dcc", "status": "valid", "colour": "green"},
    "temperature": {"celsius": 36.4, "limit": 37.3, "quality": "good", "plausible": True},
}
NEEDED = ["credential.status", *(f"temperature.{name}" for name in HEALTHY["temperature"])]


def decide(facts: dict[str, dict[str, Any]]) -> Decision:
    return COMPILED.decide(clean_facts(facts))


def changed(name: str, value: object) -> dict[str, dict[str, Any]]:
    group, _, field = name.partition(".")
    return {**HEALTHY, group: {**HEALTHY[group], field: value}}


def test_its_own_tests_hold() -> None:
    assert run_policy_tests(POLICY) == []
    assert len(POLICY.tests) >= 10


def test_a_healthy_person_is_admitted() -> None:
    assert decide(HEALTHY).outcome is Outcome.ADMIT
    assert decide(HEALTHY).say is not None


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize(
    "value",
    [None, float("nan"), float("inf"), -float("inf"), "warm", 10**30, [], {}, b"", object()],
    ids=["null", "nan", "inf", "minus-inf", "text", "huge", "list", "map", "bytes", "object"],
)
def test_a_needed_fact_that_fails_never_admits_and_is_named(name: str, value: object) -> None:
    decision = decide(changed(name, value))
    assert decision.outcome is Outcome.REFER
    assert "fact-missing" in decision.reasons
    assert name in {each.fact for each in decision.missing}
    assert {"healthy"} <= {each.rule for each in decision.missing if each.fact == name}


def test_no_set_of_missing_facts_ever_admits() -> None:
    for kept in product([True, False], repeat=len(NEEDED)):
        facts: dict[str, dict[str, Any]] = {"credential": {}, "temperature": {}}
        for name, keep in zip(NEEDED, kept, strict=True):
            group, _, field = name.partition(".")
            if keep:
                facts[group][field] = HEALTHY[group][field]
        decision = decide(facts)
        assert (decision.outcome is Outcome.ADMIT) is all(kept)


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in NEEDED])
def test_a_fact_that_no_rule_needs_may_be_missing(name: str) -> None:
    group, _, field = name.rpartition(".")
    facts = {**HEALTHY}
    if group:
        facts[group] = {k: v for k, v in HEALTHY.get(group, {}).items() if k != field}
    assert decide(facts).outcome is Outcome.ADMIT


@pytest.mark.parametrize("celsius", [37.3, 37.4, 45.0, 34.0, 20.0, -1.0])
def test_a_temperature_at_or_beyond_its_limits_is_never_admitted(celsius: float) -> None:
    assert decide(changed("temperature.celsius", celsius)).outcome is Outcome.REFER
