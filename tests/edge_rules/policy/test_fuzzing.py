"""Twenty thousand hostile expressions and policies: refused, or decided as the oracle decides."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from edge_rules.facts import clean_facts
from tests.edge_rules.policy.fuzzing.__main__ import run_chunk
from tests.edge_rules.policy.fuzzing.cases import Case, make_case, read_corpus
from tests.edge_rules.policy.fuzzing.judging import judge, quietly
from tests.edge_rules.policy.fuzzing.oracle import decided, expected
from tests.edge_rules.policy.fuzzing.policies import one_rule
from tests.edge_rules.policy.policies import decide, with_rules

SEED = 1
COUNT = 20_000
PARTS = [range(*each) for each in pairwise(range(0, COUNT + 1, COUNT // 8))]


@pytest.mark.parametrize("numbers", PARTS, ids=lambda numbers: f"from-{numbers.start}")
def test_nothing_crashes_takes_long_or_admits_on_its_own(numbers: range, test_data: Path) -> None:
    results = run_chunk(SEED, numbers, test_data)
    found = [(result.number, result.finding) for result in results if result.finding]
    assert found == []
    ends = Counter(result.end for result in results)
    assert min(ends["refused"], ends["decided"], ends["answered"]) > len(numbers) // 20, ends
    assert sum(result.admits for result in results) > len(numbers) // 20


def test_a_case_is_the_same_whenever_it_is_made(test_data: Path) -> None:
    corpus = read_corpus(test_data)
    made = [make_case(SEED, number, corpus) for number in range(50)]
    assert [make_case(SEED, number, corpus).text for number in range(50)] == [c.text for c in made]
    assert len({case.text for case in made}) > 45


def test_what_would_be_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(0, "expression", one_rule("lane == 'ab'"), [{"lane": "ab"}])
    with quietly():
        assert judge(case).finding == ""
        monkeypatch.setattr("tests.edge_rules.policy.fuzzing.judging.MAX_CPU_MS", 0.0)
        assert "ms of CPU" in judge(case).finding


def test_the_oracle_tells_admissions_apart() -> None:
    facts = clean_facts({"lane": "ab"})
    conditions = ("lane == 'ab'", "lane == 'b'", "site == 'ab'")
    policies = [with_rules((when, "admit")) for when in conditions]
    wanted = [expected(policy, facts) for policy in policies]
    assert len(set(wanted)) == len(policies)
    assert [decided(decide(policy, {"lane": "ab"})) for policy in policies] == wanted
