"""edge_rules.clock_trust: a wall clock in doubt is a fact for the policy, and on record."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.moment import Moment
from edge_rules.inputs import Act, ClockJudged, TimePassed
from tests.edge_rules.scene import START, Scene

UNSET = Moment(START.boot_ms, 5_000)  # 1970


def judged(events: list[dict[str, Any]]) -> list[tuple[bool, str | None]]:
    return [(e["trusted"], e["why"]) for e in events if e["type"] == "clock-judged"]


def alarms(events: list[dict[str, Any]]) -> list[str]:
    return [e["detail"] for e in events if e.get("alarm") == "clock-suspect"]


def trusted_in_a_decision(scene: Scene) -> bool:
    scene.scan(id_=scene.fresh(), subject=scene.fresh())
    scene.measure()
    decision = next(e for e in reversed(scene.events) if e["type"] == "passage-decided")
    trusted: bool = decision["facts"]["clock"]["trusted"]
    return trusted


def test_a_step_is_on_record_and_in_every_decision_until_somebody_looked() -> None:
    scene = Scene()
    assert trusted_in_a_decision(scene)
    scene.wait(20_000)
    scene.step_wall(86_400_000)
    events = scene.take(TimePassed())
    assert judged(events) == [(False, "stepped")]
    assert events[0]["step_ms"] == 86_400_000
    assert alarms(events) == ["stepped"]
    assert not trusted_in_a_decision(scene)
    scene.wait(20_000)
    scene.take(ClockJudged("ntp"))  # who says so may have been lied to
    assert not trusted_in_a_decision(scene)
    seen = scene.operate(Act.ACKNOWLEDGE, target=scene.state.alarms[-1].id)
    assert judged(seen) == [(True, None)]
    scene.wait(20_000)
    assert trusted_in_a_decision(scene)


def test_the_very_decision_that_meets_the_step_knows_of_it() -> None:
    scene = Scene()
    scene.wait(60_000)
    scene.step_wall(-3_600_000)
    assert not trusted_in_a_decision(scene)


def test_a_clock_that_was_never_set_is_believed_once_a_time_server_sets_it() -> None:
    scene = Scene(now=UNSET)
    assert judged(scene.events) == [(False, "never-set")]
    scene.take(ClockJudged(None))
    assert not trusted_in_a_decision(scene)
    assert alarms(scene.events) == []  # boxes find their time server within minutes
    scene.step_wall(START.wall_ms)
    assert judged(scene.take(ClockJudged("ntp")))[-1] == (True, None)
    scene.wait(20_000)
    assert trusted_in_a_decision(scene)
    assert alarms(scene.events) == []


@pytest.mark.parametrize(("now", "why"), [(UNSET, "never-set"), (START, "not-synchronised")])
def test_a_doubt_that_lasts_is_an_alarm_once(now: Moment, why: str) -> None:
    scene = Scene(now=now)
    scene.take(ClockJudged(None))
    scene.wait(299_000)
    assert alarms(scene.take(ClockJudged(None))) == []
    scene.wait(1_000)
    assert alarms(scene.take(ClockJudged(None))) == [why]
    scene.operate(Act.ACKNOWLEDGE, target=scene.state.alarms[-1].id)
    scene.wait(10_000)
    assert alarms(scene.take(ClockJudged(None))) == []
    assert not trusted_in_a_decision(scene)


def test_a_restart_does_not_make_a_stepped_clock_good() -> None:
    scene = Scene()
    scene.wait(1000)
    scene.step_wall(-86_400_000)
    scene.take(TimePassed())
    scene.restart()
    assert not trusted_in_a_decision(scene)


@given(st.lists(st.tuples(st.floats(0, 3_600_000), st.floats(-0.0005, 0.0005)), max_size=30))
def test_what_time_servers_slew_is_no_step(hours: list[tuple[float, float]]) -> None:
    scene = Scene()
    for passed_ms, rate in hours:
        scene.now = Moment(
            scene.now.boot_ms + passed_ms, scene.now.wall_ms + round(passed_ms * (1 + rate))
        )
        scene.take(TimePassed())
    assert judged(scene.events) == []
