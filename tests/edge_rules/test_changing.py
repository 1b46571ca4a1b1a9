"""edge_rules.changing: which policy judges, by whose word, until when, and what the record says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from devices.moment import Moment
from devices.orders.order import Order
from edge_rules.decision import Decision, Outcome, Policy
from edge_rules.inputs import Act, OperatorActed, OrderGiven, PolicyOffered, PolicyRefused
from edge_rules.policies import Policies, Source, restored
from edge_rules.restarting import resume
from edge_rules.site import due_ms
from tests.edge_rules.scene import START, Scene, decided, types

HOUR_MS = 3_600_000
KEY = "k1"


@dataclass(frozen=True)
class Always:
    """A policy of one answer."""

    hash: str
    outcome: Outcome = Outcome.REFER
    name: str = "always"

    def decide(self, _: Mapping[str, Any], /) -> Decision:
        return Decision(self.outcome, (self.hash,), (self.hash,))


A, B, C = Always("a"), Always("b"), Always("c")


def order(id_: str = "o-1", *, sequence: int = 1, ends_ms: int = HOUR_MS) -> Order:
    now_ms = START.wall_ms
    return Order(id_, sequence, None, now_ms, now_ms + ends_ms, "policy", "", "drill")


def offer(scene: Scene, policy: Policy, source: Source = Source.FILE, by: str | None = None) -> Any:  # noqa: ANN401
    return scene.take(PolicyOffered(policy, source, by))


def give(scene: Scene, policy: Policy, given: Order | None = None) -> list[dict[str, Any]]:
    return scene.take(OrderGiven(given or order(), KEY, policy))


def act(scene: Scene, what: Act, by: str, key: str = "", target: str | None = None) -> Any:  # noqa: ANN401
    key = key or scene.fresh()
    return scene.take(OperatorActed(what, by, "admin", key, target=target))


def judging(scene: Scene) -> str:
    return scene.state.policies.current.policy.hash


def test_a_policy_judges_from_the_next_visit_on() -> None:
    scene = Scene()
    scene.scan()
    [changed] = offer(scene, A, Source.API, "admin-post")
    assert (changed["type"], changed["policy"], changed["before"]) == (
        "policy-changed",
        "a",
        "plain",
    )
    assert (changed["source"], changed["by"], changed["name"]) == ("api", "admin-post", "always")
    events = scene.measure()
    assert decided(events) == [("refer", ["a"])]
    assert next(e for e in events if e["type"] == "passage-decided")["policy"] == "a"


def test_the_same_policy_again_is_no_event() -> None:
    scene = Scene()
    offer(scene, A)
    assert offer(scene, Always("a", name="renamed")) == []


def test_a_bad_policy_leaves_the_old_one_and_says_so_each_time() -> None:
    scene = Scene()
    for line in (3, 4):
        events = scene.take(PolicyRefused(Source.FILE, None, f"policy.yaml:{line}:1: no", 2))
        assert types(events) == ["policy-refused", "alarm-raised"]
        assert events[1]["detail"] == f"policy.yaml:{line}:1: no"
    assert judging(scene) == "plain"
    assert scene.state.policies.refused is not None
    assert len([a for a in scene.state.alarms if a.alarm == "policy-refused"]) == 1
    offer(scene, A)
    assert scene.state.policies.refused is None


def test_one_step_back_and_forth_again() -> None:
    scene = Scene()
    assert act(scene, Act.ROLLBACK_POLICY, "x")[0]["refused"] == "nothing-before"
    offer(scene, A)
    offer(scene, B)
    events = act(scene, Act.ROLLBACK_POLICY, "x", "k-back")
    assert types(events) == ["operator-acted", "policy-changed"]
    assert (judging(scene), events[1]["source"]) == ("a", "rollback")
    assert act(scene, Act.ROLLBACK_POLICY, "x", "k-back") == []
    act(scene, Act.ROLLBACK_POLICY, "x")
    assert judging(scene) == "b"


def test_an_order_judges_until_its_end_and_nobody_past_it() -> None:
    scene = Scene()
    offer(scene, A)
    accepted, changed = give(scene, B)
    assert (accepted["type"], accepted["order"], accepted["sequence"]) == (
        "order-accepted",
        "o-1",
        1,
    )
    assert (changed["source"], changed["by"], changed["until"]) == (
        "order",
        "o-1",
        accepted["ends"],
    )
    assert due_ms(scene.state) <= START.boot_ms + HOUR_MS
    scene.wait(HOUR_MS - 1)
    assert judging(scene) == "b"
    [ended] = [e for e in scene.wait(1) if e["type"] == "policy-changed"]
    assert (judging(scene), ended["source"], ended["before"]) == ("a", "order-ended", "b")


def test_a_visit_in_the_moment_of_the_end_is_judged_by_what_comes_back() -> None:
    scene = Scene()
    give(scene, B)
    scene.now = scene.now.later(HOUR_MS - 5000)
    scene.gate_says()
    scene.scan()
    scene.now = scene.now.later(5000)  # no timer came in between
    [event] = [e for e in scene.measure() if e["type"] == "passage-decided"]
    assert (event["policy"], event["decision"]) == ("plain", "admit")


def test_a_clock_set_back_does_not_prolong_an_order_and_one_set_forth_ends_it() -> None:
    for step_ms in (-10 * HOUR_MS, 10 * HOUR_MS):
        scene = Scene()
        give(scene, B)
        scene.step_wall(step_ms)
        scene.wait(HOUR_MS if step_ms < 0 else 20_000)
        scene.scan()
        assert judging(scene) == "plain"


def test_the_same_order_has_its_effect_once_and_an_older_one_none() -> None:
    scene = Scene()
    give(scene, B, order(sequence=5))
    assert give(scene, C, order(sequence=5)) == []
    for sequence in (5, 4):
        refused, alarm = give(scene, C, order(f"o-{sequence}x", sequence=sequence))
        assert (refused["type"], refused["reason"]) == ("order-refused", "order-sequence-back")
        assert "above 5" in refused["detail"]
        scene.take(OperatorActed(Act.ACKNOWLEDGE, "g", "guard", scene.fresh(), target=alarm["id"]))
    assert judging(scene) == "b"
    scene.take(OrderGiven(order("o-2", sequence=1), "another key", C))
    assert judging(scene) == "c"


def test_an_order_is_refused_while_the_clock_is_in_doubt_or_once_it_is_over() -> None:
    scene = Scene()
    scene.step_wall(-HOUR_MS // 2)
    assert give(scene, B)[-2]["reason"] == "clock-suspect"
    scene = Scene()
    scene.wait(HOUR_MS)
    assert give(scene, B)[0]["reason"] == "order-expired"
    assert judging(scene) == "plain"


def test_what_the_site_changes_meanwhile_waits_for_the_orders_end() -> None:
    scene = Scene()
    give(scene, B)
    [waits] = offer(scene, C, Source.API, "admin-post")
    assert (waits["type"], waits["policy"]) == ("policy-waits", "c")
    assert judging(scene) == "b"
    assert act(scene, Act.ROLLBACK_POLICY, "x")[0]["refused"] == "order-stands"
    scene.wait(HOUR_MS)
    assert judging(scene) == "c"


def test_a_later_order_lies_above_and_falls_back_to_the_one_below() -> None:
    scene = Scene()
    give(scene, A, order("o-1", sequence=1, ends_ms=3 * HOUR_MS))
    give(scene, B, order("o-2", sequence=2, ends_ms=HOUR_MS))
    scene.wait(HOUR_MS)
    assert judging(scene) == "a"
    scene.wait(2 * HOUR_MS)
    assert judging(scene) == "plain"


def test_two_people_lift_an_order_within_ten_minutes() -> None:
    scene = Scene()
    give(scene, B)
    [first] = act(scene, Act.SUSPEND_ORDER, "gate", target="o-1")
    assert (first["type"], first["refused"]) == ("operator-acted", "needs-second-operator")
    assert act(scene, Act.SUSPEND_ORDER, "gate", target="o-1")[0]["refused"] is not None
    assert act(scene, Act.SUSPEND_ORDER, "x", target="o-7")[0]["refused"] == "unknown-order"
    events = act(scene, Act.SUSPEND_ORDER, "desk", target="o-1")
    assert types(events) == ["operator-acted", "order-suspended", "alarm-raised", "policy-changed"]
    assert events[1]["by"] == ["gate", "desk"]
    assert (judging(scene), events[3]["source"]) == ("plain", "order-suspended")
    assert give(scene, B) == []  # it does not come back


def test_a_second_person_who_comes_late_is_the_first_again() -> None:
    scene = Scene()
    give(scene, B)
    act(scene, Act.SUSPEND_ORDER, "gate", target="o-1")
    scene.wait(600_001)
    assert act(scene, Act.SUSPEND_ORDER, "desk", target="o-1")[0]["refused"] is not None
    assert judging(scene) == "b"
    act(scene, Act.SUSPEND_ORDER, "gate", target="o-1")
    assert judging(scene) == "plain"


def restart(scene: Scene, *kept: Policy, file: Policy | None = None) -> Policies:
    """Read the policies back from the last event that tells of them."""
    stands = next(e["stands"] for e in reversed(scene.events) if "stands" in e)
    return restored(stands, {p.hash: p for p in kept}.get, file or A, scene.now)


def test_everything_is_there_again_after_a_restart() -> None:
    scene = Scene()
    offer(scene, A)
    offer(scene, C, Source.API, "admin-post")
    give(scene, B)
    found = restart(scene, A, B, C)
    wanted = scene.state.policies
    assert found == replace(wanted, seconding=None, refused=None)
    scene.state = replace(scene.state, policies=found)
    assert give(scene, A, order("o-9", sequence=1))[0]["reason"] == "order-sequence-back"
    scene.wait(HOUR_MS)
    assert (judging(scene), scene.state.policies.before) == ("c", wanted.before)


def test_an_order_that_ended_meanwhile_judges_nobody_after_the_restart() -> None:
    scene = Scene()
    give(scene, B)
    policies = restart(scene, B, Always("plain"))
    scene.now = Moment(5.0, scene.now.wall_ms + HOUR_MS)
    scene.state = replace(scene.state, policies=policies)
    scene.scan()
    assert judging(scene) == "plain"


def test_a_policy_that_is_lost_leaves_the_sites_file_and_that_is_recorded() -> None:
    scene = Scene()
    offer(scene, C, Source.API, "admin-post")
    policies = restart(scene, file=A)
    state, effects = resume(scene.rules, policies, "r2", scene.lanes, {}, [], scene.now)
    assert state.policies.current.policy is A
    assert [(e.type, e.body["policy"]) for e in effects] == [("policy-changed", "a")]  # type: ignore[union-attr]
