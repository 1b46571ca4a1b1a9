"""edge_rules.policy.comparison and findings: where two policies differ, on how little, and why."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.decision import Outcome
from edge_rules.facts import clean_facts
from edge_rules.policy import findings as findings_module
from edge_rules.policy.comparison import Comparison
from edge_rules.policy.findings import Findings
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.probes import probe_facts
from edge_rules.policy.rules import Policy
from edge_rules.policy.written_facts import write_facts
from tests.conftest import REPOSITORY
from tests.edge_rules.policy.policies import with_rules

SHIPPED = (REPOSITORY / "simulators/estates/riverside/policy.yaml").read_text("utf-8")
HOT = "temperature.celsius >= temperature.limit"
FULL = "temperature.celsius < temperature.limit"
# Changes planted in the shipped policy, and as what each must be found.
PLANTED = {
    (HOT, HOT.replace(">=", ">")): ("refer", "refer"),
    ("cold_limit: 34.0", "cold_limit: 34.00000000000001"): ("admit", "refer"),
    ("then: deny", "then: refer"): ("deny", "refer"),
    ('credential.status == "expired"', 'credential.status == "valid"'): ("admit", "refer"),
    ("reason: credential-revoked", "reason: revoked"): ("deny", "deny"),
    ("!temperature.plausible", 'temperature.spot == "ear"'): ("admit", "refer"),
    ('credential.status == "valid" &&', 'credential.status != "expired" &&'): ("refer", "admit"),
}
MASKED = [(FULL, FULL.replace("<", "<=")), ("otherwise: refer", "otherwise: deny")]


def compared(before: Policy, after: Policy, count: int = 4000) -> tuple[Comparison, Findings]:
    comparison, findings = Comparison(before, after), Findings()
    for facts in probe_facts([before, after], Random(0), count):
        decisions = comparison.decisions(facts)
        findings.take(facts, decisions, comparison.change(decisions))
    return comparison, findings


@pytest.mark.parametrize(("old", "new"), PLANTED)
def test_a_planted_change_is_found(old: str, new: str) -> None:
    text = SHIPPED.replace(old, new, 1).replace('unverified"', 'unreadable"')
    first = SHIPPED.replace('unverified"', 'unreadable"')
    assert text != first
    _, findings = compared(load_policy(first, "a"), load_policy(text, "b"))
    outcomes = {(kind.change.before, kind.change.after) for kind in findings.kinds()}
    assert PLANTED[old, new] in outcomes


@pytest.mark.parametrize(("old", "new"), MASKED)
def test_a_change_that_other_rules_outweigh_is_none(old: str, new: str) -> None:
    text = SHIPPED.replace(old, new, 1)
    assert text != SHIPPED
    _, findings = compared(load_policy(SHIPPED, "a"), load_policy(text, "b"))
    assert findings.differing == 0


def test_a_policy_differs_in_nothing_from_itself() -> None:
    shipped = load_policy(SHIPPED, "a")
    _, findings = compared(shipped, shipped)
    assert (findings.tried, findings.differing, findings.other_words) == (4000, 0, 0)


def test_other_words_at_the_lane_are_only_counted() -> None:
    text = SHIPPED.replace("Please pass", "Come in")
    _, findings = compared(load_policy(SHIPPED, "a"), load_policy(text, "b"))
    assert findings.differing == 0
    assert 0 < findings.other_words < findings.tried


@given(st.sampled_from(sorted(PLANTED)), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_facts_are_left_out_until_each_one_matters(planted: tuple[str, str], seed: int) -> None:
    before = load_policy(SHIPPED, "a")
    after = load_policy(SHIPPED.replace(*planted, 1), "b")
    comparison = Comparison(before, after)
    for facts in probe_facts([before, after], Random(seed), 60):
        change = comparison.change(comparison.decisions(facts))
        if change is None:
            continue
        least = comparison.smallest(facts, change)
        assert comparison.change(comparison.decisions(least)) == change
        assert clean_facts(least) == least
        again = comparison.smallest(least, change)
        assert again == least


def test_an_example_holds_no_fact_that_no_rule_needs() -> None:
    before, after = with_rules(("access.blocked", "deny")), with_rules(("access.blocked", "refer"))
    comparison = Comparison(before, after)
    facts = clean_facts({"lane": "a", "access": {"blocked": True, "listed": True}})
    change = comparison.change(comparison.decisions(facts))
    assert change is not None
    least = comparison.smallest(facts, change)
    assert write_facts(least)["access"] == {"blocked": True}
    assert "lane" not in least


def test_fewer_facts_never_make_another_kind_of_difference() -> None:
    blocked, listed = (f"has(access.{name}) && access.{name}" for name in ("blocked", "listed"))
    comparison = Comparison(
        with_rules((blocked, "deny"), (listed, "admit")),
        with_rules((blocked, "refer"), (listed, "refer")),
    )
    facts = clean_facts({"access": {"blocked": True, "listed": True}})
    change = comparison.change(comparison.decisions(facts))
    assert change is not None
    assert comparison.smallest(facts, change) == facts  # without `blocked`: who is admitted


def test_why_names_the_conditions_that_differ_and_no_others() -> None:
    before = with_rules(("access.listed && temperature.celsius < 37.3", "admit"))
    after = with_rules(("access.listed && temperature.celsius < 37.0", "admit"))
    comparison = Comparison(before, after)
    facts = clean_facts({"access": {"listed": True}, "temperature": {"celsius": 37.1}})
    change = comparison.change(comparison.decisions(facts))
    assert change is not None
    why = comparison.why(facts, change)
    assert [(each["policy"], each["condition"], each["holds"]) for each in why] == [
        ("A", "temperature.celsius < 37.3", True), ("B", "temperature.celsius < 37.0", False),
    ]  # fmt: skip
    assert all(each["zh"] and each["en"] for each in why)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("then: deny", "then: refer", "Rule rule-1 says deny (reason-1) in A, refer (reason-1)"),
        ("id: rule-1, ", "id: fake, ", "Rule fake stands only in B"),
        ("otherwise: refer", "otherwise: deny", "Where no rule fires, A says refer, B deny"),
    ],
)
def test_why_says_what_no_condition_can(old: str, new: str, said: str) -> None:
    rules = "- {id: rule-1, when: access.blocked, then: deny, reason: reason-1}"
    before = f"policy: p\nfacts: checkpoint/1\nrules:\n  {rules}\notherwise: refer\n"
    after = before.replace(old, new)
    if "fake" in new:
        after = after.replace("reason-1", "reason-2")
    comparison, findings = compared(load_policy(before, "a"), load_policy(after, "b"), 20)
    why = [
        each["en"]
        for kind in findings.kinds()
        for each in comparison.why(kind.facts, kind.change)
    ]  # fmt: skip
    assert any(sentence.startswith(said) for sentence in why)


def test_the_plainest_case_is_kept_and_admissions_come_first() -> None:
    _, findings = compared(
        with_rules((HOT, "refer"), ("access.blocked", "deny"), ("access.listed", "admit")),
        with_rules((HOT.replace(">=", ">"), "refer"), ("access.blocked", "refer"),
                   ("access.listed", "admit")),
    )  # fmt: skip
    kinds = findings.kinds()
    assert kinds[0].change.after is Outcome.ADMIT
    facts = kinds[0].facts
    assert facts["temperature"]["celsius"] == facts["temperature"]["limit"]
    assert sum(kind.count for kind in kinds) == findings.differing


def test_kinds_are_bounded_and_what_is_beyond_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings_module, "MAX_KINDS", 2)
    doors = [(f'gate.door == "d{n}"', "deny") for n in range(9)]
    admitted = [(condition, "admit") for condition, _ in doors]
    _, findings = compared(with_rules(*doors), with_rules(*admitted), 400)
    assert len(findings.kinds()) == 2
    assert findings.beyond == findings.differing - sum(kind.count for kind in findings.kinds()) > 0
