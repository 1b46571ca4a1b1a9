"""edge_rules.policy.property_list and property_text: properties, checked when a policy is read."""

import pytest

from edge_rules.decision import Decision, Outcome, Say
from edge_rules.facts import clean_facts
from edge_rules.policy.meaning import hash_of
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.property_judge import judge_of
from tests.edge_rules.policy.policies import HEAD, faults_of

RULES = """\
policy: p
facts: checkpoint/1
defaults: {warm: 37.0}
rules:
  - {id: a, when: access.blocked, then: deny, reason: blocked}
properties:
"""


def one(text: str) -> str:
    return f"{RULES}  - {text}\n"


def test_properties_are_read_with_their_parts_and_places() -> None:
    policy = load_policy(
        one("""'access.blocked → decision == "deny"'""")
        + "  - id: warm\n    property: temperature.celsius > defaults.warm ->\n"
        + '      person.minor -> !("a" in rules) || "blocked" in reasons\n'
        + "    note: {zh: 发热, en: Warm}\n",
        "p.yaml",
    )
    first, second = policy.properties
    assert (len(first.parts), first.id, first.note, first.place) == (2, "", None, (7, 5))
    assert (len(second.parts), second.id, second.place) == (3, "warm", (9, 15))
    assert second.note == Say("发热", "Warm")


def test_properties_do_not_change_what_a_policy_is() -> None:
    bare = load_policy(RULES.removesuffix("properties:\n"), "p.yaml")
    assert hash_of(bare) == hash_of(load_policy(one("access.blocked -> true"), "p.yaml"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("acces.blocked -> true", "7:5: unknown name `acces`: did you mean `access"),
        ("true -> acces.blocked", "7:13: unknown name `acces`: did you mean `access"),
        ("true → 1 + 1", "7:14: a property says something true or false, this is int"),
        ("""'decision == "admitted" -> true'""", '7:18: `decision` is never "admitted"'),
        (
            """"'blockt' in reasons -> true" """,
            "7:6: the policy has no such word among its reasons",
        ),
        (""""'b' in rules" """, "7:6: the policy has no such word among its rules"),
        ("'(true -> false) -> true'", "7:12: an arrow stands outside of all brackets"),
        ("'-> true'", "7:6: an expression is missing beside this arrow"),
        ("true ->", "7:12: an expression is missing beside this arrow"),
        ("7", "7:5: properties.0: needs a property as"),
        ("{property: true -> true, idd: x}", "7:35: properties.0.idd: unknown key: did you mean"),
        ("{id: 'a b', property: true -> true}", "7:10: properties.0.id: needs an id"),
        ("{property: true -> true, note: {zh: 一}}", "properties.0.note: needs words in both"),
        ("'lane.matches(\"(\")'", "not a pattern of RE2"),
        (" -> ".join(["true"] * 17), "more than 16 parts: join premises with &&"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, fault: str) -> None:
    (found,) = faults_of(one(text))
    assert fault in found


def test_an_arrow_in_a_text_is_a_text() -> None:
    policy = load_policy(one(""""lane == '→' -> site != '->' // so -> it is" """), "p.yaml")
    assert len(policy.properties[0].parts) == 2


@pytest.mark.parametrize(
    ("text", "facts", "breached"),
    [
        ('access.blocked → decision == "deny"', {"access": {"blocked": True}}, True),
        ('access.blocked → decision == "deny"', {"access": {"blocked": False}}, False),
        ('access.blocked → decision == "deny"', {}, False),  # what can't be judged is not met
        ("access.blocked", {}, True),  # and does not follow
        ('"x" in rules → reasons == ["y"]', {}, False),
        ('"x" in rules → size(reasons) == 0', {}, True),
        ("has(person.kind) || size(rules) == 1", {}, False),
    ],
)
def test_a_decision_is_held_against_a_property(
    text: str, facts: dict[str, object], breached: object
) -> None:
    rules = "rules: [{id: x, when: 'true', then: admit, reason: y}]\n"
    policy = load_policy(f"{HEAD}{rules}properties: [{text!r}]\n", "p.yaml")
    decision = Decision(Outcome.ADMIT, ("y",), ("x",))
    assert judge_of(policy.properties[0])(clean_facts(facts), decision) is breached


def test_too_many_properties_are_one_fault() -> None:
    (fault,) = faults_of(RULES + "  - 'tru'\n" * 257)
    assert "at most 256 properties" in fault
