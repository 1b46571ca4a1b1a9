"""edge_rules.site: visits, decisions and grants, one line of the design at a time."""

from typing import Any

import pytest

from devices.arrival import Fence
from devices.commands import Do
from devices.readings import Direction, Door, GateState, Online, Spot, Unreadable
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.inputs import Act, RecordLate
from edge_rules.lane import Mode
from tests.edge_rules.scene import (
    CAMERA,
    EXIT_GATE,
    GATE,
    IN,
    OUT,
    SCANNER,
    SENSOR,
    START,
    Scene,
    decided,
    site_rules,
    types,
)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def admitted(scene: Scene) -> dict[str, Any]:
    scene.scan()
    events = scene.measure()
    assert decided(events) == [("admit", ["healthy"])]
    return next(e for e in events if e["type"] == "passage-decided")


def test_scan_then_temperature_opens_once(scene: Scene) -> None:
    assert types(scene.scan()) == ["reading-received"]
    assert scene.sent == []
    events = scene.measure()
    assert types(events) == ["reading-received", "passage-decided", "gate-commanded"]
    (_, command), *more = scene.sent
    assert (command.do, more) == (Do.OPEN, [])
    assert command.grant == events[1]["grant"]
    assert command.until == scene.now.later(1000)


def test_temperature_then_scan_opens_once(scene: Scene) -> None:
    assert types(scene.measure()) == ["reading-received"]
    scene.wait(7000)
    assert decided(scene.scan()) == [("admit", ["healthy"])]
    assert len(scene.sent) == 1


def test_temperature_alone_decides_nothing(scene: Scene) -> None:
    scene.measure(id_="warm")
    (event,) = scene.wait(8000)
    assert (event["type"], event["readings"]) == ("visit-abandoned", ["warm"])
    assert decided(scene.scan()) == []


def test_scan_without_temperature_is_referred_when_the_window_ends(scene: Scene) -> None:
    scene.scan()
    assert scene.wait(7999) == []
    assert decided(scene.wait(1)) == [("refer", ["temperature-missing", "fact-missing"])]
    assert scene.sent == []


def test_denial_stands_without_a_temperature_too(scene: Scene) -> None:
    scene.scan(None, CredentialStatus.INVALID)
    assert decided(scene.wait(8000)) == [("deny", ["credential-forged"])]


def test_highest_temperature_of_a_visit_stands(scene: Scene) -> None:
    scene.measure(38.5)
    scene.wait(3000)
    scene.measure(36.4)
    events = scene.scan()
    assert decided(events) == [("refer", ["temperature-high"])]
    assert events[-1]["celsius"] == 38.5


@pytest.mark.parametrize("celsius", [None, 37.3, 45.0])
def test_missing_or_high_temperature_never_admits(scene: Scene, celsius: float | None) -> None:
    scene.scan()
    ((decision, _),) = decided(scene.measure(celsius))
    assert decision == "refer"


def test_temperature_of_a_spot_without_a_limit_is_referred(scene: Scene) -> None:
    scene.scan()
    assert decided(scene.measure(36.5, spot=Spot.WRIST)) == [("refer", ["fact-missing"])]


def test_one_reading_serves_one_visit(scene: Scene) -> None:
    grant = admitted(scene)["grant"]
    scene.passes(grant)
    assert decided(scene.scan("s-bob")) == []


def test_second_subject_in_a_visit_is_referred(scene: Scene) -> None:
    scene.scan("s-ann")
    events = scene.scan("s-bob")
    ((decision, reasons),) = decided(events)
    assert (decision, reasons[0]) == ("refer", "not-one-person")
    assert len(events[-1]["readings"]) == 2


def test_misread_text_gives_way_to_the_code_behind_it(scene: Scene) -> None:
    scene.scan(None, CredentialStatus.UNREADABLE)
    scene.scan("s-ann")
    assert decided(scene.measure()) == [("admit", ["healthy"])]


def test_same_subject_gets_no_second_grant_within_the_window(scene: Scene) -> None:
    grant = admitted(scene)["grant"]
    scene.passes(grant)
    scene.scan()
    assert decided(scene.measure()) == [("refer", ["repeated-scan"])]
    scene.wait(8000)
    scene.scan()
    assert decided(scene.measure()) == [("admit", ["healthy"])]


def test_redelivered_reading_has_no_second_effect(scene: Scene) -> None:
    scene.scan(id_="a")
    scene.measure(id_="b")
    assert scene.scan(id_="a") == []
    assert scene.measure(id_="b") == []
    assert len(scene.sent) == 1


@pytest.mark.parametrize(
    ("fence", "age_ms", "reasons"),
    [
        (Fence.LIVE, None, None),
        (Fence.LIVE, 9_000, None),
        (Fence.LIVE, 10_001, ["reading-stale"]),
        (Fence.LIVE, -2_001, ["reading-stale", "clock-suspect"]),
        (Fence.QUEUED, 9_000, None),
        (Fence.QUEUED, None, ["reading-stale"]),
        (Fence.QUEUED, 10_001, ["reading-stale"]),
        (Fence.BEFORE_START, 1, ["reading-stale"]),
        (Fence.BEFORE_START, None, ["reading-stale"]),
    ],
)
def test_reconnect_fence(
    scene: Scene, fence: Fence, age_ms: int | None, reasons: list[str] | None
) -> None:
    scene.wait(60_000)
    scene.gate_says()
    at_ms = None if age_ms is None else scene.now.wall_ms - age_ms
    events = scene.scan(fence=fence, at_ms=at_ms)
    if reasons is None:
        assert decided(scene.measure()) == [("admit", ["healthy"])]
    else:
        assert decided(events) == [("refer", reasons)]
        assert decided(scene.measure()) == []
        assert scene.sent == []


def test_scan_sent_before_this_start_opens_nothing(scene: Scene) -> None:
    assert decided(scene.scan(at_ms=START.wall_ms - 1)) == [("refer", ["reading-stale"])]


def test_stale_temperature_ends_alone(scene: Scene) -> None:
    events = scene.measure(fence=Fence.QUEUED)
    assert types(events) == ["reading-received", "visit-abandoned"]
    scene.scan()
    assert scene.sent == []


def test_readings_before_the_devices_online_count_as_queued(scene: Scene) -> None:
    scene.give(Online(False), SCANNER)
    assert decided(scene.scan()) == [("refer", ["reading-stale"])]
    scene.give(Online(True), SCANNER)
    scene.scan()
    assert decided(scene.measure()) == [("admit", ["healthy"])]


def test_grant_ends_with_its_passage_and_the_next_visit_is_decided(scene: Scene) -> None:
    grant = admitted(scene)["grant"]
    scene.scan("s-bob")
    assert decided(scene.measure()) == []
    events = scene.passes(grant)
    assert types(events)[:3] == ["reading-received", "passage-completed", "passage-decided"]
    assert len(scene.sent) == 2


def test_grant_ends_with_its_time(scene: Scene) -> None:
    grant = admitted(scene)["grant"]
    scene.confirm()
    events = scene.wait(5000)
    assert [(e["type"], e["grant"]) for e in events] == [("passage-not-taken", grant)]
    assert "passage-without-grant" in str(scene.passes(grant))


def test_second_passage_on_one_grant_is_an_alarm(scene: Scene) -> None:
    grant = admitted(scene)["grant"]
    scene.passes(grant)
    assert types(scene.passes(grant)) == ["reading-received", "gate-alarm", "alarm-raised"]


def test_only_the_gates_word_makes_it_opened(scene: Scene) -> None:
    admitted(scene)
    assert types(scene.confirm()) == ["gate-opened"]
    assert types(scene.confirm()) == []


def test_silence_is_unknown_and_a_late_word_is_still_believed(scene: Scene) -> None:
    admitted(scene)
    assert types(scene.wait(1000)) == ["gate-unknown", "alarm-raised"]
    (event,) = scene.confirm()
    assert (event["type"], event["late"]) == ("gate-opened", True)


def test_refused_command_is_unknown_with_the_gates_reason(scene: Scene) -> None:
    admitted(scene)
    event, *_ = scene.confirm(done=False, reason="other-boot")
    assert (event["type"], event["reason"]) == ("gate-unknown", "other-boot")


def test_silent_gate_gets_no_grant(scene: Scene) -> None:
    scene.wait(16_000)
    scene.scan()
    assert decided(scene.measure()) == [("refer", ["gate-offline"])]


def test_retained_state_is_not_a_living_gate(scene: Scene) -> None:
    scene.give(Online(False), GATE)
    scene.give(Online(True), GATE)
    scene.wait(16_000)
    scene.give(GateState(None, Door.CLOSED, "b1", 1), GATE, retained=True)
    scene.scan()
    assert decided(scene.measure()) == [("refer", ["gate-offline"])]


def test_presence_that_ends_takes_its_grant_along(scene: Scene) -> None:
    scene.see("t1", 1, entered=True)
    scene.scan()
    scene.measure(track="t1")
    events = scene.see("t1", 0, left=True)
    assert types(events) == ["reading-received", "passage-not-taken", "visit-abandoned"]
    scene.see("t2", 1, entered=True)
    assert scene.state.lanes[IN].grant is None


def test_two_people_in_view_are_referred(scene: Scene) -> None:
    scene.see("t1", 1, entered=True)
    scene.scan()
    events = scene.see("t2", 2, entered=True)
    ((decision, reasons),) = decided(events)
    assert (decision, reasons[0]) == ("refer", "not-one-person")


def test_temperature_of_another_track_is_referred(scene: Scene) -> None:
    scene.see("t1", 1, entered=True)
    scene.scan()
    ((decision, reasons),) = decided(scene.measure(track="t9"))
    assert (decision, reasons[0]) == ("refer", "not-one-person")


def test_leaving_asks_no_policy(scene: Scene) -> None:
    events = scene.press("rex", device=EXIT_GATE, lane=OUT)
    assert types(events) == ["reading-received", "gate-commanded"]
    assert scene.sent[-1][1].grant is None


@pytest.mark.parametrize("act", [Act.LOCK, Act.RELEASE])
def test_way_out_opens_whatever_stands(scene: Scene, act: Act) -> None:
    scene.operate(act, lane=OUT)
    sent = len(scene.sent)
    scene.press("rex", device=EXIT_GATE, lane=OUT)
    assert scene.sent[sent:][0][1].do is Do.OPEN


def test_exit_button_of_an_inward_gate_opens_in_lockdown(scene: Scene) -> None:
    scene.operate(Act.LOCK)
    scene.press("rex")
    assert scene.sent[-1][1].do is Do.OPEN


def test_lockdown_refers_the_healthy(scene: Scene) -> None:
    scene.operate(Act.LOCK)
    scene.scan()
    assert decided(scene.measure()) == [("refer", ["lockdown"])]


def test_opening_in_lockdown_needs_an_admin_or_two_people(scene: Scene) -> None:
    scene.operate(Act.LOCK)
    sent = len(scene.sent)
    scene.operate(Act.OPEN, by="g1")
    scene.operate(Act.OPEN, by="g1")
    assert len(scene.sent) == sent
    scene.operate(Act.OPEN, by="g2")
    assert scene.sent[-1][1].do is Do.OPEN
    sent = len(scene.sent)
    scene.operate(Act.OPEN, by="g2")
    assert len(scene.sent) == sent
    scene.operate(Act.OPEN, by="boss", role="admin")
    assert len(scene.sent) == sent + 1


def test_operators_opening_is_done_once_per_key(scene: Scene) -> None:
    scene.operate(Act.OPEN, key="k")
    scene.operate(Act.OPEN, key="k")
    assert len(scene.sent) == 1


def test_release_outranks_lockdown_and_stays_through_a_restart(scene: Scene) -> None:
    scene.operate(Act.RELEASE)
    scene.operate(Act.LOCK)
    assert scene.state.lanes[IN].mode is Mode.RELEASED
    scene.restart()
    assert scene.state.lanes[IN].mode is Mode.RELEASED
    assert scene.sent[-1][1].do is Do.RELEASE or scene.sent[-2][1].do is Do.RELEASE


def test_release_is_told_to_every_new_run_of_the_gate(scene: Scene) -> None:
    scene.operate(Act.RELEASE)
    scene.confirm()
    scene.wait(3000)
    sent = len(scene.sent)
    scene.gate_says(Door.HELD)
    assert len(scene.sent) == sent
    scene.gate_says(Door.CLOSED, boot="b2")
    assert scene.sent[-1][1].do is Do.RELEASE


def test_nothing_closes_on_an_occupied_passage(scene: Scene) -> None:
    scene.gate_says(Door.OPEN)
    sent = len(scene.sent)
    scene.operate(Act.LOCK)
    assert len(scene.sent) == sent
    scene.gate_says(Door.CLOSED)
    assert scene.sent[-1][1].do is Do.LOCK
    scene.operate(Act.RESTORE)
    scene.operate(Act.RELEASE)
    scene.see("t1", 1, entered=True)
    (event,) = scene.operate(Act.RESTORE)
    assert event["refused"] == "passage-occupied"


def test_fire_releases_the_whole_checkpoint(scene: Scene) -> None:
    scene.press("fire")
    assert {lane.mode for lane in scene.state.lanes.values()} == {Mode.RELEASED}
    assert [command.do for _, command in scene.sent] == [Do.RELEASE, Do.RELEASE]


@pytest.mark.parametrize(
    ("unwritten", "said"),
    [
        (True, ["alarm-raised", "passage-decided"]),  # the admission was taken back
        (False, ["alarm-raised", "passage-not-taken"]),  # it may be on the disk: it stands
    ],
)
def test_late_record_lets_a_guard_look_and_leaves_one_decision(
    scene: Scene, unwritten: bool, said: list[str]
) -> None:
    grant = admitted(scene)["grant"]
    events = scene.take(RecordLate(IN, grant, unwritten))
    assert types(events) == said
    lane = scene.state.lanes[IN]
    assert lane.grant is None
    assert [r.answered for r in lane.referred] == [False]
    assert lane.last
    assert lane.last.decision.reasons == ("record-late",)


def test_second_measurement_supersedes_and_both_are_kept(scene: Scene) -> None:
    scene.scan()
    (event,) = [e for e in scene.measure(37.9) if e["type"] == "passage-decided"]
    events = scene.operate(
        Act.SECOND_MEASURE, target=event["visit"], celsius=36.6, method="forehead"
    )
    assert types(events) == ["operator-acted", "passage-decided", "gate-commanded"]
    assert decided(events) == [("admit", ["healthy"])]
    assert events[0]["supersedes"] == event["id"]


def test_refer_nobody_answers_escalates_once(scene: Scene) -> None:
    scene.scan()
    scene.measure(38.0)
    events = scene.wait(120_000)
    assert [e["alarm"] for e in events if e["type"] == "alarm-raised"] == ["refer-unanswered"]


def test_unreadable_messages_raise_one_alarm(scene: Scene) -> None:
    what = Unreadable("scan", 9, "not JSON", 0, "")
    alarms = [scene.give(what, SCANNER) for _ in range(100)]
    assert [types(events) for events in alarms if events] == [["alarm-raised"]]
    scene.wait(60_000)
    (event,) = scene.give(what, SCANNER)
    assert event["count"] == 100


def test_screening_ends_with_its_law(scene: Scene) -> None:
    scene = Scene(rules=site_rules(screening_ends_ms=START.wall_ms - 1))
    assert decided(scene.scan()) == [("refer", ["credential-unclear"])]
    (received, *_) = scene.measure()
    assert received["celsius"] is None


def test_restart_ties_every_loose_end(scene: Scene) -> None:
    admitted(scene)
    scene.scan("s-bob", id_="bob")
    scene.measure(id_="warm")
    scene.measure(id_="loose")
    before = len(scene.events)
    scene.restart()
    after = scene.events[before:]
    assert decided(after) == [("refer", ["gateway-restarted"])]
    abandoned = [e["readings"] for e in after if e["type"] == "visit-abandoned"]
    assert sorted(abandoned) == [["loose"], ["warm"]]
    assert "passage-not-taken" in types(after)
    assert "gate-unknown" in types(after)
    sent = len(scene.sent)
    assert scene.scan("s-bob", id_="bob", fence=Fence.BEFORE_START) == []
    assert len(scene.sent) == sent


def test_outward_passage_needs_no_grant(scene: Scene) -> None:
    events = scene.passes(None, Direction.OUT)
    assert types(events) == ["reading-received", "passage-completed"]


def test_readings_of_unknown_devices_are_ignored(scene: Scene) -> None:
    assert scene.give(Online(True), CAMERA, lane=OUT) == []


def test_a_sensor_at_the_leaf_raises_alarms_and_speaks_for_no_gate() -> None:
    scene = Scene()
    before = scene.state.lanes[IN].gate
    forced = GateState(None, Door.FORCED, None, None)
    (record, alarm) = scene.give(forced, SENSOR)
    assert (record["type"], record["alarm"], record["device"]) == ("gate-alarm", "forced", SENSOR)
    assert (alarm["type"], alarm["alarm"]) == ("alarm-raised", "forced")
    assert scene.give(forced, SENSOR) == []
    assert scene.give(GateState(None, Door.FAULT, None, None), SENSOR, retained=True) == []
    assert scene.state.lanes[IN].gate == before
