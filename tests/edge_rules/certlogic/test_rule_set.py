"""edge_rules.certlogic.rule_set and business_rule: rules and value sets are read, or told apart."""

from typing import Any

import pytest

from edge_rules.certlogic.business_rule import read_business_rule
from edge_rules.certlogic.errors import RuleInvalidError
from edge_rules.certlogic.rule_set import read_rule_set, read_value_sets
from tests.edge_rules.certlogic.papers import rule


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
        read_rule_set("VR-DE-0001")


def test_one_rule_is_a_set_too() -> None:
    (one,) = read_rule_set(rule())
    assert one.identifier == "VR-DE-0001"
    with pytest.raises(RuleInvalidError) as caught:
        read_rule_set(rule(Country=None))
    assert [fault.path for fault in caught.value.faults] == ["/Country"]


def test_value_sets_are_read_in_both_forms() -> None:
    codes = {"840539006": {"display": "COVID-19", "active": True}, "1": {"active": False}}
    gateways = {"valueSetId": "agents", "valueSetDate": "2021-04-27", "valueSetValues": codes}
    assert read_value_sets(gateways) == {"agents": ["840539006", "1"]}
    plain = {"agents": ["840539006"], "none": []}
    assert read_value_sets(plain) == plain


@pytest.mark.parametrize(
    ("told", "paths"),
    [
        ([], [""]),
        ({"valueSetId": "a"}, ["/valueSetValues"]),
        ({"valueSetId": 7, "valueSetValues": []}, ["/valueSetId", "/valueSetValues"]),
        ({"agents": "840539006", "tests": ["1", 2], "all": ["1"]}, ["/agents", "/tests"]),
    ],
)
def test_what_is_no_value_set_is_told_by_its_path(told: object, paths: list[str]) -> None:
    with pytest.raises(RuleInvalidError) as caught:
        read_value_sets(told)
    assert [fault.path for fault in caught.value.faults] == paths
