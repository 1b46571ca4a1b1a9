"""Proves what a policy is said to be: properties such as `person.minor → decision != "deny"`."""

from functools import cache
from typing import Any

from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import CompiledPolicy, compile_policy
from edge_rules.policy.property_judge import judge_of
from edge_rules.policy.proving.answers import Answer
from edge_rules.policy.proving.solver_library import need_solver
from edge_rules.policy.rules import Policy, Property
from edge_rules.policy.written_facts import read_facts


def prove(policy: Policy, wanted: Property, *, timeout_s: float = 30.0) -> Answer:
    """Prove that a property holds of all facts, or find some of which it does not.

    PartMissingError where z3 is not installed.
    """
    need_solver()
    from edge_rules.policy.proving.property_model import search_breach  # noqa: PLC0415 - needs z3

    @cache
    def compiled() -> CompiledPolicy:
        return compile_policy(policy)

    def confirmed(written: dict[str, Any]) -> bool:
        facts = clean_facts(read_facts(written))
        return judge_of(wanted)(facts, compiled().decide(facts))

    return search_breach(policy, wanted, confirmed, timeout_s)
