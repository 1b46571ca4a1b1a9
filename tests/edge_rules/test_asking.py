"""edge_rules.asking: a visit waits for a platform's answer, in time, and for nobody else's."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.arrival import Fence
from devices.colour_platform.answer import COLOURS, PlatformAnswer, Said, failed
from edge_rules.asking import MAX_QUERIES, SLACK_MS
from edge_rules.credentials.colour_code import ColourCode, credential_of
from edge_rules.decision import Decision, Outcome
from edge_rules.effects import AskPlatform, DropQuery
from edge_rules.inputs import CredentialShown, PlatformAnswered, TimePassed
from edge_rules.policies import Policies
from edge_rules.site import due_ms
from tests.edge_rules.scene import IN, LANES, SCANNER, Scene, decided, site_rules, types

WITHIN_MS = 2000
KEY = b"k" * 32


class ColourPolicy:
    """Green and warm enough is let in, red is not; all else is a guard's matter."""

    name = "colours"
    hash = "colours"

    def decide(self, facts: Any, /) -> Decision:  # noqa: ANN401
        credential = facts["credential"]
        if credential.get("colour") == "red":
            return Decision(Outcome.DENY, ("code-not-green",))
        if credential.get("colour") == "green" or credential.get("reason") == "timeout":
            return Decision(Outcome.ADMIT, ("healthy",))
        return Decision(Outcome.REFER, ("no-rule-admits",))


@dataclass
class Colours(Scene):
    """A lane with a platform behind it, that answers when the test says so."""

    asked: list[AskPlatform] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    by_answer: bool = False

    def restart(self, *, first: bool = False) -> None:
        super().restart(first=first)
        self.state = replace(self.state, policies=Policies.of(ColourPolicy()))

    def show(self, text: str = "code-a", *, id_: str | None = None, **more: Any) -> Any:  # noqa: ANN401
        code = self.code(text)
        shown = CredentialShown(id_ or self.fresh(), None, code.unasked(), code.code)
        return self.give(shown, SCANNER, **more)

    def code(self, text: str) -> ColourCode:
        return ColourCode(text, None if self.by_answer else text)

    def answer(
        self, said: Said | PlatformAnswer = Said.GREEN, whose: str | None = None, at: int = -1
    ) -> list[dict[str, Any]]:
        answer = said if isinstance(said, PlatformAnswer) else PlatformAnswer(said, identity=whose)
        text = "code-a" if not self.by_answer else "?"
        credential = credential_of(answer, self.code(text), KEY)
        return self.take(PlatformAnswered(IN, self.asked[at].query, credential, answer.why))

    def _note(self, effects: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        self.asked += [e for e in effects if isinstance(e, AskPlatform)]
        self.dropped += [e.query for e in effects if isinstance(e, DropQuery)]
        return super()._note(effects)


def scene(
    *, needs: tuple[str, ...] = ("credential", "temperature"), refers: bool = True,
    by_answer: bool = False, **more: Any,  # noqa: ANN401
) -> Colours:  # fmt: skip
    lanes = (
        replace(
            LANES[0], needs=frozenset(needs), platform_within_ms=WITHIN_MS, platform_refers=refers
        ),
        LANES[1],
    )
    return Colours(lanes=lanes, by_answer=by_answer, asked=[], dropped=[], **more)


def credentials(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [
        (e["credential"]["status"], e["credential"]["reason"])
        for e in events
        if e["type"] == "passage-decided"
    ]


def test_scan_is_on_record_at_once_and_its_visit_waits_for_the_answer() -> None:
    lane = scene()
    (received,) = lane.show(id_="s-1")
    assert received["credential"] == {
        "kind": "colour-code", "status": "unverified", "reason": "colour-unknown",
        "subject": "code-a",
    }  # fmt: skip
    (asked,) = lane.asked
    assert (asked.lane, asked.device, asked.reading) == (IN, SCANNER, "s-1")
    assert decided(lane.measure()) == []
    assert decided(lane.answer()) == [("admit", ["healthy"])]
    assert len(lane.sent) == 1
    assert lane.dropped == []


@pytest.mark.parametrize(
    ("said", "status", "decision"),
    [
        (Said.GREEN, "valid", ("admit", ["healthy"])),
        (Said.YELLOW, "valid", ("refer", ["no-rule-admits"])),
        (Said.RED, "valid", ("deny", ["code-not-green"])),
        (Said.EXPIRED, "expired", ("refer", ["no-rule-admits"])),
        (Said.NOT_FOUND, "invalid", ("refer", ["no-rule-admits"])),
        (failed("answer-not-understood"), "unverified",
         ("refer", ["answer-not-understood", "no-rule-admits"])),
        (PlatformAnswer(Said.TIMEOUT, "platform-timeout"), "unverified",
         ("refer", ["platform-timeout"])),
    ],
)  # fmt: skip
def test_each_answer_is_a_status_a_word_and_a_colour(
    said: Said | PlatformAnswer, status: str, decision: tuple[str, list[str]]
) -> None:
    lane = scene(needs=("credential",))
    lane.show()
    events = lane.answer(said)
    word = said.said if isinstance(said, PlatformAnswer) else said
    assert credentials(events) == [(status, word)]
    assert decided(events) == [decision]
    facts = events[0]["facts"]["credential"]
    assert facts.get("colour") == (word if word in COLOURS else None)
    assert facts.get("subject") is None


def test_answer_may_come_before_the_temperature() -> None:
    lane = scene()
    lane.show()
    assert types(lane.answer()) == []
    assert decided(lane.measure()) == [("admit", ["healthy"])]


def test_platform_that_keeps_no_deadline_keeps_nobody_waiting() -> None:
    lane = scene(needs=("credential",))
    lane.show()
    assert lane.wait(WITHIN_MS + SLACK_MS - 1) == []
    events = lane.wait(1)
    assert decided(events) == [("refer", ["platform-timeout"])]
    assert credentials(events) == [("unverified", "timeout")]
    assert lane.dropped == [lane.asked[0].query]
    assert lane.answer() == []  # too late


def test_end_of_the_visit_ends_its_question() -> None:
    lane = scene()
    lane.wait(1)
    lane.show("code-a")
    lane.answer(failed("platform-failing"))
    lane.wait(LANES[0].visit_window_ms - 500)
    lane.show("code-a")
    assert len(lane.asked) == 2
    events = lane.wait(500)
    assert decided(events) == [("refer", ["temperature-missing", "platform-timeout"])]
    assert lane.dropped == [lane.asked[1].query]


def test_policy_alone_decides_where_the_site_says_so() -> None:
    lane = scene(needs=("credential",), refers=False)
    lane.show()
    assert decided(lane.answer(failed("platform-offline"))) == [("refer", ["no-rule-admits"])]
    lane = scene(needs=("credential",), refers=False)
    lane.show()
    assert decided(lane.wait(10_000)) == [("admit", ["healthy"])]  # this policy's own risk


def test_platform_that_is_down_makes_no_denial_softer() -> None:
    lane = scene(needs=("credential",))
    lane.show()
    credential = replace(
        credential_of(failed("platform-failing"), lane.code("a"), KEY), colour="red"
    )
    events = lane.take(PlatformAnswered(IN, lane.asked[0].query, credential, "platform-failing"))
    assert decided(events) == [("deny", ["code-not-green"])]


def test_same_text_again_is_one_question_and_one_answer() -> None:
    lane = scene()
    for _ in range(10):
        lane.show()
    assert len(lane.asked) == 1
    lane.answer()
    lane.show()
    assert len(lane.asked) == 1
    assert decided(lane.measure()) == [("admit", ["healthy"])]


def test_text_is_asked_about_again_after_a_failure_and_the_new_answer_counts() -> None:
    lane = scene()
    lane.show()
    lane.answer(failed("platform-failing"))
    lane.show()
    assert len(lane.asked) == 2
    assert decided(lane.measure()) == []
    assert decided(lane.answer()) == [("admit", ["healthy"])]


def test_no_visit_asks_without_end() -> None:
    lane = scene(by_answer=True)
    events: list[dict[str, Any]] = []
    for at in range(MAX_QUERIES + 1):
        events += lane.show(f"code-{at}")
    assert len(lane.asked) == MAX_QUERIES
    assert decided(events) == [("refer", ["too-many-codes", "temperature-missing",
                                          "no-rule-admits"])]  # fmt: skip
    assert sorted(lane.dropped) == sorted(asked.query for asked in lane.asked)


def test_another_text_is_another_person_where_nothing_says_whose_it_is() -> None:
    lane = scene()
    lane.show("code-a")
    events = lane.show("code-b")
    ((decision, reasons),) = decided(events)
    assert (decision, reasons[0]) == ("refer", "not-one-person")
    assert len(lane.asked) == 1
    assert lane.dropped == [lane.asked[0].query]


@pytest.mark.parametrize(("second", "outcome"), [("ann", "admit"), ("bert", "refer")])
def test_code_that_changed_meanwhile_is_the_same_persons_if_the_answer_says_so(
    second: str, outcome: str
) -> None:
    lane = scene(by_answer=True)
    lane.show("code-a")
    lane.show("code-b")
    assert len(lane.asked) == 2
    lane.measure()
    events = lane.answer(Said.GREEN, "ann", at=0)
    events += lane.answer(Said.GREEN, second, at=1)
    ((decision, reasons),) = decided(events)
    assert decision == outcome
    assert ("not-one-person" in reasons) == (outcome == "refer")


def test_newest_of_one_persons_codes_counts() -> None:
    lane = scene(by_answer=True)
    lane.show("code-a")
    lane.answer(Said.EXPIRED)
    lane.show("code-b")
    lane.answer(Said.GREEN, "ann")
    assert decided(lane.measure()) == [("admit", ["healthy"])]


def test_certificate_beside_a_colour_code_is_not_one_person() -> None:
    lane = scene(by_answer=True)
    lane.show("code-a")
    ((decision, reasons),) = decided(lane.scan())
    assert (decision, reasons[0]) == ("refer", "not-one-person")


def test_nobody_is_asked_once_screening_has_ended() -> None:
    lane = scene(rules=site_rules(screening_ends_ms=0), needs=("credential",))
    events = lane.show()
    assert lane.asked == []
    assert credentials(events) == [("unverified", "screening-ended")]


def test_end_of_screening_hides_an_answer_that_comes_after_it() -> None:
    ends_ms = Scene().now.wall_ms + 100
    lane = scene(rules=site_rules(screening_ends_ms=ends_ms), needs=("credential",))
    lane.show()
    lane.wait(200)
    assert credentials(lane.answer(Said.RED)) == [("unverified", "screening-ended")]


@pytest.mark.parametrize("fence", [Fence.QUEUED, Fence.BEFORE_START])
def test_nobody_is_asked_about_what_was_shown_long_ago(fence: Fence) -> None:
    lane = scene()
    assert decided(lane.show(fence=fence)) == [("refer", ["reading-stale"])]
    assert lane.asked == []


def test_nobody_is_asked_for_whom_nothing_can_be_decided() -> None:
    lane = scene()
    lane.see("t-1", 1, entered=True)
    lane.see("t-2", 2, entered=True)
    ((_, reasons),) = decided(lane.show())
    assert reasons[0] == "not-one-person"
    assert lane.asked == []


def test_person_who_leaves_takes_the_question_along() -> None:
    lane = scene()
    lane.see("t-1", 1, entered=True)
    lane.show()
    lane.see("t-1", 0, left=True)
    assert lane.dropped == [lane.asked[0].query]
    assert lane.answer() == []


def test_redelivered_scan_asks_nobody_twice() -> None:
    lane = scene()
    lane.show(id_="s-1")
    lane.show(id_="s-1")
    assert len(lane.asked) == 1


def test_visit_that_waits_at_a_restart_is_a_guards_matter() -> None:
    lane = scene()
    lane.show()
    lane.restart()
    ((decision, reasons),) = decided(lane.events)
    assert (decision, reasons) == ("refer", ["gateway-restarted"])
    assert lane.answer() == []


def test_lane_without_a_platform_decides_at_once() -> None:
    lane = Colours(lanes=(replace(LANES[0], needs=frozenset({"credential"})), LANES[1]))
    assert credentials(lane.show()) == [("unverified", "colour-unknown")]
    assert lane.asked == []


ACTS = st.sampled_from(
    ["show-a", "show-b", "measure", "answer-first", "answer-last", "fail", "wait", "leave", "other"]
)


@given(st.lists(ACTS, max_size=25), st.booleans())
def test_every_question_ends_and_no_lane_waits_past_its_window(
    acts: list[str], by_answer: bool
) -> None:
    lane = scene(by_answer=by_answer)
    for act in acts:
        match act:
            case "show-a" | "show-b":
                lane.show(act)
            case "measure":
                lane.measure()
            case "answer-first" | "answer-last" if lane.asked:
                lane.answer(Said.GREEN, "ann", at=0 if act == "answer-first" else -1)
            case "fail" if lane.asked:
                lane.answer(failed("platform-failing"))
            case "wait":
                lane.wait(700)
            case "leave":
                lane.see("t-1", 1, entered=True)
                lane.see("t-1", 0, left=True)
            case "other":
                lane.scan("s-bert")
    lane.wait(60_000)
    lane.take(TimePassed())
    state = lane.state.lanes[IN]
    assert state.gathering is None
    assert due_ms(lane.state) > lane.now.boot_ms
    admitted = [e for e in lane.events if e.get("decision") == "admit"]
    assert all(e["credential"]["status"] == "valid" for e in admitted)
