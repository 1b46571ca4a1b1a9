"""edge_rules.restarting: what a new run knows of the one before it."""

from devices.commands import Do
from devices.ids import LaneId
from edge_rules.inputs import Act
from edge_rules.policies import Policies
from edge_rules.restarting import resume
from tests.edge_rules.scene import LANES, START, PlainPolicy, Scene, site_rules


def test_an_opening_repeated_after_a_restart_is_the_same_opening() -> None:
    scene = Scene()
    scene.operate(Act.OPEN, key="k-1")
    command = scene.sent[-1][1].id
    scene.confirm()
    scene.restart()
    sent, before = len(scene.sent), len(scene.events)
    assert scene.operate(Act.OPEN, key="k-1") == []
    assert len(scene.sent) == sent
    assert len(scene.events) == before
    result = scene.state.act("k-1")
    assert result is not None
    assert (result.command, result.refused) == (command, None)
    assert scene.operate(Act.OPEN, key="k-2") != []


def test_a_refused_act_stays_refused_and_an_acknowledgement_done() -> None:
    scene = Scene()
    scene.operate(Act.LOCK, key="k-lock")
    scene.operate(Act.OPEN, key="k-alone")  # a lockdown takes two
    scene.press("tamper")
    alarm = scene.state.alarms[-1].id
    scene.operate(Act.ACKNOWLEDGE, key="k-seen", target=alarm)
    scene.restart()
    alone, seen = scene.state.act("k-alone"), scene.state.act("k-seen")
    assert alone is not None
    assert alone.refused == "needs-second-person"
    assert seen is not None
    assert seen.refused is None


def test_the_end_of_a_lockdown_reaches_the_gate_over_a_restart() -> None:
    scene = Scene()
    scene.operate(Act.LOCK, key="k-lock")
    scene.operate(Act.RESTORE, key="k-restore")
    scene.sent.clear()
    scene.restart()
    assert [command.do for _, command in scene.sent] == [Do.UNLOCK]


def test_long_ago_only_ids_and_admissions_count() -> None:
    scene = Scene()
    scene.scan("s-ann", id_="scan-ann")
    scene.measure()
    scene.operate(Act.LOCK, key="k-lock")
    earlier = scene.events
    state, effects = resume(
        site_rules(), Policies.of(PlainPolicy()), "r2", LANES, {}, [], START.later(1000), earlier
    )
    assert effects == ()
    assert state.uses == {"s-ann": 1}
    assert {id_ for ids in state.seen.values() for id_ in ids.newest} >= {"scan/scan-ann"}
    assert state.act("k-lock") is None
    assert state.lanes[LaneId("north-in")].mode.value == "normal"
