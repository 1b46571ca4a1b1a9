"""edge_rules.operating: what stands above what, and second measurements."""

from dataclasses import replace
from typing import Any

import pytest

from devices.commands import Do
from devices.readings import Door
from edge_rules.inputs import Act, RecordLate
from edge_rules.lane import Mode
from edge_rules.policies import Policies
from tests.edge_rules.scene import EXIT_GATE, IN, LANES, OUT, Scene, decided, types


@pytest.fixture
def scene() -> Scene:
    return Scene()


def referred(scene: Scene, celsius: float | None = 37.9) -> dict[str, Any]:
    scene.scan()
    if celsius is None:
        events = scene.wait(8000)
        scene.gate_says()
    else:
        events = scene.measure(celsius)
    return next(e for e in events if e["type"] == "passage-decided")


def test_second_measurement_names_the_decision_it_supersedes(scene: Scene) -> None:
    first = referred(scene)
    events = scene.operate(
        Act.SECOND_MEASURE, target=first["visit"], celsius=36.6, method="forehead"
    )
    second = next(e for e in events if e["type"] == "passage-decided")
    assert (second["decision"], second["supersedes"]) == ("admit", first["id"])
    assert (second["visit"], second["readings"]) == (first["visit"], first["readings"])


def test_second_measurement_is_the_temperature_that_was_missing(scene: Scene) -> None:
    first = referred(scene, None)
    assert first["reasons"][0] == "temperature-missing"
    events = scene.operate(
        Act.SECOND_MEASURE, target=first["visit"], celsius=36.6, method="forehead"
    )
    assert decided(events) == [("admit", ["healthy"])]


def test_second_measurement_cures_no_other_doubt(scene: Scene) -> None:
    scene.scan("s-ann")
    (first,) = [e for e in scene.scan("s-bob") if e["type"] == "passage-decided"]
    events = scene.operate(
        Act.SECOND_MEASURE, target=first["visit"], celsius=36.6, method="forehead"
    )
    assert decided(events)[0][0] == "refer"


@pytest.mark.parametrize("celsius", [float("nan"), float("inf"), None, 20.0, 50.0])
def test_implausible_second_measurement_is_refused_and_recorded(
    scene: Scene, celsius: float | None
) -> None:
    first = referred(scene)
    (event,) = scene.operate(
        Act.SECOND_MEASURE, target=first["visit"], celsius=celsius, method="forehead"
    )
    assert event["refused"] == "implausible"
    assert event.get("celsius") in {None, 20.0, 50.0}


def test_way_out_is_never_locked(scene: Scene) -> None:
    scene.operate(Act.LOCK, lane=OUT)
    scene.gate_says(Door.CLOSED, lane=OUT)
    scene.wait(10_000)
    scene.gate_says(Door.CLOSED, lane=OUT)
    assert scene.state.lanes[OUT].mode is Mode.LOCKDOWN
    assert scene.sent == []
    scene.restart()
    scene.gate_says(Door.CLOSED, lane=OUT)
    assert [command.do for _, command in scene.sent] == []
    scene.press("rex", device=EXIT_GATE, lane=OUT)
    assert [command.do for _, command in scene.sent] == [Do.OPEN]


def test_fire_outranks_a_lockdown_and_only_a_person_ends_it(scene: Scene) -> None:
    scene.operate(Act.LOCK)
    scene.press("fire")
    assert scene.state.lanes[IN].mode is Mode.RELEASED
    scene.operate(Act.LOCK)
    scene.operate(Act.OPEN)
    scene.scan()
    scene.measure()
    scene.wait(600_000)
    scene.restart()
    assert scene.state.lanes[IN].mode is Mode.RELEASED
    scene.operate(Act.RESTORE)
    assert scene.state.lanes[IN].mode is Mode.NORMAL


def test_fire_leaves_nobody_waiting_for_a_grant(scene: Scene) -> None:
    scene.scan("s-ann")
    scene.measure()
    scene.scan("s-bob")
    scene.measure()
    events = scene.press("fire")
    assert decided(events) == [("admit", ["healthy"])]
    assert scene.state.lanes[IN].waiting == ()


def test_restored_gate_is_told_again_only_while_nobody_stands_in_it(scene: Scene) -> None:
    scene.operate(Act.RELEASE)
    scene.confirm()
    scene.operate(Act.RESTORE)
    sent = len(scene.sent)
    scene.wait(3000)
    scene.see("t1", 1, entered=True)
    scene.gate_says(Door.OPEN)
    assert len(scene.sent) == sent
    scene.see("t1", 0, left=True)
    scene.gate_says(Door.OPEN)
    assert [command.do for _, command in scene.sent[sent:]] == [Do.RESTORE]


def test_decisions_of_a_released_lane_grant_nothing(scene: Scene) -> None:
    scene.operate(Act.RELEASE)
    sent = len(scene.sent)
    scene.scan()
    events = scene.measure()
    assert decided(events) == [("admit", ["healthy"])]
    assert [e["grant"] for e in events if e["type"] == "passage-decided"] == [None]
    assert len(scene.sent) == sent


@pytest.mark.parametrize("act", [Act.LOCK, Act.RELEASE, Act.RESTORE])
def test_what_ends_a_grant_says_so(scene: Scene, act: Act) -> None:
    if act is Act.RESTORE:
        scene.operate(Act.LOCK)
    scene.operate(Act.OPEN, role="admin")
    events = scene.operate(act)
    ended = next(e for e in events if e["type"] == "passage-not-taken")
    assert ended["reason"] in {"lockdown", "released", "superseded"}
    scene.wait(1000)
    unknown = [e for e in scene.events if e["type"] == "gate-unknown" and e["grant"]]
    assert [e["reason"] for e in unknown] == ["withdrawn"]
    assert not [e for e in scene.events if e["type"] == "alarm-raised" and e["alarm"] == "expired"]


def test_gate_that_opened_for_a_withdrawn_grant_is_believed(scene: Scene) -> None:
    scene.operate(Act.OPEN)
    scene.operate(Act.LOCK)
    opening = next(command for _, command in scene.sent if command.do is Do.OPEN)
    events = scene.result_of(opening.id)
    assert types(events) == ["gate-opened"]


def test_record_late_referral_is_for_the_visit_that_was_let_in(scene: Scene) -> None:
    lanes = (replace(LANES[0], pass_within_ms=60_000), LANES[1])
    scene = Scene(lanes=lanes)
    scene.scan("s-ann")
    first = next(e for e in scene.measure() if e["type"] == "passage-decided")
    for at in range(70):  # the lane overflows meanwhile: others are decided after Ann
        scene.scan(f"s-{at}")
        scene.measure()
    events = scene.take(RecordLate(IN, first["grant"], unwritten=False))
    ended = next(e for e in events if e["type"] == "passage-not-taken")
    assert (ended["grant"], ended["reason"]) == (first["grant"], "record-late")
    others = [e for e in events if e["type"] == "passage-decided"]
    assert all(e["visit"] != first["visit"] for e in others)
    (waiting,) = [r for r in scene.state.lanes[IN].referred if r.event == first["id"]]
    assert waiting.visit.credential.subject == "s-ann"


def test_record_that_came_too_late_blames_no_gate_and_waits_for_a_guard(scene: Scene) -> None:
    scene.scan()
    grant = next(e for e in scene.measure() if e["type"] == "passage-decided")["grant"]
    scene.now = scene.now.later(1500)  # past the command's life, and no timer has fired
    events = scene.take(RecordLate(IN, grant, unwritten=True))
    assert types(events) == ["alarm-raised", "passage-decided"]
    alarms = [e["alarm"] for e in scene.wait(61_000) if e["type"] == "alarm-raised"]
    assert alarms == ["refer-unanswered"]


@pytest.mark.parametrize("unwritten", [True, False])
def test_late_record_of_a_second_measurement_leaves_one_decision(
    scene: Scene, unwritten: bool
) -> None:
    first = referred(scene)
    events = scene.operate(
        Act.SECOND_MEASURE, target=first["visit"], celsius=36.6, method="forehead"
    )
    second = next(e for e in events if e["type"] == "passage-decided")
    events = scene.take(RecordLate(IN, second["grant"], unwritten))
    late = [e["supersedes"] for e in events if e["type"] == "passage-decided"]
    assert late == ([first["id"]] if unwritten else [])


def test_scanner_that_looks_again_hides_nobody_who_waits(scene: Scene) -> None:
    scene.scan("s-bob")
    scene.measure(38.5)
    scene.scan("s-ann")
    grant = next(e for e in scene.measure() if e["type"] == "passage-decided")["grant"]
    scene.passes(grant)
    for _ in range(6):
        scene.scan("s-ann")
        scene.measure()
    alarms = [e["alarm"] for e in scene.wait(61_000) if e["type"] == "alarm-raised"]
    assert alarms == ["gate-unknown", "refer-unanswered"]


def test_policy_that_raises_is_a_guards_matter(scene: Scene) -> None:
    class Broken:
        hash = "broken"
        name = "broken"

        def decide(self, facts: object, /) -> Any:  # noqa: ANN401
            raise ZeroDivisionError

    scene.state = replace(scene.state, policies=Policies.of(Broken()))
    scene.scan()
    events = scene.measure()
    assert decided(events) == [("refer", ["rule-error"])]
    alarms = [e for e in events if e["type"] == "alarm-raised"]
    assert [(e["alarm"], e["lane"], e["device"]) for e in alarms] == [("rule-error", None, None)]
    scene.press("rex")
    assert [command.do for _, command in scene.sent] == [Do.OPEN]


@pytest.mark.parametrize("step_ms", [-3_600_000, -1, 3_600_000])
def test_repeated_scan_is_known_whatever_happens_to_the_wall_clock(
    scene: Scene, step_ms: int
) -> None:
    scene.scan()
    grant = next(e for e in scene.measure() if e["type"] == "passage-decided")["grant"]
    scene.passes(grant)
    scene.step_wall(step_ms)
    scene.scan()
    assert decided(scene.measure()) == [("refer", ["repeated-scan"])]


@pytest.mark.parametrize("step_ms", [0, -3_600_000])
def test_repeated_scan_is_known_after_a_restart(scene: Scene, step_ms: int) -> None:
    scene.scan()
    scene.measure()
    scene.step_wall(step_ms)
    scene.restart()
    scene.scan()
    assert decided(scene.measure())[-1] == ("refer", ["repeated-scan"])


def test_repeated_scan_counts_across_lanes() -> None:
    other = replace(LANES[1], direction=LANES[0].direction, needs=LANES[0].needs)
    scene = Scene(lanes=(LANES[0], other))
    scene.gate_says(lane=OUT)
    scene.scan()
    assert decided(scene.measure()) == [("admit", ["healthy"])]
    scene.scan(lane=OUT, device="eye-2")
    assert decided(scene.wait(8000))[-1][1][0] != "repeated-scan"
    scene = Scene(lanes=(LANES[0], replace(other, needs=frozenset({"credential"}))))
    scene.scan()
    scene.measure()
    ((decision, reasons),) = decided(scene.scan(lane=OUT, device="eye-2"))
    assert (decision, reasons[0]) == ("refer", "repeated-scan")


def test_life_of_a_grant_is_deaf_to_the_wall_clock(scene: Scene) -> None:
    scene.scan()
    scene.measure()
    scene.confirm()
    scene.step_wall(-3_600_000)
    assert scene.wait(4_999) == []
    assert types(scene.wait(1)) == ["clock-judged", "alarm-raised", "passage-not-taken"]


def test_open_visits_of_a_crash_escalate_and_cannot_be_measured_in(scene: Scene) -> None:
    scene.scan()
    scene.restart()
    event = next(e for e in scene.events if e["type"] == "passage-decided")
    assert (event["reasons"], event["credential"]["subject"]) == (["gateway-restarted"], "s-ann")
    events = scene.operate(
        Act.SECOND_MEASURE, target=event["visit"], celsius=36.6, method="forehead"
    )
    assert decided(events)[0][0] == "refer"
    alarms = [e["alarm"] for e in scene.wait(61_000) if e["type"] == "alarm-raised"]
    assert alarms == ["refer-unanswered"]


def test_scanners_second_look_at_who_just_passed_waits_for_no_guard(scene: Scene) -> None:
    scene.scan()
    grant = next(e for e in scene.measure() if e["type"] == "passage-decided")["grant"]
    scene.confirm()
    scene.passes(grant)
    scene.scan()
    assert decided(scene.measure()) == [("refer", ["repeated-scan"])]
    assert scene.wait(120_000) == []


@pytest.mark.parametrize(
    ("method", "celsius", "outcome"),
    [
        ("axillary", 36.6, "admit"),
        ("oral", 37.3, "refer"),  # at the limit of the forehead, the strictest of the skin
        ("ear", 37.2, "admit"),
        ("wrist", 36.0, "refer"),  # skin of a spot for which there is no limit
    ],
)
def test_second_measurement_is_held_to_a_limit_that_is_no_milder(
    scene: Scene, method: str, celsius: float, outcome: str
) -> None:
    visit = referred(scene)["visit"]
    events = scene.operate(Act.SECOND_MEASURE, target=visit, celsius=celsius, method=method)
    assert next(e for e in events if e["type"] == "passage-decided")["decision"] == outcome


def test_restoring_after_a_fire_ends_the_lockdown_before_it_at_the_gate_too(scene: Scene) -> None:
    scene.operate(Act.LOCK)
    scene.confirm()
    scene.press("fire")
    scene.confirm()
    scene.operate(Act.RESTORE)
    scene.confirm()
    assert [command.do for _, command in scene.sent][-2:] == [Do.RESTORE, Do.UNLOCK]


def test_restore_is_told_again_where_the_gate_missed_it(scene: Scene) -> None:
    scene.operate(Act.RELEASE)
    scene.confirm()
    scene.operate(Act.RESTORE)  # and the gateway dies before the gate heard it
    scene.restart()
    sent = len(scene.sent)
    scene.operate(Act.RESTORE)
    assert [command.do for _, command in scene.sent[sent:]] == [Do.RESTORE]
    scene.see("t1", 1, entered=True)
    events = scene.operate(Act.RESTORE)
    assert events[0]["refused"] == "passage-occupied"
