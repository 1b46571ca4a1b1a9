"""edge_rules.replaying: a decision on record, ready to be made again."""

from typing import Any

import pytest

from edge_rules.decision import Decision, Outcome
from edge_rules.inputs import Act
from edge_rules.replaying import asked_of
from tests.edge_rules.scene import PlainPolicy, Scene

ADMIT = Decision(Outcome.ADMIT, ("ok",), ("other",))


def last(events: list[dict[str, Any]]) -> dict[str, Any]:
    return [event for event in events if event["type"] == "passage-decided"][-1]


def test_the_same_policy_comes_to_the_same_decision() -> None:
    scene = Scene()
    for celsius in (36.5, 37.3, 38.0, None):
        scene.measure(celsius)
        event = last(scene.scan(scene.fresh()))
        asked = asked_of(event)
        assert asked is not None
        again = asked.again(PlainPolicy().decide(asked.facts))
        assert (again.outcome, again.reasons) == (event["decision"], tuple(event["reasons"]))
        assert (again.rules, again.missing) == (asked.decided.rules, asked.decided.missing)
        scene.wait(20_000)
        scene.gate_says()


def test_what_stood_above_the_policy_stands_above_another_one() -> None:
    scene = Scene()
    scene.operate(Act.LOCK)
    scene.measure()
    asked = asked_of(last(scene.scan()))
    assert asked is not None
    assert asked.again(ADMIT).outcome is Outcome.REFER
    assert asked.again(ADMIT).reasons == ("lockdown",)
    assert asked.again(Decision(Outcome.DENY, ("no",))).outcome is Outcome.DENY


def test_a_record_from_before_doubts_were_named_tells_them_by_their_words() -> None:
    scene = Scene()
    scene.operate(Act.LOCK)
    scene.measure(38.0)
    event = last(scene.scan())
    del event["doubts"], event["said"]
    asked = asked_of(event)
    assert asked is not None
    assert asked.doubts == ("lockdown",)
    assert asked.decided.reasons == ("lockdown", "temperature-high")
    assert asked_of({**event, "decision": "deny"}).doubts == ()  # type: ignore[union-attr]


def test_a_referral_that_no_policy_was_asked_for_is_none() -> None:
    assert asked_of(last(Scene().scan(at_ms=0))) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"facts": None}, {"facts": []}, {"facts": "x"}, {"decision": "open"}, {"decision": None},
        {"reasons": None}, {"reasons": [1]}, {"rules": "healthy"}, {"missing": [1]},
        {"missing": [{"rule": "a"}]}, {"doubts": [None]}, {"doubts": None},
    ],
)  # fmt: skip
def test_what_no_gateway_wrote_is_told(wrong: dict[str, Any]) -> None:
    scene = Scene()
    scene.measure()
    event = last(scene.scan())
    assert asked_of(event) is not None
    with pytest.raises((KeyError, TypeError, ValueError)):
        asked_of({**event, **wrong})


def test_an_admission_without_facts_can_not_be_judged_again() -> None:
    with pytest.raises(KeyError):
        asked_of({"decision": "admit", "reasons": ["healthy"], "rules": ["healthy"]})
