"""What the shipped policies promise, proved of all facts; and holes that a proof finds."""

import pytest

from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.explaining import Explainer
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.property_judge import judge_of
from edge_rules.policy.proving.properties import prove
from edge_rules.policy.written_facts import read_facts
from tests.edge_rules.shipped_policies.shipped import COMPILED, LEVELS, NAMES, POLICIES, TEXTS

EVERYWHERE = {
    "no-fever", "only-valid", "something-shown", "somebody", "clock", "blocked", "interlock",
    "way-home", "screening-value", "emergency-services",
}  # fmt: skip
SCREENING = {"red-or-yellow", "quality"}
ALL = [(name, wanted.id) for name in NAMES for wanted in POLICIES[name].properties]

NOT_EMERGENCY = '\n      && person.kind != "emergency"'
HOLES: dict[tuple[str, str], list[tuple[str, str]]] = {
    ("everyday", "no-fever"): [("celsius >= temperature.limit\n", "celsius > temperature.limit\n")],
    ("level-3", "no-fever"): [("celsius >= temperature.limit\n", "celsius > temperature.limit\n")],
    ("everyday", "only-valid"): [
        ('when: credential.kind == "estate-pass" && credential.status == "valid"',
         'when: credential.kind == "estate-pass"'),
        ('!= "none" && credential.status == "expired"',
         '== "none" && credential.status == "expired"'),
    ],
    ("level-3", "something-shown"): [('credential.kind != "none" && credential.status == "valid")',
                                      'credential.status == "valid")')],
    ("level-1", "clock"): [('!clock.trusted && credential.kind != "none"',
                            '!clock.trusted && credential.kind != "eu-dcc"')],
    ("level-2", "blocked"): [("when: has(access.blocked) && access.blocked\n",
                              'when: has(access.blocked) && access.blocked && lane != "b"\n')],
    ("level-4", "interlock"): [("!access.interlock_free\n",
                                '!access.interlock_free && person.kind != "staff"\n')],
    ("level-1", "way-home"): [('["resident", "emergency"]', '["staff", "emergency"]')],
    ("everyday", "somebody"): [('person.kind == "emergency"\n',
                                'has(person.kind) && person.kind == "emergency"\n')],
    ("level-3", "screening-value"): [(" && temperature.second\n", "\n")],
    ("level-1", "emergency-services"): [(f">= defaults.wrong_attempts{NOT_EMERGENCY}",
                                         ">= defaults.wrong_attempts")],
    ("level-4", "red-or-yellow"): [('credential.colour == "yellow"\n',
                                    'credential.colour == "yellow" && access.listed\n')],
    ("level-4", "quality"): [('temperature.quality != "good" || ', "")],
    ("level-3", "near-limit"): [("celsius + temperature.un", "celsius - temperature.un")],
    ("level-3", "measured"): [
        ("&& temperature.celsius > defaults.cold_limit && temperature.celsius < temperature.limit",
         "&& (!has(temperature.celsius) || temperature.celsius < temperature.limit)"),
    ],
    ("level-2", "visitors"): [
        ('when: person.kind in ["visitor", "unknown"]', 'when: person.kind in ["visitor"]'),
        ('person.kind in ["resident", "staff"] && cred', 'person.kind != "delivery" && cred'),
    ],
    ("level-2", "drop-point"): [
        ("!(lane in defaults.drop_points)", '!(lane in defaults.drop_points) && lane != "west-in"'),
        ("lane in defaults.drop_points && cred", "cred"),
    ],
    ("level-1", "children"): [("person.count < 2", "person.count < 1")],
    ("level-1", "rules-met"): [(" && credential.rules_ok\n", "\n")],
}  # fmt: skip


def with_hole(name: str, id_: str) -> str:
    """Return the file with its rules changed, and its promises as they are."""
    rules, mark, promises = TEXTS[name].partition("\notherwise: ")
    for old, new in HOLES[name, id_]:
        assert old in rules
        rules = rules.replace(old, new)
    return rules + mark + promises


def test_the_promises_are_the_same_everywhere_and_more_the_graver_it_is() -> None:
    ids = [{wanted.id for wanted in POLICIES[name].properties} for name in NAMES]
    assert all(promised >= EVERYWHERE for promised in ids)
    assert all(ids[at] <= ids[at + 1] | {"drop-point"} for at in range(len(NAMES) - 1))
    for name in LEVELS:
        assert {wanted.id for wanted in POLICIES[name].properties} >= SCREENING
    for name in NAMES:
        assert 'temperature.celsius >= temperature.limit → decision != "admit"' in TEXTS[name]
        assert all(wanted.note is not None for wanted in POLICIES[name].properties)


@pytest.mark.parametrize(("name", "id_"), ALL)
def test_a_promise_holds_of_all_facts(name: str, id_: str) -> None:
    (wanted,) = [each for each in POLICIES[name].properties if each.id == id_]
    answer = prove(POLICIES[name], wanted)
    assert (answer.holds, answer.vacuous) == (True, False), answer


def test_for_every_promise_a_hole_is_planted() -> None:
    assert {id_ for _, id_ in HOLES} == {id_ for _, id_ in ALL}


@pytest.mark.parametrize(("name", "id_"), HOLES)
def test_a_planted_hole_is_found_with_facts_that_explain_it(name: str, id_: str) -> None:
    holed = load_policy(with_hole(name, id_), f"{name}.yaml")
    (wanted,) = [each for each in holed.properties if each.id == id_]
    answer = prove(holed, wanted)
    assert answer.holds is False, answer
    assert answer.facts is not None

    breached, facts = judge_of(wanted), clean_facts(read_facts(answer.facts))
    assert breached(facts, compile_policy(holed).decide(facts))
    assert not breached(facts, COMPILED[name].decide(facts))
    explanation = Explainer(holed).explain(answer.facts)
    assert explanation["decision"] == compile_policy(holed).decide(facts).outcome
    assert {each["rule"] for each in explanation["conditions"]} >= set(explanation["rules"])
