"""Runs the tests that stand inside a policy file."""

from devices.errors import Fault
from edge_rules.decision import Decision
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import CompiledPolicy, compile_policy
from edge_rules.policy.rules import Policy, PolicyTest
from edge_rules.policy.written_facts import read_facts


def run_policy_tests(policy: Policy, compiled: CompiledPolicy | None = None) -> list[Fault]:
    """Decide on every test; each that does not hold is a fault at its place."""
    decide = (compiled or compile_policy(policy)).decide
    faults = []
    for number, test in enumerate(policy.tests, 1):
        decision = decide(clean_facts(read_facts(test.given)))
        wrong = _wrong(test, decision)
        if wrong:
            what = f"test {number} does not hold: {wrong}"
            faults.append(Fault(policy.source, *test.place, what))
    return faults


def _wrong(test: PolicyTest, decision: Decision) -> str:
    said = f"{decision.outcome} ({', '.join(decision.reasons)})"
    if decision.missing:
        missing = ", ".join(f"{each.fact} in {each.rule}" for each in decision.missing)
        said += f", missing {missing}"
    if test.outcome is not None and decision.outcome is not test.outcome:
        return f"it expects {test.outcome}, the policy says {said}"
    for what, wanted, got in (
        ("reason", test.reasons, decision.reasons),
        ("rule", test.rules, decision.rules),
    ):
        lacking = [word for word in wanted if word not in got]
        if lacking:
            return f"it expects the {what} {', '.join(lacking)}, the policy says {said}"
    return ""
