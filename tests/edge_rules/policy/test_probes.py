"""edge_rules.policy.probes: values at turning points, and facts that make each rule fire."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from math import inf, nextafter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.cel.texts import pattern
from edge_rules.facts import FIELDS, clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.probes import MISSING, probe_facts, probe_values
from tests.conftest import REPOSITORY
from tests.edge_rules.policy.policies import with_rules

RIVERSIDE = REPOSITORY / "simulators/estates/riverside/policy.yaml"


def values_of(*conditions: str) -> Mapping[str, tuple[Any, ...]]:
    return probe_values([with_rules(*((each, "refer") for each in conditions))])


def test_only_facts_that_policies_name_have_values_and_each_may_be_missing() -> None:
    values = values_of("temperature.celsius > 37.3", "has(access.blocked)")
    assert list(values) == ["temperature.celsius", "access.blocked"]
    assert all(each[-1] is MISSING for each in values.values())


def test_a_number_comes_with_the_next_on_both_sides() -> None:
    (doubles,) = values_of("temperature.celsius > 37.3").values()
    assert {37.3, nextafter(37.3, inf), nextafter(37.3, -inf), 36.3, 38.3} <= set(doubles)
    (ints,) = values_of("access.occupancy > 200").values()
    assert {199, 200, 201} <= set(ints)
    (hours,) = values_of("local.hour == 23").values()
    assert 23 in hours
    assert 24 not in hours


def test_words_are_those_of_the_fact() -> None:
    (words,) = values_of('gate.mode == "normal"').values()
    assert words == ("lockdown", "normal", "released", MISSING)


def test_facts_that_are_compared_meet_at_equality_and_on_both_sides() -> None:
    values = values_of("temperature.celsius >= temperature.limit", "temperature.limit > 37.3")
    celsius, limit = (set(values[f"temperature.{name}"]) for name in ("celsius", "limit"))
    assert 37.3 in celsius & limit
    assert nextafter(37.3, -inf) in celsius
    assert nextafter(37.3, inf) in celsius


def test_times_move_by_the_spans_that_conditions_name() -> None:
    values = values_of('now - credential.issued < duration("48h")')
    ages = {
        now - issued
        for now in values["now"][:-1]
        for issued in values["credential.issued"][:-1]
    }  # fmt: skip
    day2, us, ms = timedelta(hours=48), timedelta(microseconds=1), timedelta(milliseconds=1)
    assert {day2, day2 - us, day2 + us, day2 - ms, day2 + ms} <= ages


def test_the_calendar_turns_where_conditions_say() -> None:
    values = values_of('now.getHours("Asia/Shanghai") >= 22 && now.getDayOfWeek() == 0')
    hours = {moment.hour for moment in values["now"][:-1]}
    assert {13, 14} <= hours  # UTC
    assert 6 in {moment.weekday() for moment in values["now"][:-1]}


def test_lists_hold_what_loops_look_for() -> None:
    values = values_of('credential.gates.exists(g, g == "north") && size(credential.gates) > 2')
    lists = values["credential.gates"][:-1]
    assert {(), ("north",)} <= set(lists)
    assert any(len(each) > 2 and "north" in each for each in lists)


@pytest.mark.parametrize("wanted", ["^CN=[A-Z]{2}(foo|bar)+$", r"\d{3}-x?", "a|b", "[^a]"])
def test_texts_are_found_for_patterns(wanted: str) -> None:
    (texts,) = values_of(f"credential.issuer.matches(r'{wanted}')").values()
    found = [pattern(wanted).search(text) is not None for text in texts[:-1]]
    assert any(found)
    assert not all(found)


def test_every_value_is_one_that_the_boundary_of_facts_lets_through() -> None:
    values = values_of(*(f"has({name})" for name in FIELDS if "." in name), "access.occupancy < 1")
    for name, some in values.items():
        group, _, inner = name.rpartition(".")
        for value in some[:-1]:
            assert clean_facts({group: {inner: value}})[group][inner] == value


def test_facts_are_as_the_boundary_gives_them_and_the_same_for_the_same_chance() -> None:
    policy = load_policy(RIVERSIDE.read_text("utf-8"), "p")
    first, again = (list(probe_facts([policy], Random(7), 500)) for _ in range(2))
    assert first == again
    assert len(first) == 500
    assert all(clean_facts(facts) == facts for facts in first)
    assert first != list(probe_facts([policy], Random(8), 500))


def test_each_rule_of_the_shipped_policy_fires_alone_early() -> None:
    text = RIVERSIDE.read_text("utf-8").partition("tests:")[0]  # which would tell how
    policy = load_policy(text, "p")
    decide = compile_policy(policy).decide
    fired = {decide(facts).rules for facts in islice(probe_facts([policy], Random(0), 2000), 100)}
    assert {(rule.id,) for rule in policy.rules} <= fired


def test_rules_that_hide_others_are_turned_off_first() -> None:
    policy = with_rules(
        ("access.blocked || !access.listed", "deny"), ("clock.trusted", "refer"),
        ("access.listed && access.interlock_free", "admit"),
    )  # fmt: skip
    decide = compile_policy(policy).decide
    fired = [decide(facts).rules for facts in islice(probe_facts([policy], Random(0), 100), 4)]
    assert {("rule-1",), ("rule-2",), ("rule-3",)} <= set(fired)


def test_conditions_that_hang_together_are_met_too() -> None:
    policy = with_rules(
        ("lane in credential.gates && size(credential.gates) > 3 && credential.uses_today > 5"
         ' || !(person.kind == "staff") && access.occupancy + 2 > access.occupancy_limit', "admit"),
    )  # fmt: skip
    decide = compile_policy(policy).decide
    probes = list(probe_facts([policy], Random(0), 400))
    admitted = [facts for facts in probes if decide(facts).outcome == "admit"]
    assert any("kind" not in facts["person"] or facts["person"]["kind"] == "staff"
               for facts in admitted)  # fmt: skip
    assert any(facts["person"].get("kind") != "staff" for facts in admitted)


@given(st.integers(0, 2**32), st.integers(0, 60))
@settings(deadline=None)
def test_the_count_is_kept(seed: int, count: int) -> None:
    policies = [with_rules(("true", "admit")), with_rules(("access.blocked", "deny"))]
    assert len(list(probe_facts(policies, Random(seed), count))) == count


def test_many_rules_take_little_time() -> None:
    rules = [(f'gate.door == "d{n}" && access.listed', "admit") for n in range(2000)]
    policy = with_rules(*rules)
    decide = compile_policy(policy).decide
    outcomes = {decide(facts).outcome.value for facts in probe_facts([policy], Random(0), 2000)}
    assert outcomes == {"admit", "refer"}
