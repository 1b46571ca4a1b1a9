"""What an estate pass is bound to stands above the policy: gates, uses of a day, the clock."""

from dataclasses import replace
from typing import Any

import pytest

from devices.ids import LaneId
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.inputs import Act, ClockJudged, CredentialShown
from edge_rules.restarting import resume
from tests.edge_rules.scene import LANES, SCANNER, Scene, decided

DAY_MS = 86_400_000
PASS = Credential(
    CredentialKind.ESTATE_PASS, CredentialStatus.VALID, subject="s-ann", person="resident"
)


def shown(scene: Scene, **narrowed: Any) -> list[tuple[str, list[str]]]:  # noqa: ANN401
    """Somebody shows a pass and is measured; what was decided, by a policy that asks neither."""
    credential = replace(PASS, **narrowed)
    events = scene.give(CredentialShown(scene.fresh(), None, credential), SCANNER)
    return decided(events + scene.measure())


def gone_through(scene: Scene) -> None:
    """They walk through, and the scanner has forgotten them."""
    assert scene.state.lanes[LaneId("north-in")].grant
    scene.passes(scene.state.lanes[LaneId("north-in")].grant.id)  # type: ignore[union-attr]
    later(scene, 20_000)


def later(scene: Scene, ms: float) -> None:
    scene.wait(ms)
    scene.gate_says()


@pytest.mark.parametrize("gates", [None, ("north-in",), ("south-in", "north")])
def test_a_pass_lets_in_at_its_lanes_and_checkpoints(gates: tuple[str, ...] | None) -> None:
    assert shown(Scene(), gates=gates) == [("admit", ["healthy"])]


@pytest.mark.parametrize("gates", [("south-in",), ("north-out", "north-in-2")])
def test_it_lets_in_nowhere_else_even_where_the_policy_forgot_to_ask(
    gates: tuple[str, ...],
) -> None:
    scene = Scene()
    assert shown(scene, gates=gates) == [("refer", ["wrong-gate"])]
    assert scene.events[-1]["said"] == {"decision": "admit", "reasons": ["healthy"]}


def test_a_pass_of_two_uses_lets_in_twice_a_day() -> None:
    scene = Scene()
    for _ in range(2):
        assert shown(scene, uses_per_day=2) == [("admit", ["healthy"])]
        gone_through(scene)
    assert shown(scene, uses_per_day=2) == [("refer", ["uses-exhausted"])]
    assert shown(scene, subject="s-bob", uses_per_day=2) == [("admit", ["healthy"])]
    gone_through(scene)
    later(scene, DAY_MS)
    assert shown(scene, uses_per_day=2) == [("admit", ["healthy"])]


def test_a_restart_gives_no_use_back() -> None:
    scene = Scene()
    assert shown(scene, uses_per_day=1) == [("admit", ["healthy"])]
    gone_through(scene)
    scene.restart()
    assert shown(scene, uses_per_day=1) == [("refer", ["uses-exhausted"])]
    state, _ = resume(scene.rules, scene.state.policies, "r9", LANES, {}, scene.events, scene.now)
    assert state.uses == {"s-ann": 1}


def test_a_code_that_changes_with_the_clock_proves_nothing_while_the_clock_is_in_doubt() -> None:
    scene = Scene()
    scene.take(ClockJudged(None))
    assert shown(scene, rotating=True) == [("refer", ["credential-unclear"])]
    (recorded,) = [e for e in scene.events if e["type"] == "passage-decided"]
    assert recorded["credential"]["status"] == "unverified"
    assert recorded["credential"]["reason"] == "clock-suspect"
    scene.wait(20_000)
    scene.gate_says()
    scene.take(ClockJudged("ntp"))
    assert shown(scene, rotating=True) == [("admit", ["healthy"])]


def test_a_printed_pass_is_left_to_the_policy_then_and_a_revoked_one_stays_revoked() -> None:
    scene = Scene()
    scene.take(ClockJudged(None))
    assert shown(scene) == [("admit", ["healthy"])]
    gone_through(scene)
    revoked = {"rotating": True, "status": CredentialStatus.REVOKED, "subject": "s-eve"}
    shown(scene, **revoked)
    assert scene.events[-1]["credential"]["status"] == "revoked"


def test_facts_say_whom_a_pass_makes_of_its_holder() -> None:
    scene = Scene()
    shown(scene, person="visitor", minor=True, gates=("north",))
    (event,) = [e for e in scene.events if e["type"] == "passage-decided"]
    assert event["facts"]["person"] == {"kind": "visitor", "count": 1, "minor": True}
    assert event["facts"]["credential"]["gates"] == ("north",)


def test_a_second_measurement_makes_no_other_gate_of_it() -> None:
    scene = Scene()
    credential = replace(PASS, gates=("south-in",))
    scene.give(CredentialShown(scene.fresh(), None, credential), SCANNER)
    events = scene.measure(38.0)
    visit = next(e["visit"] for e in events if e["type"] == "passage-decided")
    measured = {"target": visit, "celsius": 36.5, "method": "ear"}
    again = scene.operate(Act.SECOND_MEASURE, **measured)
    assert decided(again) == [("refer", ["wrong-gate"])]
