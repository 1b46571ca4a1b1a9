"""gateway.lane_views: what the page is told of a lane is what the reducer knows of it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from devices.ids import LaneId
from devices.readings import Door, Online
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.inputs import Act, AlarmSeen
from edge_rules.lane import GATE_SILENCE_MS
from gateway.lane_views import view_lane
from gateway.web.lane_view import LaneView
from tests.edge_rules.scene import CAMERA, GATE, IN, OUT, SCANNER, Scene

NAME = {"zh": "北门 进", "en": "North gate in"}


def view(scene: Scene, lane: LaneId = IN) -> LaneView:
    return view_lane(scene.state, scene.state.lanes[lane], NAME, scene.now)


def referred(scene: Scene) -> Any:  # noqa: ANN401
    scene.scan("s-ann")
    return scene.measure(38.2)


def test_a_quiet_lane() -> None:
    lane = view(Scene())
    assert (lane["lane"], lane["name"], lane["direction"]) == ("north-in", NAME, "in")
    assert (lane["mode"], lane["waiting"]) == ("normal", 0)
    assert lane["gate"] == {"device": "gate-1", "online": True, "door": "closed"}
    assert (lane["visit"], lane["grant"], lane["last"]) == (None, None, None)
    assert (lane["alarms"], lane["referred"]) == ([], [])
    assert all(device["online"] for device in lane["devices"])
    assert view(Scene(), OUT)["direction"] == "out"


def test_a_lane_without_a_name_is_called_by_its_id() -> None:
    scene = Scene()
    assert view_lane(scene.state, scene.state.lanes[IN], None, scene.now).get("name") is None


def test_a_visit_says_what_it_has_and_lacks() -> None:
    scene = Scene()
    scene.scan()
    visit = view(scene)["visit"]
    assert visit is not None
    assert (visit["has"], visit["lacks"]) == (["credential"], ["temperature"])
    assert visit["since"] == scene.now.stamp


def test_an_admission_shows_who_was_let_in_until_when() -> None:
    scene = Scene()
    scene.scan()
    events = scene.measure(36.5)
    decided = next(event for event in events if event["type"] == "passage-decided")
    lane = view(scene)
    last, grant = lane["last"], lane["grant"]
    assert last is not None
    assert grant is not None
    assert (last["event"], last["decision"], last["celsius"]) == (decided["id"], "admit", 36.5)
    assert last["reasons"] == ["healthy"]
    assert last["credential"] == {"kind": "eu-dcc", "status": "valid"}
    assert grant["until"] > scene.now.stamp
    scene.wait(30_000)
    assert view(scene)["grant"] is None


def test_nothing_of_a_person_reaches_the_page() -> None:
    scene = Scene()
    scene.scan("s-secret")
    scene.measure(36.5)
    assert "s-secret" not in json.dumps(view(scene))


def test_who_comes_while_somebody_passes_waits() -> None:
    scene = Scene()
    for subject in ("s-ann", "s-bob"):
        scene.scan(subject)
        scene.measure(36.5)
    assert view(scene)["waiting"] == 1


def test_a_referral_is_kept_until_a_guard_answers_it() -> None:
    scene = Scene()
    referred(scene)
    [waits] = view(scene)["referred"]
    last = view(scene)["last"]
    assert last is not None
    assert (waits["visit"], waits["event"]) == (last["visit"], last["event"])
    assert (waits["at"], waits["answered"]) == (scene.now.stamp, False)
    since = waits["at"]
    scene.wait(5000)
    assert view(scene)["referred"][0]["at"] == since
    scene.operate(Act.OPEN)
    assert view(scene)["referred"][0]["answered"]


def test_a_second_measurement_ends_the_referral() -> None:
    scene = Scene()
    referred(scene)
    target = view(scene)["referred"][0]["visit"]
    scene.operate(Act.SECOND_MEASURE, target=target, celsius=36.4, method="forehead")
    lane = view(scene)
    assert lane["referred"] == []
    assert lane["last"] is not None
    assert (lane["last"]["decision"], lane["last"]["celsius"]) == ("admit", 36.4)


def test_alarms_stand_at_their_lane_and_the_sites_own_everywhere() -> None:
    scene = Scene()
    scene.take(AlarmSeen("disk-full", 3))
    scene.gate_says(Door.FORCED)
    assert [alarm["alarm"] for alarm in view(scene)["alarms"]] == ["disk-full", "forced"]
    assert [alarm["lane"] for alarm in view(scene)["alarms"]] == [None, "north-in"]
    assert [alarm["alarm"] for alarm in view(scene, OUT)["alarms"]] == ["disk-full"]
    scene.operate(Act.ACKNOWLEDGE, target=view(scene)["alarms"][0]["id"])
    assert [alarm["alarm"] for alarm in view(scene)["alarms"]] == ["forced"]


@pytest.mark.parametrize("door", list(Door))
def test_a_silent_gates_door_is_unknown_whatever_it_said_last(door: Door) -> None:
    scene = Scene()
    scene.gate_says(door)
    assert view(scene)["gate"]["door"] == door.value
    scene.now = scene.now.later(GATE_SILENCE_MS + 1)
    assert view(scene)["gate"] == {"device": "gate-1", "online": False, "door": "unknown"}


def test_each_device_is_online_by_its_own_word() -> None:
    scene = Scene()
    scene.give(Online(False), CAMERA)
    online = {device["device"]: device["online"] for device in view(scene)["devices"]}
    assert (online[CAMERA], online[SCANNER], online[GATE]) == (False, True, True)
    scene.give(Online(False), GATE)
    assert view(scene)["gate"]["online"] is False


@pytest.mark.parametrize(
    ("act", "mode"), [(Act.LOCK, "lockdown"), (Act.RELEASE, "released"), (Act.RESTORE, "normal")]
)
def test_modes(act: Act, mode: str) -> None:
    scene = Scene()
    scene.operate(act)
    assert view(scene)["mode"] == mode


def test_a_view_is_plain_json() -> None:
    scene = Scene()
    scene.scan(status=CredentialStatus.EXPIRED)
    scene.measure(None)
    lane = scene.state.lanes[IN]
    for rules in (lane.rules, replace(lane.rules, accessible=True)):
        drawn = view_lane(scene.state, replace(lane, rules=rules), NAME, scene.now)
        assert json.loads(json.dumps(drawn)) == drawn
