"""edge_rules.receiving: what is known already, what is stale, what happens now."""

from collections.abc import Callable
from typing import Any

import pytest

from devices.arrival import Fence
from devices.commands import Do
from devices.readings import Button, Direction, Online, Passage
from edge_rules.lane import Mode
from tests.edge_rules.scene import (
    EXIT_GATE,
    GATE,
    IN,
    OUT,
    SCANNER,
    START,
    Scene,
    decided,
    site_rules,
    types,
)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("kind", ["scan", "temperature", "presence", "passage", "button"])
def test_every_journalled_reading_carries_the_keys_of_the_contract(scene: Scene, kind: str) -> None:
    made: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "scan": scene.scan,
        "temperature": scene.measure,
        "presence": lambda: scene.see("t1", 1),
        "passage": lambda: scene.passes(None, Direction.OUT),
        "button": lambda: scene.press("rex"),
    }
    events = made[kind]()
    received = events[0]
    assert (received["type"], received["kind"]) == ("reading-received", kind)
    assert {"device", "reading", "fenced", "lane"} <= received.keys()
    assert received["fenced"] is False
    if kind == "scan":
        assert {"kind", "status", "subject"} <= received["credential"].keys()


def test_one_id_on_two_channels_of_a_gate_is_two_readings(scene: Scene) -> None:
    scene.give(Passage("1", scene.now.wall_ms, None, Direction.OUT), GATE)
    events = scene.give(Button("1", scene.now.wall_ms, "fire", True), GATE)
    assert "gate-alarm" in types(events)
    assert scene.state.lanes[IN].mode is Mode.RELEASED


def test_gate_that_counts_from_one_again_keeps_its_buttons(scene: Scene) -> None:
    scene.give(Button("1", scene.now.wall_ms, "rex", True), GATE)
    scene.wait(60_000)
    sent = len(scene.sent)
    scene.give(Button("1", scene.now.wall_ms, "rex", True), GATE)
    assert [command.do for _, command in scene.sent[sent:]] == [Do.OPEN]


def test_redelivered_button_is_one_press_also_after_a_restart(scene: Scene) -> None:
    press = Button("1", scene.now.wall_ms, "rex", True)
    scene.give(press, GATE)
    scene.wait(2000)
    assert scene.give(press, GATE) == []
    scene.restart()
    assert scene.give(press, GATE, fence=Fence.BEFORE_START) == []


@pytest.mark.parametrize("off_ms", [-(10**12), -60_000, 60_000, 10**12])
def test_wrong_clock_of_a_gate_withholds_nobodys_way_out(scene: Scene, off_ms: int) -> None:
    for lane, gate in ((IN, GATE), (OUT, EXIT_GATE)):
        sent = len(scene.sent)
        scene.give(Button("rex", scene.now.wall_ms + off_ms, "rex", True), gate, lane=lane)
        assert [command.do for _, command in scene.sent[sent:]] == [Do.OPEN]


@pytest.mark.parametrize("fence", [Fence.QUEUED, Fence.BEFORE_START])
def test_wish_to_leave_that_waited_in_a_queue_opens_nothing(scene: Scene, fence: Fence) -> None:
    scene.wait(60_000)
    old = Button("rex", scene.now.wall_ms - 20_000, "rex", True)
    assert types(scene.give(old, GATE, fence=fence)) == ["reading-received"]
    scene.give(Online(False), GATE)
    old = Button("rex-2", scene.now.wall_ms - 20_000, "rex", True)
    assert types(scene.give(old, GATE)) == ["reading-received"]
    assert scene.sent == []


@pytest.mark.parametrize("step_ms", [-3_600_000, 3_600_000])
def test_wall_clock_that_is_set_makes_no_fresh_scan_stale(scene: Scene, step_ms: int) -> None:
    scene.wait(60_000)
    scene.step_wall(step_ms)
    scene.gate_says()
    scene.scan(at_ms=scene.now.wall_ms - 100)
    assert decided(scene.measure()) == [("admit", ["healthy"])]


def test_scan_sent_before_the_start_stays_stale_when_the_wall_clock_was_set_since() -> None:
    scene = Scene(rules=site_rules(started=START))
    scene.wait(2_000)
    scene.step_wall(10**9)  # the box had no battery: only now it knows the date
    events = scene.scan(at_ms=scene.now.wall_ms - 3_000, fence=Fence.QUEUED)
    assert decided(events) == [("refer", ["reading-stale"])]


def test_stale_scan_before_a_live_scanner_is_somebody_who_waits(scene: Scene) -> None:
    scene.scan(at_ms=scene.now.wall_ms + 60_000)
    assert [e["alarm"] for e in scene.wait(61_000) if e["type"] == "alarm-raised"] == [
        "refer-unanswered"
    ]


def test_stale_scan_out_of_a_queue_is_nobody(scene: Scene) -> None:
    scene.scan(fence=Fence.QUEUED)
    assert scene.wait(61_000) == []


def test_retained_online_counts_and_a_queue_before_it_does_not(scene: Scene) -> None:
    scene.give(Online(False), SCANNER)
    assert decided(scene.scan()) == [("refer", ["reading-stale"])]
    assert decided(scene.scan(at_ms=scene.now.wall_ms - 20_000)) == [("refer", ["reading-stale"])]
    scene.scan(at_ms=scene.now.wall_ms)
    assert decided(scene.measure()) == [("admit", ["healthy"])]


@pytest.mark.parametrize("fence", list(Fence))
@pytest.mark.parametrize("off_ms", [None, 0, -(10**9), 10**9])
def test_fire_releases_however_old_it_may_be(
    scene: Scene, fence: Fence, off_ms: int | None
) -> None:
    scene.give(Online(False), GATE)
    at_ms = None if off_ms is None else scene.now.wall_ms + off_ms
    scene.give(Button("b-1", at_ms, "fire", True), GATE, fence=fence)
    assert {lane.mode for lane in scene.state.lanes.values()} == {Mode.RELEASED}
