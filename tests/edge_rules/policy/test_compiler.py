"""edge_rules.policy.compiler: the precedence of outcomes, missing facts, hashes."""

from itertools import product
from typing import Any

import pytest

from edge_rules.decision import Decision, MissingFact, Outcome, Say
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import load_policy
from tests.edge_rules.policy.policies import HEAD, decide, fast_only, with_rules

RANK = ["deny", "refer", "admit"]
STATES = {"holds": "true", "fails": "false", "missing": "access.listed", "error": "1 / 0 == 1"}
CASES = list(product(RANK, STATES))


@pytest.mark.parametrize("otherwise", ["refer", "deny"])
def test_every_mix_of_three_rules_combines_as_promised(otherwise: str) -> None:
    for mix in product(CASES, repeat=3):
        rules = [(STATES[state], then) for then, state in mix]
        policy = with_rules(*rules, tail=f"otherwise: {otherwise}\n")
        decision = decide(policy, {})
        assert decision == expected(mix, otherwise), mix


def expected(mix: tuple[tuple[str, str], ...], otherwise: str) -> Decision:
    """Say the same in other words: each rule's outcome and reason, then the gravest of them."""
    fired = []
    for n, (then, state) in enumerate(mix, 1):
        if state == "holds":
            fired.append((n, then, f"reason-{n}"))
        elif state != "fails":
            fired.append((n, "refer", "fact-missing" if state == "missing" else "rule-error"))
    if not fired:
        return Decision(Outcome(otherwise), ("no-rule-admits",))
    outcome = next(each for each in RANK if any(then == each for _, then, _ in fired))
    reasons = []
    for _, then, reason in fired:
        if then == outcome and reason not in reasons:
            reasons.append(reason)
    missing = tuple(
        MissingFact(f"rule-{n}", "access.listed")
        for n, (_, state) in enumerate(mix, 1)
        if state == "missing"
    )
    rules = tuple(f"rule-{n}" for n, _, _ in fired)
    return Decision(Outcome(outcome), tuple(reasons), rules, missing)


@pytest.mark.parametrize(
    ("condition", "facts", "missing"),
    [
        ("access.listed", {}, ["access.listed"]),
        ("access.listed && false", {}, []),
        ("access.listed || true", {}, []),
        ("access.listed && access.blocked", {}, ["access.listed", "access.blocked"]),
        ("access.listed && access.blocked", {"access": {"blocked": False}}, []),
        ("access.listed && access.blocked", {"access": {"blocked": True}}, ["access.listed"]),
        ("access.listed || access.blocked", {"access": {"blocked": True}}, []),
        ("access.listed ? true : true", {}, ["access.listed"]),
        ("true ? true : access.listed", {}, []),
        ("has(access.listed) && access.listed", {}, []),
        ("has(access.listed)", {}, []),
        ("!has(access.listed) || access.listed", {}, []),
        ("credential.gates.exists(g, g == lane)", {"credential": {"gates": []}}, []),
        ("credential.gates.exists(g, g == lane)", {"credential": {"gates": ["a"]}}, ["lane"]),
        ("credential.gates.exists(g, g == 'a' || g == lane)", {"credential": {"gates": ["a"]}}, []),
        ("'a' in credential.gates", {}, ["credential.gates"]),
        ("now > credential.issued", {}, ["now"]),
        ("size([access.listed]) == 1", {}, ["access.listed"]),
        ("{'a': access.listed}.a", {}, ["access.listed"]),
        ("access.listed == access.listed", {}, ["access.listed"]),
        ("temperature.celsius / 0.0 > 1.0 && access.occupancy / 0 > 1",
         {"temperature": {"celsius": -1.0}, "access": {"occupancy": 1}}, []),
        ("access.occupancy / 0 > 1 && access.listed", {"access": {"occupancy": 1}},
         ["access.listed"]),
    ],
)  # fmt: skip
def test_a_fact_counts_as_missing_exactly_where_it_is_needed(
    condition: str, facts: dict[str, Any], missing: list[str]
) -> None:
    decision = decide(with_rules((condition, "admit")), facts)
    assert decision.missing == tuple(MissingFact("rule-1", fact) for fact in missing)
    assert (decision.reasons == ("fact-missing",)) is bool(missing)
    assert (decision.outcome is Outcome.REFER) or not missing


@pytest.mark.parametrize(
    "condition",
    [
        "has(access.listed) && access.listed",
        "access.blocked && access.listed",
        "!access.blocked || access.listed",
        "access.blocked ? access.listed : true",
        "credential.gates.exists(g, access.listed)",
    ],
)
def test_a_missing_fact_that_is_not_needed_costs_nothing(condition: str) -> None:
    compiled = compile_policy(with_rules((condition, "admit"), ("access.blocked", "refer")))
    facts = clean_facts({"access": {"blocked": False}, "credential": {"gates": []}})
    assert fast_only(compiled)(facts).reasons in (("reason-1",), ("no-rule-admits",))


def test_a_decision_is_made_once_for_each_set_of_rules_that_fired() -> None:
    compiled = compile_policy(with_rules(("access.blocked", "deny"), ("access.listed", "admit")))
    for facts in ({"access": {"listed": True, "blocked": True}}, {}):
        cleaned = clean_facts(facts)
        assert compiled.decide(cleaned) is compiled.decide(cleaned)


def test_a_deny_stands_although_another_rule_lacks_a_fact() -> None:
    policy = with_rules(("access.blocked", "deny"), ("access.listed", "admit"))
    decision = decide(policy, {"access": {"blocked": True}})
    assert decision.outcome is Outcome.DENY
    assert decision.reasons == ("reason-1",)
    assert decision.rules == ("rule-1", "rule-2")
    assert decision.missing == (MissingFact("rule-2", "access.listed"),)


def test_an_overflow_refers() -> None:
    policy = with_rules(("access.occupancy * 9223372036854775807 > 0", "admit"))
    assert decide(policy, {"access": {"occupancy": 1}}).outcome is Outcome.ADMIT
    decision = decide(policy, {"access": {"occupancy": 2}})
    assert (decision.outcome, decision.reasons) == (Outcome.REFER, ("rule-error",))


SAYING = (
    HEAD
    + """\
rules:
  - {id: a, when: access.listed, then: admit, reason: listed, say: {zh: 请进, en: Come in}}
  - {id: b, when: access.blocked, then: refer, reason: stopped}
  - {id: c, when: access.blocked, then: refer, reason: stopped, say: {zh: 请稍候, en: Please wait}}
  - {id: d, when: access.blocked, then: refer, reason: too, say: {zh: 二, en: Second}}
"""
)


def test_the_words_are_those_of_the_first_deciding_rule_that_has_any() -> None:
    policy = load_policy(SAYING, "p")
    decision = decide(policy, {"access": {"listed": True, "blocked": True}})
    assert decision.say == Say("请稍候", "Please wait")
    assert decision.reasons == ("stopped", "too")
    decision = decide(policy, {"access": {"listed": True, "blocked": False}})
    assert decision.say == Say("请进", "Come in")


def test_a_rule_that_lacks_a_fact_never_says_its_welcome() -> None:
    decision = decide(load_policy(SAYING, "p"), {"access": {"blocked": False}})
    assert decision.reasons == ("fact-missing",)
    assert decision.say is None


def test_anything_unforeseen_in_the_facts_refers() -> None:
    compiled = compile_policy(with_rules(("temperature.celsius < temperature.limit", "admit")))
    unclean: list[Any] = [
        {},
        {"temperature": None},
        {"temperature": {"celsius": "1", "limit": 2.0}},
    ]
    for facts in unclean:
        assert compiled.decide(facts).outcome is Outcome.REFER


def test_decisions_do_not_depend_on_what_was_decided_before() -> None:
    policy = with_rules(*((f"access.occupancy == {n}", "admit") for n in range(40)))
    compiled = compile_policy(policy)
    for _ in range(2):
        for n in range(41):
            decision = compiled.decide(clean_facts({"access": {"occupancy": n}}))
            assert decision.outcome is (Outcome.ADMIT if n < 40 else Outcome.REFER)


BASE = HEAD + "rules:\n  - {id: a, when: 'access.listed && 1 < 2', then: admit, reason: ok}\n"


@pytest.mark.parametrize(
    "same",
    [
        BASE + "# a comment\n",
        BASE.replace("policy: p", "policy: other"),
        BASE.replace("access.listed && 1 < 2", "(access.listed)   && (1 < 2) // why"),
        BASE + "otherwise: refer\n",
        BASE + "defaults: {unused: 3}\n",
        BASE.replace("1 < 2", "defaults.one < 0x2") + "defaults: {one: 1}\n",
        BASE + "tests:\n  - {given: {}, expect: {decision: refer}}\n",
        BASE.replace("{id: a, when:", "{reason: ok, id: a, when:").replace(", reason: ok}", "}"),
    ],
)
def test_layout_does_not_change_the_hash(same: str) -> None:
    assert hash_of(same) == hash_of(BASE)


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("1 < 2", "1 <= 2"),
        BASE.replace("1 < 2", "1 < 3"),
        BASE.replace("1 < 2", "1u < 2u"),
        BASE.replace("1 < 2", "1.0 < 2.0"),
        BASE.replace("access.listed", "has(access.listed)"),
        BASE.replace("access.listed", "access.blocked"),
        BASE.replace("access.listed && 1 < 2", "1 < 2 && access.listed"),
        BASE.replace("admit", "refer"),
        BASE.replace("id: a", "id: b"),
        BASE.replace("reason: ok", "reason: fine"),
        BASE.replace("reason: ok", "reason: ok, say: {zh: 好, en: ok}"),
        BASE + "otherwise: deny\n",
        BASE + "  - {id: b, when: access.blocked, then: deny, reason: blocked}\n",
        BASE.replace("access.listed", "credential.gates.exists(g, g == lane)"),
        BASE.replace("access.listed", "credential.gates.all(g, g == lane)"),
    ],
)
def test_meaning_changes_the_hash(other: str) -> None:
    assert hash_of(other) != hash_of(BASE)


def hash_of(text: str) -> str:
    compiled = compile_policy(load_policy(text, "p"))
    assert len(compiled.hash) == 32
    return compiled.hash
