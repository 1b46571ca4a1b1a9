"""edge_rules.policy.explaining, atoms, wording and coverage: why a policy decides so."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.cel.environment import Environment
from edge_rules.cel.evaluation import check_expression
from edge_rules.cel.types import BOOL
from edge_rules.cel.wording import written
from edge_rules.decision import Outcome
from edge_rules.policy.conditions import VARIABLES
from edge_rules.policy.coverage import coverage_of
from edge_rules.policy.explaining import Explainer
from edge_rules.policy.meaning import meaning_of
from edge_rules.policy.policy_file import load_policy
from tests.edge_rules.cel.random_expressions import expressions
from tests.edge_rules.policy.policies import HEAD, with_rules

ENVIRONMENT = Environment(VARIABLES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(expressions(BOOL))
def test_what_is_written_again_means_the_same(text: str) -> None:
    checked = check_expression(text, ENVIRONMENT)
    again = check_expression(written(checked.root), ENVIRONMENT)
    assert meaning_of(again) == meaning_of(checked)


@pytest.mark.parametrize(
    "text",
    [
        "1 - (2 - 3) == 2", "(1 - 2) - 3 == 2", "!(access.blocked && access.listed)",
        "(access.blocked ? 1 : 2) == 1", "-(1 + 2) == 3", "[1, 2][0] == 1", "{'a': 1}.a == 1",
        "credential.gates.exists(g, g == lane)", "'a\"b\\n' == gate.door", "2u == 2u",
        "matches(gate.door, r'\\d')", "b'a' == b'b'",
    ],
)  # fmt: skip
def test_parentheses_stand_where_they_are_needed(text: str) -> None:
    checked = check_expression(text, ENVIRONMENT)
    again = check_expression(written(checked.root), ENVIRONMENT)
    assert meaning_of(again) == meaning_of(checked)


def explained(facts: dict[str, Any]) -> dict[str, Any]:
    policy = with_rules(
        ("temperature.celsius >= temperature.limit && !access.blocked", "refer"),
        ("access.listed || 1 / access.occupancy == 1", "admit"),
    )
    return Explainer(policy).explain(facts)


def test_each_condition_has_its_truth_and_its_values() -> None:
    facts = {
        "temperature": {"celsius": 38.1, "limit": 37.3},
        "access": {"blocked": False, "occupancy": 0},
    }
    answer = explained(facts)
    assert answer["decision"] == "refer"
    assert answer["rules"] == ["rule-1", "rule-2"]
    assert answer["reasons"] == ["reason-1", "fact-missing"]
    assert answer["missing"] == [{"rule": "rule-2", "fact": "access.listed"}]
    first, second, third, fourth = answer["conditions"]
    assert first["condition"] == "temperature.celsius >= temperature.limit"
    assert first["values"] == {"temperature.celsius": 38.1, "temperature.limit": 37.3}
    assert (first["holds"], second["holds"]) == (True, False)
    assert (third["holds"], third["missing"]) == (None, ["access.listed"])
    assert (fourth["holds"], fourth["missing"]) == (None, [])
    assert third["zh"] == "规则 rule-2:access.listed 无法判断,缺少 access.listed"
    assert third["en"] == "Rule rule-2: access.listed can't be judged, access.listed is missing"


def test_rules_that_an_index_rules_out_are_left_out() -> None:
    policy = with_rules(*((f'gate.door == "b-{n}"', "deny") for n in range(50)))
    answer = Explainer(policy).explain({"gate": {"door": "b-7"}})
    assert [each["condition"] for each in answer["conditions"]] == ['gate.door == "b-7"']


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["temperature", "access", "now", "x"]), JSON))
def test_any_facts_have_an_explanation_and_never_admit_from_nothing(facts: dict[str, Any]) -> None:
    answer = explained(facts)
    json.dumps(answer)
    assert answer["decision"] != Outcome.ADMIT


def test_coverage_names_what_no_test_has_seen() -> None:
    text = (
        HEAD + "rules:\n"
        "  - {id: a, when: access.blocked && access.listed, then: deny, reason: r}\n"
        "tests:\n"
        "  - {given: {access: {blocked: true, listed: true}}, expect: {decision: deny}}\n"
        "  - {given: {access: {blocked: false}}, expect: {decision: refer}}\n"
    )
    coverage = coverage_of(load_policy(text, "p"))
    assert coverage is not None
    assert (coverage.seen, coverage.possible) == (3, 4)
    assert coverage.gaps == ("rule a: no test in which `access.listed` does not hold",)
