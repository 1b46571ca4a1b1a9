"""edge_rules.policy.policy_tests: the tests inside a policy file."""

import pytest

from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.policy_tests import run_policy_tests
from tests.edge_rules.policy.policies import HEAD

RULES = (
    HEAD
    + """\
rules:
  - {id: hot, when: temperature.celsius >= temperature.limit, then: refer, reason: too-warm}
  - {id: old, when: credential.age > duration('24h') || credential.expires < now, then: deny,
     reason: too-old}
  - {id: fine, when: temperature.celsius < temperature.limit, then: admit, reason: healthy}
tests:
"""
)
FRESH = "now: 2026-11-23T08:00:00Z, credential: {age: 1h, expires: '2026-11-24T00:00:00+08:00'}"


def results(test: str) -> list[str]:
    return [str(fault) for fault in run_policy_tests(load_policy(RULES + test, "p.yaml"))]


@pytest.mark.parametrize(
    "test",
    [
        f"  - given: {{{FRESH}, temperature: {{celsius: 36, limit: 37.3}}}}\n"
        "    expect: {decision: admit, reasons: [healthy], rules: [fine]}\n",
        f"  - given: {{{FRESH}, temperature: {{celsius: 37.3, limit: 37.3}}}}\n"
        "    expect: {reasons: [too-warm]}\n",
        f"  - given: {{{FRESH.replace('1h', '90000')}, temperature: {{celsius: 36, limit: 37}}}}\n"
        "    expect: {decision: deny, rules: [old, fine]}\n",
        f"  - given: {{{FRESH}, temperature: {{celsius: .nan, limit: 37.3}}}}\n"
        "    expect: {decision: refer, reasons: [fact-missing]}\n",
        f"  - given: {{{FRESH}, temperature: {{celsius: warm, limit: 37.3}}}}\n"
        "    expect: {decision: refer, reasons: [fact-missing], rules: [hot, fine]}\n",
        f"  - given: {{{FRESH.replace('1h', 'long')}, temperature: {{celsius: 36, limit: 37}}}}\n"
        "    expect: {decision: refer, reasons: [fact-missing]}\n",
        "  - {given: {}, expect: {decision: refer}}\n",
    ],
)
def test_a_test_that_holds_says_nothing(test: str) -> None:
    assert results(test) == []


def test_each_test_that_fails_has_its_place_and_what_was_said_instead() -> None:
    given = f"  - given: {{{FRESH}, temperature: {{celsius: 36, limit: 37.3}}}}\n"
    found = results(
        given + "    expect: {decision: deny}\n"
        + given + "    expect: {decision: admit, reasons: [healthy]}\n"
        + given + "    expect: {reasons: [too-warm]}\n"
        + given + "    expect: {rules: [hot]}\n"
        + "  - given: {temperature: {celsius: 36}}\n    expect: {decision: admit}\n"
    )  # fmt: skip
    assert [fault.split(": ")[0] for fault in found] == [
        "p.yaml:9:5", "p.yaml:13:5", "p.yaml:15:5", "p.yaml:17:5",
    ]  # fmt: skip
    assert "expects deny, the policy says admit (healthy)" in found[0]
    assert "expects the reason too-warm" in found[1]
    assert "expects the rule hot" in found[2]
    assert "missing temperature.limit in hot" in found[3]
