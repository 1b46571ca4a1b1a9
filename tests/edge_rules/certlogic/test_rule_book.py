"""edge_rules.certlogic.rule_book: which rules count for a certificate, and what they find."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from devices.moment import parse_stamp
from edge_rules.certlogic.errors import RuleFailedError
from edge_rules.certlogic.expression import compile_rules
from edge_rules.certlogic.rule_book import (
    MAX_STEPS_A_CERTIFICATE,
    Found,
    Place,
    RuleBook,
    Shown,
)
from edge_rules.certlogic.rule_set import read_rule_set
from edge_rules.certlogic.values import Budget
from edge_rules.facts import GROUPS
from tests.edge_rules.certlogic.foreign import national
from tests.edge_rules.certlogic.papers import rule

HANG_S = 5.0  # of CPU time; bounded rules end within some hundredths

AT = parse_stamp("2021-08-01T00:00:00Z")
DE = Place("DE")
SHOWN = Shown(AT, "AT")
SETS = {"agents": ["840539006"]}
AGENT: Any = {
    "in": [{"var": "payload.v.0.tg"}, {"var": "external.valueSets.agents"}],
}
JAB: Any = {"v": [{"tg": "840539006", "dn": 1, "sd": 2}]}


def facts(
    *told: dict[str, Any],
    payload: Any = JAB,  # noqa: ANN401 - JSON
    shown: Shown = SHOWN,
    place: Place | None = DE,
) -> tuple[Any, Any]:
    said = RuleBook(read_rule_set(list(told)), SETS, place).judge(payload, shown)
    return said.rules_ok, said.failing_rule


def test_a_certificate_that_keeps_all_rules_is_ok() -> None:
    assert facts(rule(logic=AGENT), rule("GR-DE-0001")) == (True, None)


def test_the_first_rule_that_fails_is_named() -> None:
    told = [rule(logic=AGENT), rule("VR-DE-0002", False), rule("GR-DE-0001", False)]
    assert facts(*told) == (False, "VR-DE-0002")
    assert facts(*told, payload={"v": [{"tg": "1"}]}) == (False, "VR-DE-0001")


@pytest.mark.parametrize("logic", [1, "true", {"var": "payload.v"}, {"+": ["a", 1]}])
def test_only_true_itself_passes(logic: object) -> None:
    assert facts(rule(logic=logic)) == (False, "VR-DE-0001")


def test_a_rule_of_another_engine_or_a_newer_language_fails() -> None:
    strange = {"all": "that is unknown"}
    for papers in (
        {"Engine": "AT-METADATA", "Logic": strange},
        {"EngineVersion": "1.4.0", "Logic": strange},
        {"EngineVersion": "2.0.0"},
        {"EngineVersion": "0.9.0"},
    ):
        said = RuleBook(read_rule_set([rule(**papers)]), {}, DE).judge(JAB, SHOWN)
        assert [one.found for one in said.findings] == [Found.NOT_UNDERSTOOD]
        assert (said.rules_ok, said.failing_rule) == (False, "VR-DE-0001")
    assert facts(rule(EngineVersion="1.3.3")) == (True, None)


def test_no_rule_to_ask_says_nothing() -> None:
    assert facts() == (None, None)
    assert facts(rule("TR-DE-0001")) == (None, None)
    assert facts(rule("VR-FR-0001")) == (None, None)


@pytest.mark.parametrize(
    ("at", "known"),
    [
        ("2021-06-30T23:59:59.999Z", False),
        ("2021-07-01T00:00:00Z", True),
        ("2021-08-31T23:59:59.999Z", True),
        ("2021-09-01T00:00:00Z", False),
    ],
)
def test_a_rule_holds_from_its_first_instant_until_its_last(at: str, *, known: bool) -> None:
    shown = Shown(parse_stamp(at), "AT")
    assert facts(rule(), shown=shown) == ((True, None) if known else (None, None))


def test_the_newest_version_in_force_replaces_the_others() -> None:
    old, new = rule(logic=False, Version="1.9.0"), rule(Version="1.10.0")
    later = rule(logic=False, Version="2.0.0", ValidFrom="2021-08-02T00:00:00Z")
    assert facts(old, new, later) == (True, None)
    assert facts(later, new, old) == (True, None)


def test_acceptance_is_the_arrivals_and_invalidation_the_issuers() -> None:
    assert facts(rule("IR-AT-0001", False), rule()) == (False, "IR-AT-0001")
    assert facts(rule("IR-DE-0001", False), rule()) == (True, None)
    assert facts(rule("VR-AT-0001", False), rule()) == (True, None)


def test_a_regions_rule_holds_there_alone() -> None:
    told = [rule(), rule(logic=False, Region="BY")]
    assert facts(*told) == (True, None)
    assert facts(*told, place=Place("DE", "BY")) == (False, "VR-DE-0001")


def test_the_clock_and_the_countries_are_at_hand() -> None:
    logic = {
        "and": [
            {"===": [{"var": "external.countryCode"}, "DE"]},
            {"===": [{"var": "external.issuerCountryCode"}, "AT"]},
            {"before": [
                {"plusTime": [{"var": "external.validationClock"}, 0, "day"]},
                {"plusTime": ["2021-08-01T00:00:00.001Z", 0, "day"]},
            ]},
        ]
    }  # fmt: skip
    assert facts(rule(logic=logic)) == (True, None)


def test_a_payload_of_strange_values_never_raises() -> None:
    for value in (b"\x00", {1: 2}, object(), float("nan"), (1,)):
        assert facts(rule(logic={"and": [{"var": "payload.v.0"}, AGENT]}), payload={"v": [value]})
        assert facts(rule(logic=AGENT), payload={"v": [value]}) == (False, "VR-DE-0001")


def test_the_facts_are_those_of_the_schema() -> None:
    assert {"rules_ok", "failing_rule"} <= set(GROUPS["credential"])


def test_the_national_rules_judge_as_their_tests_say(test_data: Path) -> None:
    """Each rule with its papers, in force at the clock of each of its tests."""
    rules, value_sets = national(test_data)
    judged = 0
    for told in rules:
        named = ("type", "country", "certificateType", "logic")
        papers = {name[0].upper() + name[1:]: told[name] for name in named}
        papers |= {"ValidFrom": "2000-01-01T00:00:00Z", "ValidTo": "2099-01-01T00:00:00Z"}
        one = read_rule_set([rule(told["rule"], **papers)])
        for test in told["tests"]:
            clock = test["external"].get("validationClock") or "2022-01-01T00:00:00Z"
            sets = value_sets[test["external"]["valueSetsRef"]]
            book = RuleBook(one, sets, Place(told["country"]))
            said = book.judge(test["payload"] or {}, Shown(parse_stamp(clock), "XX"))
            if said.findings:  # the others are of a kind that the rule does not speak of
                judged += 1
                assert said.rules_ok is test["expected"], (told["dir"], test["file"])
    assert judged == 240


def test_without_a_place_no_rule_counts() -> None:
    assert facts(rule(logic=False), place=None) == (None, None)
    book = RuleBook(read_rule_set([rule(), rule("VR-FR-0001"), rule("IR-FR-0001")]), {}, DE)
    assert (book.total, len(book)) == (3, 2)


def test_what_the_certificate_itself_says_of_its_time_is_at_hand() -> None:
    logic = {
        "and": [
            {"===": [{"var": "external.iat"}, "2021-07-01T00:00:00.000Z"]},
            {"===": [{"var": "external.exp"}, "2022-07-01T00:00:00.000Z"]},
        ]
    }
    issued, expires = (parse_stamp(f"{year}-07-01T00:00:00Z") for year in (2021, 2022))
    assert facts(rule(logic=logic), shown=Shown(AT, "AT", issued, expires)) == (True, None)
    assert facts(rule(logic=logic)) == (False, "VR-DE-0001")


def test_all_rules_of_a_certificate_share_one_bound() -> None:
    heavy = {"reduce": [{"var": "payload.v"}, {"===": [{"var": "current"}, {"var": "current"}]}, 0]}
    payload = {"v": [{"tg": number} for number in range(MAX_STEPS_A_CERTIFICATE // 40)]}
    assert facts(rule(logic=heavy), payload=payload) == (True, None)
    many = [rule(f"VR-DE-{number}", heavy) for number in range(1, 201)]
    book = RuleBook(read_rule_set(many), {}, DE)
    began = time.process_time()
    said = book.judge(payload, SHOWN)
    assert time.process_time() - began < HANG_S
    found = [one.found for one in said.findings]
    assert found[0] is Found.PASSED
    assert set(found[10:]) == {Found.NO_VALUE}
    assert said.rules_ok is False


def test_what_nations_ask_is_far_from_the_bound(test_data: Path) -> None:
    """All rules of the foreign data about one certificate, as if they were of one country."""
    rules, value_sets = national(test_data)
    expressions = compile_rules([one["logic"] for one in rules])
    least = MAX_STEPS_A_CERTIFICATE
    for test in (test for one in rules for test in one["tests"]):
        external = {**test["external"], "valueSets": value_sets[0]}
        budget = Budget(MAX_STEPS_A_CERTIFICATE)
        for expression in expressions:
            with suppress(RuleFailedError):
                expression.holds({"payload": test["payload"], "external": external}, budget)
        least = min(least, budget.left)
    assert least > MAX_STEPS_A_CERTIFICATE * 0.8
