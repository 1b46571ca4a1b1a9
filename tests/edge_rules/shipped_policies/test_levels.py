"""Who comes in at which level: the documentation's table, and that graver is never easier."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from edge_rules.decision import Outcome
from edge_rules.facts import clean_facts
from edge_rules.inputs import Act
from edge_rules.policies import Policies
from edge_rules.policy.probes import probe_facts
from tests.conftest import REPOSITORY
from tests.edge_rules.scene import Scene, decided
from tests.edge_rules.shipped_policies.shipped import COMPILED, LEVELS, NAMES, POLICIES, Facts
from tests.edge_rules.shipped_policies.visits import likely_facts

ROW = re.compile(r"^\| ([^|]+?) \| ((?:(?:admit|refer|deny|–) \| ?){5})$", re.MULTILINE)
DOCUMENT = (REPOSITORY / "docs/policy.md").read_text("utf-8")
TABLE = {who: cells.replace("|", " ").split() for who, cells in ROW.findall(DOCUMENT)}

NORMAL = {"celsius": 36.4, "limit": 37.3, "quality": "good", "plausible": True, "second": False}
PASS = {"kind": "estate-pass", "status": "valid"}
PASS_AND_CODE = {**PASS, "colour": "green"}
CODE = {"kind": "colour-code", "status": "valid", "colour": "green"}
CERTIFICATES: list[dict[str, Any]] = [
    {"kind": kind, "status": "valid", "rules_ok": True} for kind in ("eu-dcc", "smart-health-card")
]
KINDS = ("resident", "staff", "visitor", "delivery", "emergency", "unknown")


def visit(kind: str, credential: dict[str, Any], **more: Any) -> Facts:  # noqa: ANN401
    facts = {
        "lane": "north-in",
        "checkpoint": "north-gate",
        "clock": {"trusted": True},
        "person": {"kind": kind, "count": 1},
        "credential": credential,
        "temperature": NORMAL,
    }
    return clean_facts({**facts, **more})


def doubtful(kind: str, *statuses: str, **more: Any) -> list[Facts]:  # noqa: ANN401
    return [visit(kind, {**PASS_AND_CODE, "status": status}, **more) for status in statuses]


HOT, CONFIRMED = ({**NORMAL, "celsius": 37.3, "second": second} for second in (False, True))
CHILD, WITH_ADULT = (
    {"person": {"kind": "resident", "minor": True, "count": count}} for count in (1, 2)
)
OPEN, SHUT = ({"access": {"schedule_open": is_open}} for is_open in (True, False))
BLOCKED = {"access": {"blocked": True}}
VISITS: dict[str, list[Facts]] = {
    "resident, pass and green code": [visit("resident", PASS_AND_CODE)],
    "resident, pass alone": [visit("resident", PASS)],
    "resident, health certificate that meets the authority's rules": [
        visit("resident", each) for each in CERTIFICATES
    ],
    "resident's child alone, pass": [visit("resident", PASS_AND_CODE, **CHILD)],
    "resident's child with an adult, pass": [visit("resident", PASS, **WITH_ADULT)],
    "staff in hours, pass and green code": [visit("staff", PASS_AND_CODE, **OPEN)],
    "staff in hours, pass alone": [visit("staff", PASS, **OPEN)],
    "staff out of hours, pass and green code": [visit("staff", PASS_AND_CODE, **SHUT)],
    "visitor, pass alone": [visit("visitor", PASS)],
    "visitor, green code or health certificate": [
        visit("visitor", each) for each in (CODE, *CERTIFICATES)
    ],
    "visitor on the list, green code": [visit("visitor", CODE, access={"listed": True})],
    "delivery at the drop point, green code": [visit("delivery", CODE, lane="delivery")],
    "delivery elsewhere, green code": [visit("delivery", CODE)],
    "emergency services, on a guard's word, no temperature": [
        visit("emergency", {"kind": "none"}, temperature={})
    ],
    "not known who, pass alone": [visit("unknown", PASS)],
    "not known who, health certificate": [visit("unknown", each) for each in CERTIFICATES],
    "resident, temperature at the limit": [visit("resident", PASS_AND_CODE, temperature=HOT)],
    "resident, at the limit when measured again": [
        visit("resident", PASS_AND_CODE, temperature=CONFIRMED)
    ],
    "not known who, temperature at the limit": [visit("unknown", CODE, temperature=HOT)],
    "not known who, at the limit when measured again": [
        visit("unknown", CODE, temperature=CONFIRMED)
    ],
    "resident, red code": [visit("resident", {**each, "colour": "red"}) for each in (PASS, CODE)],
    "staff, red code": [visit("staff", {**each, "colour": "red"}) for each in (PASS, CODE)],
    "resident, credential forged, revoked or blocked": [
        *doubtful("resident", "invalid", "revoked"),
        visit("resident", PASS_AND_CODE, **BLOCKED),
    ],
    "staff, credential forged, revoked or blocked": [
        *doubtful("staff", "invalid", "revoked"),
        visit("staff", PASS_AND_CODE, **BLOCKED),
    ],
    "anybody, credential expired or unverified": [
        each
        for kind in set(KINDS) - {"visitor", "delivery"}
        for each in doubtful(kind, "expired", "unverified", "not-yet-valid", "unreadable")
    ],
    "anybody, credential and a clock in doubt": [
        visit(kind, PASS_AND_CODE, clock={"trusted": False})
        for kind in set(KINDS) - {"visitor", "delivery"}
    ],
}


def cells() -> Iterator[tuple[str, str, str]]:
    for who, row in TABLE.items():
        for name, cell in zip(NAMES, row, strict=True):
            if cell != "–":
                yield who, name, cell


def test_the_table_and_the_visits_are_about_the_same() -> None:
    assert TABLE.keys() == VISITS.keys()


@pytest.mark.parametrize(("who", "name", "cell"), list(cells()))
def test_each_cell_of_the_documented_table_is_so(who: str, name: str, cell: str) -> None:
    for facts in VISITS[who]:
        decision = COMPILED[name].decide(facts)
        assert decision.outcome == cell, (facts, decision)


@settings(max_examples=1000, deadline=None)
@given(likely_facts())
def test_whom_a_level_admits_every_milder_one_admits(facts: Facts) -> None:
    for milder, graver in pairwise(LEVELS):
        never_easier(milder, graver, facts)


@pytest.mark.parametrize(("milder", "graver"), list(pairwise(LEVELS)))
def test_nor_is_it_easier_on_facts_made_from_both_policies(milder: str, graver: str) -> None:
    for facts in probe_facts([POLICIES[milder], POLICIES[graver]], Random(7), 10_000):
        never_easier(milder, graver, facts)


def never_easier(milder: str, graver: str, facts: Facts) -> None:
    if COMPILED[graver].decide(facts).outcome is Outcome.ADMIT:
        assert COMPILED[milder].decide(facts).outcome is Outcome.ADMIT


def at_lane(name: str) -> Scene:
    scene = Scene()
    scene.state = replace(scene.state, policies=Policies.of(COMPILED[name]))
    return scene


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("everyday", ("refer", ["no-rule-admits"])),
        ("level-4", ("admit", ["health-credential-valid"])),
        ("level-3", ("admit", ["healthy"])),
        ("level-2", ("refer", ["visitors-by-guard"])),
        ("level-1", ("refer", ["visitors-by-guard"])),
    ],
)
def test_a_lane_gives_every_fact_that_is_needed(name: str, said: tuple[str, list[str]]) -> None:
    scene = at_lane(name)
    scene.scan()
    assert decided(scene.measure(36.4)) == [said]


@pytest.mark.parametrize(("celsius", "outcome"), [(36.8, "admit"), (37.8, "deny")])
@pytest.mark.parametrize("name", ["level-4", "level-3"])
def test_only_a_guards_second_measurement_denies(name: str, celsius: float, outcome: str) -> None:
    scene = at_lane(name)
    scene.scan()
    events = scene.measure(37.3)
    assert decided(events) == [("refer", ["temperature-high"])]
    (first,) = [event for event in events if event["type"] == "passage-decided"]
    again = scene.operate(
        Act.SECOND_MEASURE, target=first["visit"], celsius=celsius, method="forehead"
    )
    assert [each for each, _ in decided(again)] == [outcome]


def test_close_to_the_limit_a_guard_measures_again_from_level_three_on() -> None:
    said = {}
    for name in ("level-4", "level-3"):
        scene = at_lane(name)
        scene.scan()
        said[name] = decided(scene.measure(37.2))  # ± 0.2
    assert said == {
        "level-4": [("admit", ["health-credential-valid"])],
        "level-3": [("refer", ["temperature-near-limit"])],
    }
