"""Every fact of `checkpoint/1`, lost in every way, before every shipped policy.

Formulated: if one rule can't be judged without the fact, nobody is admitted and rule and fact are
named; an admission stands only where no rule lacks anything. What a rule lacks is said by a walk
over its tree that knows nothing of the compiler.
"""

import math
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge_rules.decision import Outcome
from edge_rules.facts import FIELDS, GROUPS, Kind, clean_facts
from edge_rules.policy.combining import FACT_MISSING
from edge_rules.policy.probes import probe_facts
from tests.edge_rules.shipped_policies.shipped import (
    COMPILED,
    NAMES,
    POLICIES,
    Facts,
    admitted,
    has_fact,
    second_opinion,
    with_fact,
    without,
)
from tests.edge_rules.shipped_policies.visits import likely_facts

ALWAYS = {"clock.trusted", "credential.kind", "credential.status", "person.kind"}
GATES = {"lane", "checkpoint"}  # of a pass that is bound to some
MEASURED = {f"temperature.{name}" for name in ("celsius", "limit", "quality", "plausible")}
NEEDED = {  # for the admission of somebody, whatever more others need
    "everyday": {*ALWAYS, *GATES, "person.count", "temperature.limit"},
    "level-4": {*ALWAYS, *GATES, *MEASURED, "person.count", "credential.colour"},
    "level-3": {*ALWAYS, *GATES, *MEASURED, "person.count", "credential.colour",
                "temperature.second"},
    "level-2": {*ALWAYS, *GATES, *MEASURED, "credential.colour", "temperature.second"},
    "level-1": {*ALWAYS, *GATES, *MEASURED, "person.count", "credential.colour",
                "temperature.second", "credential.rules_ok", "access.schedule_open"},
}  # fmt: skip
NEVER_RIGHT: list[Any] = [
    None, b"valid", object(), 1j, {}, {"a": 1}, set(), math.nan, math.inf, -math.inf,
]  # fmt: skip
WRONG: dict[Kind, list[Any]] = {
    Kind.BOOL: ["true", 1, 0, 1.0, []],
    Kind.INT: ["1", 1.0, True, 2**63, -(2**63) - 1, []],
    Kind.DOUBLE: ["36.4", True, 2**53 + 1, [], timedelta(1)],
    Kind.STRING: [1, True, 0.5, [], "x" * 1025, ["in"]],
    Kind.TIMESTAMP: ["2026-11-23", 1_795_420_800, datetime(2026, 11, 23), [], True],  # noqa: DTZ001
    Kind.DURATION: ["48h", 172_800, 1.5, [], True],
    Kind.STRINGS: ["north-in", [1], ["a", None], ["a"] * 65, ["x" * 1025], 1, True],
}


def wrong_values(fact: str) -> list[Any]:
    field = FIELDS[fact]
    wrong = NEVER_RIGHT + WRONG[field.kind]
    if field.words:
        wrong = [*wrong, "no-such-word", "", next(iter(field.words)).upper() + " "]
    if field.kind is Kind.INT and field.low > -(2**63):
        wrong = [*wrong, field.low - 1, field.high + 1]
    return wrong


def must_hold(name: str, facts: Facts) -> set[tuple[str, str]]:
    """Check a decision by the second opinion; return the rules with the facts each lacks."""
    decision = COMPILED[name].decide(facts)
    outcome, lacking = second_opinion(name, facts)
    assert {(each.rule, each.fact) for each in decision.missing} == lacking
    assert decision.outcome is outcome
    if lacking:
        assert decision.outcome is not Outcome.ADMIT
        assert decision.outcome is Outcome.DENY or FACT_MISSING in decision.reasons
    return lacking


@cache
def bases(name: str) -> list[Facts]:
    """Facts that one policy admits: of all files' tests, and with one more fact beside them."""
    beside = [
        with_fact(facts, fact, value) for facts in admitted(name) for fact, value in BESIDE.items()
    ]
    return [
        *admitted(name),
        *(facts for facts in beside if COMPILED[name].decide(facts).outcome is Outcome.ADMIT),
    ]


BESIDE: dict[str, Any] = {
    "temperature.uncertainty": 0.2, "temperature.second": True, "person.minor": False,
    "credential.gates": ("north-in", "north-gate"), "credential.rules_ok": True,
    "credential.colour": "green", "access.listed": True, "access.schedule_open": True,
    "lane": "north-in",
}  # fmt: skip


@pytest.mark.parametrize("fact", sorted(FIELDS))
@pytest.mark.parametrize("name", NAMES)
def test_a_lost_fact_never_admits_where_a_rule_needs_it(name: str, fact: str) -> None:
    needed = set()
    for facts in bases(name):
        if has_fact(facts, fact):
            needed |= {what for _, what in must_hold(name, without(facts, fact))}
    assert (fact in needed) is (fact in NEEDED[name])


@pytest.mark.parametrize("fact", sorted(FIELDS))
@pytest.mark.parametrize("name", NAMES)
def test_a_fact_that_is_wrong_in_any_way_is_a_lost_fact(name: str, fact: str) -> None:
    wrong = wrong_values(fact)
    for facts in admitted(name):
        lost = COMPILED[name].decide(without(facts, fact))
        for value in wrong:
            cleaned = clean_facts(with_fact(facts, fact, value))
            assert not has_fact(cleaned, fact), (fact, value)
            assert COMPILED[name].decide(cleaned) == lost


@pytest.mark.parametrize("group", sorted(GROUPS))
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [None, [], "x", math.nan, b"", 7], ids=repr)
def test_a_lost_group_is_all_its_facts_lost(name: str, group: str, value: object) -> None:
    for facts in admitted(name):
        cleaned = clean_facts({**facts, group: value})
        assert cleaned[group] == {}
        must_hold(name, cleaned)


@pytest.mark.parametrize("name", NAMES)
def test_no_facts_at_all_admit_nobody(name: str) -> None:
    assert must_hold(name, clean_facts({}))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), likely_facts(), st.sampled_from(sorted(FIELDS)))
def test_of_any_admitted_visit_a_lost_fact_admits_only_where_no_rule_needs_it(
    name: str, facts: Facts, fact: str
) -> None:
    assume(COMPILED[name].decide(facts).outcome is Outcome.ADMIT)
    assert must_hold(name, facts) == set()
    must_hold(name, without(facts, fact))


@pytest.mark.parametrize("name", NAMES)
def test_of_facts_made_from_its_own_conditions_the_same_holds(name: str) -> None:
    for facts in probe_facts([POLICIES[name]], Random(3), 1500):
        must_hold(name, facts)


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), likely_facts(), st.data())
def test_whatever_stands_in_the_facts_a_decision_comes_out(
    name: str, facts: Facts, data: st.DataObject
) -> None:
    for fact in data.draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=4)):
        facts = with_fact(facts, fact, data.draw(HOSTILE))
    for group in data.draw(st.lists(st.sampled_from(sorted(GROUPS)), max_size=1)):
        facts = {**facts, group: data.draw(HOSTILE)}
    must_hold(name, clean_facts(facts))
