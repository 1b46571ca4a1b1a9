"""Policies of tests: a file around rules, and the faults that loading one finds."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from devices.errors import SetupError
from edge_rules.decision import Decision
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import CAREFULLY, CompiledPolicy, compile_policy
from edge_rules.policy.policy_file import Policy, load_policy

HEAD = "policy: p\nfacts: checkpoint/1\n"


def with_rules(*rules: tuple[str, str], head: str = HEAD, tail: str = "") -> Policy:
    """Load a policy of rules given as (condition, outcome); rule n is called rule-n."""
    lines = [
        f"  - {{id: rule-{n}, when: {condition!r}, then: {then}, reason: reason-{n}}}\n"
        for n, (condition, then) in enumerate(rules, 1)
    ]
    return load_policy(f"{head}rules:\n{''.join(lines)}{tail}", "p.yaml")


def decide(policy: Policy, facts: dict[str, Any]) -> Decision:
    return compile_policy(policy).decide(clean_facts(facts))


def fast_only(compiled: CompiledPolicy) -> Callable[[dict[str, Any]], Decision]:
    """Take the careful way away, so that facts which need it raise NameError."""
    assert isinstance(compiled.decide, FunctionType)
    del compiled.decide.__globals__[CAREFULLY]
    return compiled.decide


def faults_of(text: str) -> list[str]:
    """Load a file that has faults; return them as they are printed, without its name."""
    with pytest.raises(SetupError) as caught:
        load_policy(text, "p.yaml")
    return [str(fault).removeprefix("p.yaml:") for fault in caught.value.faults]
