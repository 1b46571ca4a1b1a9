"""edge_rules.gathering: presence, tracks, waiting; and what a hostile device can fill."""

from dataclasses import replace

import pytest

from devices.commands import Do
from devices.readings import Direction, Door, Online
from edge_rules.inputs import Act
from edge_rules.judging import highest
from tests.edge_rules.scene import (
    CAMERA,
    GATE,
    LANES,
    OUT,
    SENSOR,
    START,
    Scene,
    decided,
    site_rules,
    types,
)

WINDOW_MS = LANES[0].visit_window_ms


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_presence_that_comes_after_the_grant_binds_it_too(scene: Scene) -> None:
    scene.scan()
    scene.measure()
    scene.see("t1", 1, entered=True)
    events = scene.see("t1", 0, left=True)
    assert types(events) == ["reading-received", "passage-not-taken", "visit-abandoned"]
    assert len(events[2]["readings"]) == 2
    assert events[2]["grant"] == events[1]["grant"]


def test_two_people_in_view_are_doubted_whoever_counts_them(scene: Scene) -> None:
    scene.see("t1", 1, entered=True)
    scene.scan()
    scene.see("t2", 1, entered=True)  # the sensor names two and counts one
    ((decision, reasons),) = decided(scene.events)
    assert (decision, reasons[0]) == ("refer", "not-one-person")


def test_sensor_that_goes_offline_takes_what_it_saw_with_it(scene: Scene) -> None:
    scene.see("t1", 1, entered=True)
    scene.give(Online(False), SENSOR)
    scene.give(Online(True), SENSOR)
    scene.see("t2", 1, entered=True)
    scene.scan()
    assert decided(scene.measure(track="t2")) == [("admit", ["healthy"])]


def test_visit_that_waits_too_long_for_its_turn_opens_nothing() -> None:
    slow = replace(LANES[0], pass_within_ms=300_000)
    scene = Scene(lanes=(slow, LANES[1]))
    scene.scan("s-ann")
    grant = next(e for e in scene.measure() if e["type"] == "passage-decided")["grant"]
    scene.scan("s-bob")
    scene.measure()
    for _ in range(10):
        scene.wait(5000)
        scene.gate_says()
    assert decided(scene.passes(grant)) == [("refer", ["time-over"])]


def test_no_reading_is_called_missing_when_only_the_law_ended() -> None:
    ends_ms = START.wall_ms + 1000
    scene = Scene(rules=site_rules(screening_ends_ms=ends_ms))
    scene.scan()
    scene.wait(WINDOW_MS)
    ((_, reasons),) = decided(scene.events)
    assert "reading-missing" not in reasons


@pytest.mark.parametrize("values", [(38.5, float("nan")), (float("nan"), 38.5), (float("inf"),)])
def test_what_is_no_number_is_missing_and_never_hides_a_fever(
    scene: Scene, values: tuple[float, ...]
) -> None:
    for celsius in values:
        scene.measure(celsius)
    ((decision, _),) = decided(scene.scan())
    assert decision == "refer"
    assert all(e["celsius"] is None for e in scene.events if e["type"] == "passage-decided")


def test_value_that_cannot_be_judged_stands_before_one_that_can(scene: Scene) -> None:
    scene.measure(None)
    scene.measure(36.5)
    visit_measured = scene.state.lanes[LANES[0].lane].pool
    visit = type("V", (), {"measured": visit_measured})
    found = highest(visit, scene.rules)  # type: ignore[arg-type]
    assert found is not None
    assert found.reading.celsius is None


def test_presence_opens_the_way_out_once_a_second_and_asks_nobody(scene: Scene) -> None:
    scene.operate(Act.LOCK, lane=OUT)
    for _ in range(25):
        presence = scene.see_at_exit("t1", 1)
        assert "passage-decided" not in types(presence)
        scene.wait(100)
    opened = [command.do for _, command in scene.sent]
    assert set(opened) == {Do.OPEN}
    assert 2 <= len(opened) <= 4


def test_credential_at_a_way_out_is_no_decision(scene: Scene) -> None:
    events = scene.scan(lane=OUT, device="eye-2")
    assert types(events) == ["reading-received", "visit-abandoned"]


def size(scene: Scene) -> dict[str, int]:
    """Count whatever a lane and the site keep."""
    state = scene.state
    counts = {
        "seen": sum(len(r.newest) + sum(map(len, r.older)) for r in state.seen.values()),
        "alarms": len(state.alarms),
        "acts": len(state.acts),
        "granted": len(state.granted),
        "unreadable": len(state.unreadable),
    }
    for name, lane in state.lanes.items():
        for kept in ("waiting", "pool", "commands", "referred", "tracks", "online", "sightings"):
            counts[f"{name}-{kept}"] = len(getattr(lane, kept))
        visit = lane.gathering
        counts[f"{name}-readings"] = len(visit.readings) if visit else 0
    return counts


@pytest.mark.parametrize("what", ["scan", "stale", "measure", "see", "press", "alarm", "operate"])
def test_hostile_device_fills_nothing(scene: Scene, what: str) -> None:
    for at in range(5_000):
        if what == "scan":
            scene.scan(f"s-{at}")
        elif what == "stale":
            scene.scan(f"s-{at}", at_ms=scene.now.wall_ms + 10**7)
        elif what == "measure":
            scene.measure(36.0 + at % 3)
        elif what == "see":
            scene.see(f"track-{at}", at % 7 + 1)
        elif what == "press":
            scene.press("rex")
            scene.wait(1)
        elif what == "alarm":
            scene.press("tamper")
            scene.gate_says(Door.FORCED if at % 2 else Door.HELD)
        else:
            scene.operate(Act.OPEN, by=f"g{at}")
        scene.events.clear()
    kept = size(scene)
    assert kept.pop("seen") <= 3000
    assert max(kept.values()) <= 256, kept
    scene.wait(600_000)
    assert sum(len(lane.commands) + len(lane.referred) for lane in scene.state.lanes.values()) == 0


def test_a_hundred_thousand_ids_of_one_device_are_not_remembered(scene: Scene) -> None:
    for at in range(100_000):
        scene.measure(at_ms=0, id_=f"t-{at}")  # stale: nothing but its id is worth keeping
        if at % 1000 == 0:
            scene.events.clear()
    assert size(scene)["seen"] <= 64 * 33
    assert scene.measure(id_="t-99999") == []


def test_forgotten_commands_have_their_end(scene: Scene) -> None:
    for _ in range(200):
        scene.operate(Act.OPEN)
    ended = {e["command"] for e in scene.events if e["type"] == "gate-unknown"}
    scene.wait(20_000)
    ended |= {e["command"] for e in scene.events if e["type"] == "gate-unknown"}
    assert ended == {command.id for _, command in scene.sent}


def test_passage_that_waited_in_a_queue_is_not_this_grants(scene: Scene) -> None:
    scene.wait(60_000)
    scene.gate_says()
    scene.scan()
    scene.measure()
    old_ms = scene.now.wall_ms - 30_000
    events = scene.passes(None, at_ms=old_ms, fenced=True)
    assert "passage-completed" not in types(events)
    assert scene.state.lanes[LANES[0].lane].grant is not None
    grant = scene.state.lanes[LANES[0].lane].grant
    assert grant is not None
    assert "passage-completed" in types(scene.passes(grant.id, at_ms=old_ms, fenced=True))


def test_operators_grant_at_a_way_out_ends_with_its_passage(scene: Scene) -> None:
    scene.operate(Act.OPEN, lane=OUT)
    grant = scene.state.lanes[OUT].grant
    assert grant is not None
    events = scene.passes(None, Direction.OUT, device="gate-2", lane=OUT)
    assert [e["grant"] for e in events if e["type"] == "passage-completed"] == [grant.id]
    assert scene.state.lanes[OUT].grant is None


def test_other_devices_of_the_lane_are_unharmed_by_a_second_camera(scene: Scene) -> None:
    scene.measure(id_="same")
    events = scene.scan(id_="same")
    assert decided(events) == [("admit", ["healthy"])]
    assert events[1]["readings"] == ["same", "same"]
    assert CAMERA in scene.state.seen
    assert GATE not in scene.state.seen
