"""edge_rules.policy.index: rules found by a dict decide as rules that are asked one by one."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.cel.environment import Checked
from edge_rules.decision import MissingFact, Outcome
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.decisions import MAX_KEPT, Decisions
from edge_rules.policy.index import MIN_RULES
from edge_rules.policy.meaning import hash_of, meaning_of
from edge_rules.policy.policy_file import Policy, load_policy
from tests.edge_rules.policy.policies import fast_only, faults_of, with_rules

DOORS = ["a", "b", "c"]
DOOR = st.sampled_from(DOORS)
COMPARED = st.one_of(
    DOOR.map(lambda door: f'gate.door == "{door}"'),
    DOOR.map(lambda door: f'"{door}" == lane'),
    st.lists(DOOR, min_size=1, max_size=3).map(lambda doors: f"gate.door in {json.dumps(doors)}"),
    st.integers(0, 2).map(lambda count: f"person.count == {count}"),
    st.sampled_from(["access.listed == true", "access.listed == false"]),
    st.sampled_from(["resident", "staff"]).map(lambda kind: f'person.kind == "{kind}"'),
    DOOR.map(lambda door: f'has(credential.issuer) && credential.issuer == "{door}"'),
)
ASKED = st.sampled_from(
    [
        "temperature.celsius >= 37.3",
        "access.blocked",
        "has(temperature.celsius)",
        "1 / access.occupancy == 1",
        "credential.gates.exists(g, g == lane)",
        "!access.blocked || gate.online",
    ]
)
CONDITION = st.lists(st.one_of(COMPARED, COMPARED, ASKED), min_size=1, max_size=4).map(" && ".join)
RULES = st.lists(
    st.tuples(CONDITION, st.sampled_from(["admit", "refer", "deny"])), min_size=1, max_size=40
)
VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "gate": {"door": DOOR, "online": st.booleans()},
    "person": {"count": st.integers(0, 2), "kind": st.sampled_from(["resident", "staff"])},
    "access": {
        "listed": st.booleans(), "blocked": st.booleans(), "occupancy": st.integers(0, 1),
    },
    "credential": {"issuer": DOOR, "gates": st.just(("a",))},
    "temperature": {"celsius": st.sampled_from([36.5, 38.0])},
}  # fmt: skip
FACTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "lane": DOOR,
        **{g: st.fixed_dictionaries({}, optional=fields) for g, fields in VALUES.items()},
    },
)


@settings(max_examples=150, deadline=None)
@given(RULES, st.lists(FACTS, min_size=1, max_size=8), st.integers(1, 3))
def test_an_index_changes_no_decision(
    rules: list[tuple[str, str]], visits: list[dict[str, Any]], times: int
) -> None:
    policy = with_rules(*(rules * times * MIN_RULES)[:120])
    indexed, plain = compile_policy(policy), compile_policy(policy, indexed=False)
    for visit in visits:
        facts = clean_facts(visit)
        assert indexed.decide(facts) == plain.decide(facts)


@settings(max_examples=100, deadline=None)
@given(RULES)
def test_a_rule_of_a_known_shape_means_what_it_means_alone(rules: list[tuple[str, str]]) -> None:
    together = with_rules(*rules)
    for rule, (condition, then) in zip(together.rules, rules, strict=True):
        (alone,) = with_rules((condition, then)).rules
        assert meaning_of(rule.when) == meaning_of(alone.when)
    assert hash_of(together) == hash_of(without_shapes(together))


def without_shapes(policy: Policy) -> Policy:
    whens = [rule.when for rule in policy.rules]
    bare = [Checked(when.root, when.types, when.references) for when in whens]
    rules = [replace(rule, when=when) for rule, when in zip(policy.rules, bare, strict=True)]
    return replace(policy, rules=tuple(rules))


TWO_GAPS = [
    (f'gate.door == "{door}" && lane == "{lane}"', "admit") for door in "abc" for lane in "abc"
]


def test_each_text_fills_its_own_gap() -> None:
    policy = with_rules(*TWO_GAPS)
    assert len({id(rule.when.shape) for rule in policy.rules}) == 1
    assert hash_of(policy) == hash_of(without_shapes(policy))
    decision = compile_policy(policy).decide(clean_facts({"gate": {"door": "a"}, "lane": "c"}))
    assert decision.rules == ("rule-3",)


def test_a_word_that_stands_twice_in_a_list_fires_its_rule_once() -> None:
    compiled = compile_policy(with_rules(*[('lane in ["a", "a"]', "admit")] * MIN_RULES))
    assert len(compiled.decide(clean_facts({"lane": "a"})).rules) == MIN_RULES


def doors(rest: str = "", count: int = 3 * MIN_RULES) -> Policy:
    return with_rules(*((f'gate.door == "b-{n}"{rest}', "deny") for n in range(count)))


def test_rules_of_one_shape_share_their_code() -> None:
    policy = doors(" && access.blocked")
    assert len({id(rule.when.shape) for rule in policy.rules}) == 1
    compiled = compile_policy(policy)
    (index,) = compiled._code.indexes
    assert compiled._code.others == ()
    assert len({test for leaf in index.tree.values() for test, _ in leaf}) == 1
    assert len({judge for judge, _ in compiled._code.careful}) == 1


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ('gate.door == "b" && access.blocked', True),
        ("gate.door == 'b' && access.blocked", True),
        (f'gate.door == "{"b" * 64}" && access.blocked', False),  # costs more than the first
        ('gate.door == "\\x62" && access.blocked', False),
        ('gate.door == "b" || access.blocked', False),
    ],
)
def test_only_short_plain_texts_fill_a_gap(other: str, found: bool) -> None:
    first, second = with_rules(
        ('gate.door == "a" && access.blocked', "deny"), (other, "deny")
    ).rules
    assert (first.when.shape is second.when.shape) is found


def test_a_word_that_a_fact_can_never_be_is_a_fault_in_a_known_shape_too() -> None:
    lines = [
        f"  - {{id: r{n}, when: 'person.kind == \"{kind}\"', then: deny, reason: r}}\n"
        for n, kind in enumerate(["resident", "staff", "stuff"])
    ]
    (fault,) = faults_of("policy: p\nfacts: checkpoint/1\nrules:\n" + "".join(lines))
    assert fault == '6:36: `person.kind` is never "stuff": did you mean `staff`?'


def test_a_comment_with_quotes_is_no_gap() -> None:
    text = 'gate.door == "a" // it is "{}"\n && access.blocked'
    policy = load_policy(
        "policy: p\nfacts: checkpoint/1\nrules:\n"
        + "".join(
            f"  - id: r{n}\n    then: deny\n    reason: r\n    when: |\n      "
            + text.format(n).replace("\n", "\n      ") + "\n"
            for n in range(2)
        ),
        "p",
    )  # fmt: skip
    assert [rule.when.shape for rule in policy.rules] == [None, None]


def test_a_missing_indexed_fact_refers_with_every_rule_named() -> None:
    policy = doors()
    decision = compile_policy(policy).decide(clean_facts({}))
    assert (decision.outcome, decision.reasons) == (Outcome.REFER, ("fact-missing",))
    assert decision.missing == tuple(MissingFact(rule.id, "gate.door") for rule in policy.rules)


def test_a_rule_that_no_index_finds_is_not_asked_for_its_facts() -> None:
    compiled = compile_policy(doors(" && access.blocked"))
    assert compiled.decide(clean_facts({"gate": {"door": "none"}})).missing == ()
    decision = compiled.decide(clean_facts({"gate": {"door": "b-3"}}))
    assert decision.missing == (MissingFact("rule-4", "access.blocked"),)


def test_a_guarded_fact_may_be_missing_without_the_slow_path() -> None:
    rules = [(f'has(gate.door) && gate.door == "b-{n}"', "admit") for n in range(MIN_RULES)]
    compiled = compile_policy(with_rules(*rules))
    decide = fast_only(compiled)
    assert decide(clean_facts({})).rules == ()
    assert decide(clean_facts({"gate": {"door": "b-1"}})).rules == ("rule-2",)


@pytest.mark.parametrize("door", [True, 1, 1.0, [], {}, None, float("nan")])
def test_facts_of_foreign_types_find_nothing_and_never_admit(door: object) -> None:
    rules = [(f'gate.door == "b-{n}"', "admit") for n in range(MIN_RULES)]
    rules += [(f"person.count == {n}", "admit") for n in range(MIN_RULES)]
    compiled = compile_policy(with_rules(*rules))
    facts = {"gate": {"door": door}, "person": {"count": "1"}}
    assert compiled.decide(facts).outcome is Outcome.REFER
    assert compiled.decide(clean_facts(facts)).outcome is Outcome.REFER


def test_decisions_of_very_many_rules_at_once_are_not_kept() -> None:
    policy = with_rules(*[("gate.door == 'a'", "deny")] * (MAX_KEPT + 1))
    decisions = Decisions(policy.rules, policy.otherwise)
    for count, kept in ((MAX_KEPT, 1), (MAX_KEPT + 1, 1)):
        assert len(decisions.make(tuple(range(count))).rules) == count
        assert len(decisions.known) == kept


def test_rules_are_told_in_policy_order_wherever_they_were_found() -> None:
    rules = [(f'gate.door == "b-{n % 2}"', "deny") for n in range(2 * MIN_RULES)]
    rules[3:3] = [("access.blocked", "deny")]
    rules[7:7] = [(f'lane == "{n % 2}"', "deny") for n in range(2 * MIN_RULES)]
    facts = clean_facts({"gate": {"door": "b-0"}, "lane": "0", "access": {"blocked": True}})
    fired = compile_policy(with_rules(*rules)).decide(facts).rules
    assert fired == tuple(sorted(fired, key=lambda rule: int(rule.removeprefix("rule-"))))
    assert len(fired) == 2 * MIN_RULES + 1


def test_rules_of_two_shapes_under_one_word_are_told_in_policy_order() -> None:
    shapes = ('gate.door == "b"', '"b" == gate.door', 'gate.door == "b" && access.blocked')
    compiled = compile_policy(with_rules(*[(each, "deny") for each in shapes * MIN_RULES]))
    decision = compiled.decide(clean_facts({"gate": {"door": "b"}, "access": {"blocked": True}}))
    assert decision.rules == tuple(f"rule-{n}" for n in range(1, 3 * MIN_RULES + 1))
