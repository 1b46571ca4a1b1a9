"""The shipped policies as files: nothing to be said of them, and everything in them tested."""

import re
from itertools import pairwise

import pytest

from devices.reasons import REASONS
from edge_rules.decision import Outcome
from edge_rules.policy.advice import advise
from edge_rules.policy.coverage import coverage_of
from edge_rules.policy.meaning import meaning_of
from edge_rules.policy.policy_tests import run_policy_tests
from tests.edge_rules.shipped_policies.shipped import COMPILED, FOLDER, NAMES, POLICIES, TEXTS

# Rules of one name that ask differently at different levels, each for a reason its comment gives.
DIFFER = {"cold", "minor-alone", "health-credential"}


def test_there_are_no_others() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.yaml"))
    assert [POLICIES[name].name for name in NAMES] == list(NAMES)
    assert len({COMPILED[name].hash for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_strict_checking_finds_nothing(name: str) -> None:
    assert advise(POLICIES[name]) == []
    assert POLICIES[name].otherwise is Outcome.REFER


@pytest.mark.parametrize("name", NAMES)
def test_its_tests_hold_and_have_seen_every_condition_hold_and_fail(name: str) -> None:
    assert run_policy_tests(POLICIES[name]) == []
    coverage = coverage_of(POLICIES[name])
    assert coverage is not None
    assert coverage.gaps == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_decides_in_some_test(name: str) -> None:
    decided = {
        rule
        for test in POLICIES[name].tests
        for rule in COMPILED[name].decide(_facts(test.given)).rules
    }
    assert decided == {rule.id for rule in POLICIES[name].rules}


@pytest.mark.parametrize("name", NAMES)
def test_every_reason_has_a_sentence_and_every_rule_its_words(name: str) -> None:
    for rule in POLICIES[name].rules:
        assert rule.reason in REASONS
        assert rule.say is not None
        assert not rule.say.zh.isascii()
        assert rule.say.en.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_who_and_why_stand_above_it_in_both_tongues(name: str) -> None:
    head = TEXTS[name].partition("\npolicy: ")[0].splitlines()
    assert all(line.startswith("#") for line in head)
    chinese = [line for line in head if re.search("[\u4e00-\u9fff]", line)]
    assert len(chinese) >= 3
    assert len([line for line in head if line.isascii()]) >= 3


def test_rules_of_one_name_are_one_rule() -> None:
    for one, other in pairwise(NAMES):
        first = {rule.id: rule for rule in POLICIES[one].rules}
        for rule in POLICIES[other].rules:
            if rule.id in first and rule.id not in DIFFER:
                before = first[rule.id]
                assert meaning_of(rule.when) == meaning_of(before.when), rule.id
                assert (rule.then, rule.reason) == (before.then, before.reason)


def _facts(given: object) -> dict[str, object]:
    from edge_rules.facts import clean_facts  # noqa: PLC0415
    from edge_rules.policy.written_facts import read_facts  # noqa: PLC0415

    assert isinstance(given, dict)
    return clean_facts(read_facts(given))
