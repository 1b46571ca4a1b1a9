"""edge_rules.policy.cost: what could be slow is refused when a policy is loaded."""

import time

import pytest

from edge_rules.cel.texts import pattern
from edge_rules.facts import MAX_ITEMS, MAX_TEXT, clean_facts
from edge_rules.policy.compiler import compile_policy
from tests.edge_rules.policy.policies import HEAD, faults_of, with_rules

SLOW = [
    ("credential.gates.all(a, credential.gates.all(b, a == b))", 26),
    ("credential.gates.exists(a, temperature.reasons.exists(b, b.startsWith(a)))", 26),
    ("credential.gates.all(a, a.lowerAscii().upperAscii() == a)", 26),
    ("credential.gates.map(a, credential.gates).map(b, size(b)).all(c, c > 1)", 0),
    ("credential.gates.all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, b < c)))", 26),
]
SLOW_PATTERNS = ["(a{1,1000})b", "((a{1,30}){1,30})b", "\\w{1,1000}x", "^\\pL+$"]
QUICK = [
    "credential.gates.all(a, a.startsWith('north') && size(a) < 9)",
    "['a', 'b'].all(a, ['c', 'd'].all(b, a != b))",
    "credential.issuer.lowerAscii().trim().indexOf('x') == -1",
    "math.greatest([temperature.celsius, temperature.limit, 37.0]) > 36.0",
    "credential.gates.filter(a, a != lane).size() > 1",
    "credential.issuer.matches('^(a+)+$') || credential.issuer.contains('x')",
    "temperature.reasons.exists(r, r in ['sun', 'rain'])",
]


@pytest.mark.parametrize(("condition", "least"), SLOW)
def test_a_loop_in_a_loop_over_facts_is_refused_with_its_place(condition: str, least: int) -> None:
    text = f'{HEAD}rules:\n  - id: a\n    when: "{condition}"\n    then: refer\n    reason: b\n'
    (fault,) = faults_of(text)
    assert "could be slow" in fault
    assert fault.startswith("5:")
    assert int(fault.split(":")[1]) >= least


@pytest.mark.parametrize("wanted", SLOW_PATTERNS)
def test_a_pattern_counts_by_what_may_be_tried_at_each_character(wanted: str) -> None:
    lines = f"  - id: a\n    when: lane.matches(r'{wanted}')\n    then: refer\n    reason: b\n"
    (fault,) = faults_of(f"{HEAD}rules:\n{lines}")
    assert fault.startswith("5:16: could be slow")
    assert "patterns with fewer counts" in fault


def test_a_policy_of_costly_patterns_is_not_read_to_its_end() -> None:
    rules = "".join(
        f"  - {{id: r{n}, when: \"lane.matches('{n}(a{{1,999}})b')\", then: refer, reason: b}}\n"
        for n in range(400)
    )
    pattern.cache_clear()
    faults = faults_of(f"{HEAD}rules:\n{rules}")
    assert "all rules together" in faults[0]
    assert pattern.cache_info().misses < 40


def test_texts_that_grow_are_refused() -> None:
    grown = "temperature.reasons" + ".map(a, a + a)" * 8
    (fault,) = faults_of(
        f"{HEAD}rules:\n  - {{id: a, when: 'size({grown}) == 1', then: refer, reason: b}}\n"
    )
    assert "could be slow" in fault


def test_many_costly_rules_are_refused_together() -> None:
    rule = "credential.gates.all(a, credential.issuer.matches('a+') && a.startsWith('b'))"
    lines = "".join(
        f'  - {{id: r{n}, when: "{rule}", then: refer, reason: b}}\n' for n in range(200)
    )
    (fault,) = faults_of(f"{HEAD}rules:\n{lines}")
    assert "all rules together" in fault


@pytest.mark.parametrize("condition", QUICK)
def test_what_is_let_in_is_quick_on_the_largest_facts(condition: str) -> None:
    compiled = compile_policy(with_rules((condition, "refer")))
    text = "a" * MAX_TEXT
    facts = clean_facts(
        {
            "lane": text,
            "credential": {"gates": [text] * MAX_ITEMS, "issuer": text},
            "temperature": {"reasons": [text] * MAX_ITEMS},
        }
    )
    compiled.decide(facts)
    started = time.process_time()
    for _ in range(20):
        compiled.decide(facts)
    assert time.process_time() - started < 2.0  # a hang guard; each takes well under a millisecond
