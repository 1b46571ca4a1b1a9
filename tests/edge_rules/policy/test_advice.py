"""edge_rules.policy.advice: what is said of a policy without a fault, and what is not."""

import pytest

from edge_rules.policy.advice import advise
from edge_rules.policy.policy_file import load_policy
from tests.conftest import REPOSITORY
from tests.edge_rules.policy.policies import with_rules


def said(*rules: tuple[str, str]) -> list[str]:
    return [str(fault).split(": ", 1)[1] for fault in advise(with_rules(*rules))]


@pytest.mark.parametrize(
    ("condition", "fact"),
    [
        ('gate.door == "a" && gate.door == "b"', "gate.door"),
        ('gate.door in ["a", "b"] && gate.door == "c"', "gate.door"),
        ("temperature.celsius > 38.0 && temperature.celsius < 38.0", "temperature.celsius"),
        ("temperature.celsius >= 38.0 && 38.0 > temperature.celsius", "temperature.celsius"),
        ("local.hour > 23", "local.hour"),
        ("local.hour >= 8 && local.hour == 7", "local.hour"),
        ("access.blocked && !access.blocked", "access.blocked"),
        ('person.kind != "staff" && person.kind == "staff"', "person.kind"),
    ],
)
def test_a_rule_that_can_never_fire_is_named(condition: str, fact: str) -> None:
    wanted = f"rule `rule-1` can never fire: no value of {fact} fits all it asks"
    assert said((condition, "admit")) == [wanted]


@pytest.mark.parametrize(
    "condition",
    [
        "temperature.celsius >= 38.0 && temperature.celsius <= 38.0",
        "local.hour >= 23",
        'gate.door in ["a", "b"] && gate.door == "b"',
        "temperature.celsius > 38.0 || temperature.celsius <= 37.0",
        'gate.door == "a" || gate.door == "b"',
    ],
)
def test_nothing_is_said_of_a_rule_that_can_fire(condition: str) -> None:
    assert said((condition, "admit")) == []


def test_false_never_fires() -> None:
    assert said(("access.blocked && false", "deny")) == [
        "rule `rule-1` can never fire: it asks for false"
    ]


def test_a_condition_that_stands_twice_is_told_with_what_stands() -> None:
    one, other = "access.blocked && access.listed", "access.listed && (access.blocked)"
    assert said((one, "admit"), (other, "admit")) == ["rule `rule-2` asks the same as `rule-1`"]
    assert "rule `rule-2` asks the same as `rule-1`, which says deny: deny always stands" in said(
        (one, "deny"), (other, "admit")
    )


def test_a_rule_that_a_graver_one_always_outweighs_never_decides() -> None:
    wanted = "rule `rule-2` never decides: whenever it fires, `rule-1` says deny"
    assert wanted in said(("access.blocked", "deny"), ("access.listed && access.blocked", "admit"))
    assert said(("access.listed", "admit"), ("access.listed && access.blocked", "deny")) == []


def test_an_overlap_of_one_facts_ranges_is_told_only_where_outcomes_differ() -> None:
    low, high = "temperature.celsius >= 37.0", "temperature.celsius < 38.0"
    wanted = "rule `rule-2` overlaps with `rule-1`, which says admit: there deny stands"
    assert said((low, "admit"), (high, "deny")) == [wanted]
    assert said((low, "admit"), (high, "admit")) == []
    assert said((low, "admit"), ("temperature.celsius < 37.0", "deny")) == []


def test_words_that_no_rule_speaks_of_are_a_gap() -> None:
    rules = [('person.kind == "resident"', "admit"), ('person.kind == "staff"', "admit")]
    lacking = "delivery, emergency, unknown, visitor"
    wanted = f"rule `rule-1` no rule speaks of person.kind as {lacking}: refer stands"
    assert said(*rules) == [wanted]
    assert said(*rules, ('person.kind != "resident" && access.blocked', "deny")) != [wanted]


def test_a_bound_that_neither_side_takes_is_a_gap() -> None:
    less, more = (
        "temperature.celsius < temperature.limit",
        "temperature.celsius > temperature.limit",
    )
    wanted = "rule `rule-2` no rule says what holds when temperature.celsius == temperature.limit"
    assert said((less, "admit"), (more, "refer")) == [wanted]
    assert said(("temperature.limit > temperature.celsius", "admit"), (more, "refer")) == [wanted]
    assert said((less, "admit"), (more.replace(">", ">="), "refer")) == []


def test_the_shipped_policy_has_nothing_to_be_said_of() -> None:
    for path in sorted(REPOSITORY.glob("simulators/estates/*/policy*.yaml")):
        assert advise(load_policy(path.read_text("utf-8"), path.name)) == []


def test_very_many_rules_of_the_same_facts_are_looked_at_in_bounded_time() -> None:
    rules = [(f"temperature.celsius > {n}.5", ("admit", "deny")[n % 2]) for n in range(600)]
    advice = said(*rules)
    assert any("not all looked for" in each for each in advice)
    doors = [(f'gate.door == "b-{n}"', ("admit", "deny")[n % 2]) for n in range(600)]
    assert said(*doors) == []
