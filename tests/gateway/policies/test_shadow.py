"""gateway.policies.shadow: what would have been is counted, and obeyed in nothing."""

import asyncio
from collections.abc import Mapping
from typing import Any

from devices.moment import Moment
from edge_rules.decision import Decision, Outcome
from gateway.policies.shadow import VISITS_KEPT, Shadow


class ByKind:
    """Says what the credential's issuer says; `fail` raises."""

    name = "by-kind"
    hash = "shadow"

    def decide(self, facts: Mapping[str, Any], /) -> Decision:
        word = facts["credential"]["issuer"]
        if word == "fail":
            raise ZeroDivisionError
        return Decision(Outcome(word), (word,))


class StandingClock:
    def now(self) -> Moment:
        return Moment(0.0, 1_790_000_000_000)


def decided(at: int, decision: str, would: str, *doubts: str) -> dict[str, Any]:
    return {
        "id": f"e-{at}", "type": "passage-decided", "visit": f"v-{at}", "decision": decision,
        "doubts": list(doubts), "facts": {"credential": {"issuer": would}},
    }  # fmt: skip


def shadow(notes: list[tuple[str, Mapping[str, Any]]]) -> Shadow:
    made = Shadow(ByKind, lambda type_, body: notes.append((type_, body)), StandingClock())
    made.begin(ByKind(), "admin-post")
    return made


async def test_differences_are_counted_and_some_visits_kept_to_look_at() -> None:
    notes: list[tuple[str, Mapping[str, Any]]] = []
    trial = shadow(notes)
    events = [decided(at, "admit", "refer") for at in range(VISITS_KEPT + 5)]
    events += [decided(90, "refer", "refer"), decided(91, "deny", "admit"), {"type": "gate-opened"}]
    trial.committed(events)
    assert trial.trial is not None
    assert trial.trial.judged == 0  # not in the way of what was just committed
    while trial.look(7):
        pass
    view = trial.trial.view
    assert view["differences"] == [
        {"decision": "admit", "shadow": "refer", "count": VISITS_KEPT + 5},
        {"decision": "deny", "shadow": "admit", "count": 1},
    ]
    assert view["judged"] == VISITS_KEPT + 7
    assert [each["visit"] for each in view["visits"][:2]] == ["v-0", "v-1"]
    assert len(view["visits"]) == VISITS_KEPT
    trial.tell()
    trial.tell()
    assert [type_ for type_, _ in notes] == ["shadow-changed", "shadow-judged"]
    trial.end("admin-post")
    assert notes[-1] == ("shadow-changed", {"policy": None, "name": None, "by": "admin-post"})


async def test_what_stood_above_the_policy_stands_above_its_shadow() -> None:
    trial = shadow([])
    trial.committed([decided(1, "refer", "admit", "lockdown"), decided(2, "refer", "admit")])
    trial.look(9)
    assert trial.trial is not None
    assert dict(trial.trial.differences) == {("refer", "admit"): 1}


async def test_a_shadow_that_fails_is_a_difference_and_nothing_else() -> None:
    trial = shadow([])
    trial.committed(
        [decided(1, "admit", "fail"), {**decided(2, "admit", "admit"), "facts": {"x": 1}}]
    )
    trial.look(9)
    assert trial.trial is not None
    assert dict(trial.trial.differences) == {("admit", "failed"): 2}


async def test_it_judges_beside_the_loop_until_it_is_cancelled() -> None:
    trial = shadow([])
    task = asyncio.create_task(trial.run())
    trial.committed([decided(at, "admit", "admit") for at in range(100)])
    async with asyncio.timeout(10):
        while trial.trial is None or trial.trial.judged < 100:  # noqa: ASYNC110 - told to nobody
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
