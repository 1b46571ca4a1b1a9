"""edge_rules.vouching: visits that a guard starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.inputs import Act, CredentialShown
from edge_rules.lane import Mode
from edge_rules.policies import Policies
from edge_rules.vouched import BY_DOCUMENT, How, Vouched, nothing_shown
from tests.edge_rules.scene import IN, OUT, SCANNER, Scene, decided, types
from tests.edge_rules.shipped_policies.shipped import COMPILED

PAPER = Vouched(
    How.PAPER,
    Credential(CredentialKind.EU_DCC, CredentialStatus.VALID, BY_DOCUMENT),
    checked="document",
)
LISTED = Vouched(How.LIST, nothing_shown("resident"), listed=True)
EMERGENCY = Vouched(How.WORD, nothing_shown("emergency"))
CHILD = Vouched(How.COMPANION, nothing_shown(minor=True))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def judged_by(name: str, **rules: Any) -> Scene:  # noqa: ANN401
    """A lane that a policy which comes along judges."""
    scene = Scene()
    scene.state = replace(scene.state, policies=Policies.of(COMPILED[name]))
    lane = scene.state.lanes[IN]
    changed = replace(lane, rules=replace(lane.rules, **rules))
    scene.state = replace(scene.state, lanes={**scene.state.lanes, IN: changed})
    return scene


def start(scene: Scene, vouched: Vouched, **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return scene.operate(Act.START_VISIT, vouched=vouched, **more)


def facts_of(events: list[dict[str, Any]]) -> Mapping[str, Any]:
    (event,) = [e for e in events if e["type"] == "passage-decided"]
    facts: Mapping[str, Any] = event["facts"]
    return facts


def act_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    (event,) = [e for e in events if e["type"] == "operator-acted"]
    return event


@pytest.mark.parametrize("before", [True, False])
def test_paper_waits_for_a_temperature_as_a_scan_does(scene: Scene, *, before: bool) -> None:
    events = scene.measure() if before else []
    events += start(scene, PAPER)
    events += [] if before else scene.measure()
    assert decided(events) == [("admit", ["healthy"])]
    act = act_of(events)
    assert (act["act"], act["how"], act["checked"]) == ("start-visit", "paper", "document")
    (decision,) = [e for e in events if e["type"] == "passage-decided"]
    assert decision["visit"] == act["visit"]
    assert len(decision["readings"]) == 1  # the temperature: what a guard says is no reading
    assert decision["credential"] == {
        "kind": "eu-dcc", "status": "valid", "reason": BY_DOCUMENT, "subject": None,
    }  # fmt: skip


def test_fever_is_a_fever_whoever_vouches(scene: Scene) -> None:
    start(scene, PAPER)
    assert decided(scene.measure(38.0)) == [("refer", ["temperature-high"])]


def test_without_a_temperature_a_guard_looks_again(scene: Scene) -> None:
    start(scene, PAPER)
    assert decided(scene.wait(8000))[0][1][0] == "temperature-missing"


def test_what_a_scanner_could_not_read_is_the_same_visit(scene: Scene) -> None:
    scene.scan(None, CredentialStatus.UNREADABLE)
    visit = scene.state.lanes[IN].gathering
    assert visit
    events = start(scene, PAPER) + scene.measure()
    assert decided(events) == [("admit", ["healthy"])]
    assert act_of(events)["visit"] == visit.id


def test_a_referral_is_decided_anew_with_the_temperature_it_has(scene: Scene) -> None:
    scene.scan(None, CredentialStatus.UNREADABLE)
    (first,) = [e for e in scene.measure() if e["type"] == "passage-decided"]
    assert first["decision"] == "refer"
    events = start(scene, PAPER, target=first["visit"])
    (second,) = [e for e in events if e["type"] == "passage-decided"]
    assert (second["decision"], second["supersedes"]) == ("admit", first["id"])
    assert (second["visit"], second["readings"]) == (first["visit"], first["readings"])
    assert scene.state.lanes[IN].referred == ()


def test_a_referral_of_two_people_is_begun_anew(scene: Scene) -> None:
    scene.scan("s-ann")
    (first,) = [e for e in scene.scan("s-bob") if e["type"] == "passage-decided"]
    events = start(scene, PAPER, target=first["visit"])
    assert act_of(events)["visit"] != first["visit"]
    assert [r.answered for r in scene.state.lanes[IN].referred] == [True]
    assert decided(scene.measure()) == [("admit", ["healthy"])]


def test_a_referral_of_long_ago_is_somebody_else(scene: Scene) -> None:
    scene.scan(None, CredentialStatus.UNREADABLE)
    (first,) = [e for e in scene.measure() if e["type"] == "passage-decided"]
    scene.wait(61_000)
    scene.gate_says()
    assert act_of(start(scene, PAPER, target=first["visit"]))["refused"] == "unknown-visit"


def test_a_visit_that_is_under_way_is_nobody_elses(scene: Scene) -> None:
    scene.scan("s-ann")
    assert act_of(start(scene, PAPER))["refused"] == "visit-under-way"
    assert decided(scene.measure()) == [("admit", ["healthy"])]


def test_leaving_needs_no_guard_and_a_released_lane_no_visit(scene: Scene) -> None:
    assert act_of(start(scene, PAPER, lane=OUT))["refused"] == "exit"
    scene.operate(Act.RELEASE)
    assert act_of(start(scene, PAPER))["refused"] == "already-released"


def test_no_word_of_a_guard_opens_in_a_lockdown(scene: Scene) -> None:
    scene.operate(Act.LOCK)
    sent = len(scene.sent)
    events = start(scene, PAPER) + scene.measure()
    assert decided(events) == [("refer", ["lockdown"])]
    assert len(scene.sent) == sent
    assert scene.state.lanes[IN].mode is Mode.LOCKDOWN


def test_what_the_gateway_knows_better_is_refused_and_on_record(scene: Scene) -> None:
    unknown = replace(LISTED, refused="not-listed")
    (event,) = start(scene, unknown)
    assert (event["refused"], event["how"], event["credential"]) == ("not-listed", "list", None)
    assert scene.state.lanes[IN].gathering is None


def test_the_same_key_starts_one_visit(scene: Scene) -> None:
    start(scene, PAPER, key="k1")
    assert start(scene, PAPER, key="k1") == []


def test_who_walks_away_is_abandoned(scene: Scene) -> None:
    scene.see("t1", 1, entered=True)
    start(scene, PAPER)
    assert "visit-abandoned" in types(scene.see("t1", 0, left=True))


def test_a_visit_open_at_a_crash_is_referred_once(scene: Scene) -> None:
    events = start(scene, PAPER)
    scene.restart()
    again = [e for e in scene.events if e["type"] == "passage-decided"]
    assert [(e["reasons"], e["visit"]) for e in again] == [
        (["gateway-restarted"], act_of(events)["visit"])
    ]
    scene.restart()
    assert len([e for e in scene.events if e["type"] == "passage-decided"]) == 1


def test_two_who_are_in_view_are_not_one_person(scene: Scene) -> None:
    scene.see("t1", 2, entered=True)
    assert decided(start(scene, PAPER))[0][1][0] == "not-one-person"


# --- companions


def let_in(scene: Scene, subject: str = "s-ann") -> str:
    scene.scan(subject)
    (decision,) = [e for e in scene.measure() if e["type"] == "passage-decided"]
    assert decision["decision"] == "admit"
    visit: str = decision["visit"]
    return visit


def grant_of(scene: Scene) -> str:
    grant = scene.state.lanes[IN].grant
    assert grant
    return grant.id


def test_a_child_comes_in_behind_its_mother_on_a_grant_of_its_own(scene: Scene) -> None:
    mother = let_in(scene)
    first = grant_of(scene)
    start(scene, CHILD, target=mother)
    assert decided(scene.measure()) == []  # its turn comes when the mother has passed
    events = scene.passes(first)
    assert decided(events) == [("admit", ["healthy"])]
    facts = facts_of(events)
    assert facts["person"] == {"kind": "unknown", "count": 2, "minor": True}
    assert facts["credential"]["status"] == "valid"
    assert grant_of(scene) != first
    assert scene.state.uses == {"s-ann": 1}  # a companion uses up nobody's pass


def test_a_companion_with_a_fever_is_referred(scene: Scene) -> None:
    mother = let_in(scene)
    start(scene, CHILD, target=mother)
    scene.passes(grant_of(scene))
    assert decided(scene.measure(38.2)) == [("refer", ["temperature-high"])]


def test_three_companions_are_measured_each_and_pass_on_one_opening(scene: Scene) -> None:
    mother = let_in(scene)
    scene.passes(grant_of(scene))
    scene.see("c1", 3, entered=True)
    start(scene, replace(CHILD, persons=3), target=mother)
    assert decided(scene.measure(track="c1") + scene.measure(track="c1")) == []
    assert decided(scene.measure(track="c2")) == []
    sent = len(scene.sent)
    events = scene.measure(track="c3")
    assert decided(events) == [("admit", ["healthy"])]
    assert facts_of(events)["person"]["count"] == 4
    grant = grant_of(scene)
    for _ in range(2):
        scene.passes(grant)
        assert scene.state.lanes[IN].grant
    scene.passes(grant)
    assert scene.state.lanes[IN].grant is None
    assert len(scene.sent) - sent == 1


def test_one_of_three_with_a_fever_holds_up_all(scene: Scene) -> None:
    mother = let_in(scene)
    scene.passes(grant_of(scene))
    start(scene, replace(CHILD, persons=2), target=mother)
    scene.measure(38.1, track="c1")
    assert decided(scene.measure(36.4, track="c2")) == [("refer", ["temperature-high"])]


def test_the_mothers_own_second_reading_is_not_the_childs(scene: Scene) -> None:
    scene.see("t1", 1, entered=True)
    scene.scan()
    (mother,) = [e for e in scene.measure(track="t1") if e["type"] == "passage-decided"]
    scene.measure(36.6, track="t1")
    start(scene, CHILD, target=mother["visit"])
    scene.measure(36.6, track="t1")
    scene.see("t2", 2, entered=True)
    visit = scene.state.lanes[IN].gathering
    assert visit
    assert (visit.measured, visit.doubt) == ((), None)
    scene.passes(grant_of(scene))
    scene.see("t1", 1, left=True)
    assert decided(scene.measure(track="t2")) == [("admit", ["healthy"])]


def test_a_stranger_behind_mother_and_child_is_one_too_many(scene: Scene) -> None:
    mother = let_in(scene)
    start(scene, CHILD, target=mother)
    scene.see("t1", 3, entered=True)
    scene.measure()
    assert decided(scene.passes(grant_of(scene)))[0][1][0] == "not-one-person"


@pytest.mark.parametrize("persons", [0, 9])
def test_how_many_come_along_is_bounded(scene: Scene, persons: int) -> None:
    event = act_of(start(scene, replace(CHILD, persons=persons), target=let_in(scene)))
    assert event["refused"] == "too-many-persons"


def test_nobody_comes_along_with_who_was_not_let_in_just_now(scene: Scene) -> None:
    scene.scan()
    (hot,) = [e for e in scene.measure(38.0) if e["type"] == "passage-decided"]
    assert act_of(start(scene, CHILD, target=hot["visit"]))["refused"] == "unknown-visit"
    mother = let_in(scene, "s-eve")
    scene.wait(61_000)
    scene.gate_says()
    assert act_of(start(scene, CHILD, target=mother))["refused"] == "unknown-visit"


# --- what the policies that come along make of it


@dataclass(frozen=True)
class Case:
    policy: str
    vouched: Vouched
    needs: frozenset[str]
    expect: tuple[str, str]


BOTH = frozenset({"credential", "temperature"})
ONE = frozenset({"credential"})
LEVELS = ("level-4", "level-3", "level-2", "level-1")
CASES = [
    Case("everyday", LISTED, ONE, ("admit", "listed")),
    Case("everyday", EMERGENCY, ONE, ("admit", "emergency-services")),
    Case("everyday", Vouched(How.WORD, nothing_shown("visitor")), ONE, ("refer", "no-rule-admits")),
    Case("everyday", PAPER, ONE, ("refer", "no-rule-admits")),
    *(Case(level, EMERGENCY, BOTH, ("admit", "emergency-services")) for level in LEVELS),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.policy}-{c.vouched.how}-{c.expect[1]}")
def test_policies_that_come_along_hear_a_guards_word(case: Case) -> None:
    scene = judged_by(case.policy, needs=case.needs)
    ((decision, reasons),) = decided(start(scene, case.vouched))
    assert (decision, reasons[0]) == case.expect


def test_emergency_services_with_a_measured_fever_are_for_a_guard() -> None:
    scene = judged_by("level-2")
    scene.measure(38.4)
    assert decided(start(scene, EMERGENCY))[0][0] == "refer"


def test_a_pass_of_emergency_services_waits_for_no_temperature() -> None:
    scene = judged_by("level-2")
    credential = Credential(
        CredentialKind.ESTATE_PASS, CredentialStatus.VALID, None, "s-fire", person="emergency"
    )
    assert decided(scene.give(CredentialShown("s-1", None, credential), SCANNER))[0] == (
        "admit",
        ["emergency-services"],
    )


def test_nothing_shown_has_no_status() -> None:
    scene = judged_by("everyday", needs=ONE)
    events = start(scene, LISTED)
    assert facts_of(events)["credential"] == {"kind": "none"}
    assert facts_of(events)["access"] == {"listed": True}
    assert act_of(events)["credential"]["status"] is None
