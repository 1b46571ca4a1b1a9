"""edge_rules.certlogic.rule_set and business_rule."""

from pathlib import Path
from typing import Any

import pytest

from devices.moment import parse_stamp
from edge_rules.certlogic.business_rule import read_business_rule
from edge_rules.certlogic.errors import RuleInvalidError
from edge_rules.certlogic.rule_set import Found, Inquiry, judge_rules, read_rule_set
from edge_rules.facts import GROUPS
from tests.edge_rules.certlogic.foreign import national

AT = parse_stamp("2021-08-01T00:00:00Z")
SHOWN = Inquiry(AT, country="DE", issuer="AT", value_sets={"agents": ["840539006"]})
AGENT: Any = {
    "in": [{"var": "payload.v.0.tg"}, {"var": "external.valueSets.agents"}],
}
JAB: Any = {"v": [{"tg": "840539006", "dn": 1, "sd": 2}]}


def rule(identifier: str = "VR-DE-0001", logic: object = True, **papers: object) -> dict[str, Any]:
    kinds = {"VR": "Vaccination", "TR": "Test", "RR": "Recovery"}
    prefix, country, _ = identifier.split("-")
    return {
        "Identifier": identifier,
        "Type": "Invalidation" if prefix == "IR" else "Acceptance",
        "Country": country,
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "1.0.0",
        "CertificateType": kinds.get(prefix, "General"),
        "Description": [{"lang": "en", "desc": "The agent must be the one that is known."}],
        "ValidFrom": "2021-07-01T00:00:00Z",
        "ValidTo": "2021-09-01T02:00:00+02:00",
        "AffectedFields": ["v.0.tg"],
        "Logic": logic,
        **papers,
    }


def facts(*told: dict[str, Any], payload: object = JAB, shown: Inquiry = SHOWN) -> tuple[Any, Any]:
    assert isinstance(payload, dict)
    said = judge_rules(read_rule_set(list(told)), payload, shown).facts()
    assert list(said) == ["rules_ok", "failing_rule"]
    return said["rules_ok"], said["failing_rule"]


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
        said = judge_rules(read_rule_set([rule(**papers)]), JAB, SHOWN)
        assert [one.found for one in said.findings] == [Found.NOT_UNDERSTOOD]
        assert said.facts() == {"rules_ok": False, "failing_rule": "VR-DE-0001"}
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
    shown = Inquiry(parse_stamp(at), "DE", "AT")
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
    assert facts(*told, shown=Inquiry(AT, "DE", "AT", region="BY")) == (False, "VR-DE-0001")


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


@pytest.mark.parametrize(
    ("papers", "path"),
    [
        ({"Identifier": "XX-DE-0001"}, "/Identifier"),
        ({"Identifier": 1}, "/Identifier"),
        ({"Identifier": "GR-DE-0001"}, "/Identifier"),
        ({"Identifier": "IR-DE-0001"}, "/Identifier"),
        ({"Identifier": "VR-FR-0001"}, "/Identifier"),
        ({"Type": "BoosterNotification"}, "/Type"),
        ({"Country": "DEU"}, "/Country"),
        ({"Region": 3}, "/Region"),
        ({"Version": "1.0"}, "/Version"),
        ({"Engine": None}, "/Engine"),
        ({"EngineVersion": "new"}, "/EngineVersion"),
        ({"CertificateType": ["Test"]}, "/CertificateType"),
        ({"ValidFrom": "2021-07-01"}, "/ValidFrom"),
        ({"ValidTo": None}, "/ValidTo"),
        ({"ValidTo": "2021-07-01T00:00:00Z"}, "/ValidTo"),
        ({"Logic": None}, "/Logic"),
        ({"Logic": {"if": [True, {"all": []}, 1]}}, "/Logic/if/1"),
    ],
)
def test_a_wrong_paper_is_told_by_its_path(papers: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleInvalidError) as caught:
        read_business_rule({**rule(), **papers})
    assert [fault.path for fault in caught.value.faults] == [path]


def test_a_set_tells_the_faults_of_all_its_rules() -> None:
    told = [rule(), 7, rule(Country=None, Version=1), rule()]
    with pytest.raises(RuleInvalidError, match="there twice") as caught:
        read_rule_set(told)
    paths = [fault.path for fault in caught.value.faults]
    assert paths == ["/1", "/2/Country", "/2/Version", ""]
    with pytest.raises(RuleInvalidError, match="a list"):
        read_rule_set({"rules": []})


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
            shown = Inquiry(parse_stamp(clock), told["country"], "XX", value_sets=sets)
            said = judge_rules(one, test["payload"] or {}, shown)
            if said.findings:  # the others are of a kind that the rule does not speak of
                judged += 1
                assert said.rules_ok is test["expected"], (told["dir"], test["file"])
    assert judged == 240
