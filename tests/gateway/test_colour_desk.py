"""gateway.colour_desk: a text waits for its question, and is forgotten with it."""

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from devices.arrival import Arrival
from devices.colour_platform.answer import PlatformAnswer, Said, failed
from devices.colour_platform.request import Question
from devices.readings import Scan
from drivers.driver import Settled
from edge_rules.credentials.colour_code import ColourCodes
from edge_rules.effects import AskPlatform, DropQuery
from edge_rules.inputs import CredentialShown, Input, PlatformAnswered, ReadingArrived
from gateway.colour_desk import MAX_REMEMBERED, MAX_TEXTS, TEXT_KEPT_S, ColourDesk, _Waiting
from gateway.intake import Intake
from simulators.colour_book import CODES, PATTERN
from simulators.virtual_clock import VirtualClock, run_virtual
from tests.edge_rules.credentials.chain import KEY, good, issuer, store
from tests.edge_rules.scene import IN, SCANNER


@dataclass
class PaperPlatform:
    """Answers when the test says so."""

    asked: list[tuple[Question, "asyncio.Future[PlatformAnswer]"]] = field(default_factory=list)

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def ask(self, question: Question) -> PlatformAnswer:
        answer: asyncio.Future[PlatformAnswer] = asyncio.get_running_loop().create_future()
        self.asked.append((question, answer))
        return await answer


@dataclass
class Desk:
    """A desk, and rules that ask about every code at once, or never."""

    platform: PaperPlatform = field(default_factory=PaperPlatform)
    inputs: list[Input] = field(default_factory=list)
    journal: list[Settled] = field(default_factory=list)
    asks: bool = True
    match: str = PATTERN
    by_answer: bool = True

    def __post_init__(self) -> None:
        self.clock = VirtualClock(asyncio.get_running_loop())
        self.desk = ColourDesk(
            ColourCodes(self.match, by_answer=self.by_answer), self.platform, "riverside", KEY,
            60_000, self.clock, self.take,
        )  # fmt: skip
        self.intake = Intake(self.take, store(issuer()), KEY, "run1", {})
        self.intake.colours = self.desk

    def take(self, given: Input, settled: Settled | None = None) -> None:
        self.inputs.append(given)
        if settled:
            self.journal.append(settled)
        shown = getattr(given, "reading", None)
        if self.asks and isinstance(shown, CredentialShown) and shown.code:
            self.ask(shown.id)

    def ask(self, reading: str) -> None:
        self.desk.do(AskPlatform(f"q-{reading}", IN, SCANNER, reading))

    def scan(self, id_: str, text: str, settled: Settled | None = lambda: None) -> CredentialShown:
        arrival = Arrival(IN, SCANNER, Scan(id_, None, text), self.clock.now())
        self.intake.deliver(arrival, settled)
        given = next(x for x in reversed(self.inputs) if isinstance(x, ReadingArrived))
        assert isinstance(given.reading, CredentialShown)
        return given.reading

    async def answer(self, answer: PlatformAnswer, at: int = -1) -> PlatformAnswered:
        self.platform.asked[at][1].set_result(answer)
        await turns()
        given = self.inputs[-1]
        assert isinstance(given, PlatformAnswered)
        return given


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def code(number: int) -> str:
    return f"{CODES}{number:032x}"


def held(text: str) -> int:
    """Count what still holds a text, among all objects of this process."""
    gc.collect()
    holders = (Scan, Question, _Waiting)
    return sum(isinstance(x, holders) and x.text == text for x in gc.get_objects())


def test_text_goes_to_the_platform_and_nowhere_else() -> None:
    async def main() -> None:
        desk = Desk()
        text = code(1)
        shown = desk.scan("s-1", f"{text}\r\n")
        assert (shown.credential.kind, shown.credential.reason) == ("colour-code", "colour-unknown")
        await turns()
        ((question, _),) = desk.platform.asked
        assert question.text.strip() == text
        assert (question.site, question.lane, question.device) == ("riverside", IN, SCANNER)
        given = await desk.answer(PlatformAnswer(Said.GREEN, identity="ann of house 7"))
        assert (given.credential.status, given.credential.colour) == ("valid", "green")
        said = repr(desk.inputs) + repr(desk.desk)
        assert text not in said
        assert "ann" not in said

    run_virtual(main())


def test_other_texts_are_judged_as_ever() -> None:
    async def main() -> None:
        desk = Desk(match=".+")
        assert desk.scan("s-1", good()).credential.kind == "eu-dcc"
        assert desk.scan("s-2", "shc:/5").credential.kind != "colour-code"
        desk = Desk()
        for text in (CODES, code(1) + "0", "x" + code(1), "\ud800", "", code(1)[:-1] + "\ud800"):
            assert desk.scan(f"s-{len(text)}", text).credential.status == "unreadable"
        assert desk.platform.asked == []

    run_virtual(main())


@pytest.mark.parametrize("settled", [None, lambda: None])
def test_text_that_nobody_asks_about_is_forgotten_with_its_record(
    settled: Callable[[], None] | None,
) -> None:
    async def main() -> None:
        desk = Desk(asks=False)
        desk.scan("s-1", code(1), settled)
        for on_record in desk.journal:
            on_record()
        desk.ask("s-1")
        await turns()
        assert desk.platform.asked == []
        assert desk.inputs[-1].why == "colour-unknown"  # type: ignore[union-attr]

    run_virtual(main())


def test_scan_that_waited_for_the_disk_is_asked_about_when_it_is_taken() -> None:
    async def main() -> None:
        desk = Desk(asks=False)
        desk.scan("s-1", code(1))
        await asyncio.sleep(TEXT_KEPT_S - 1)
        desk.ask("s-1")
        await turns()
        assert desk.platform.asked[0][0].text == code(1)
        desk.scan("s-2", code(2))
        await asyncio.sleep(TEXT_KEPT_S + 1)
        desk.ask("s-2")
        await turns()
        assert len(desk.platform.asked) == 1

    run_virtual(main())


def test_texts_of_one_lane_are_bounded_and_the_oldest_goes() -> None:
    async def main() -> None:
        desk = Desk(asks=False)
        for at in range(MAX_TEXTS + 1):
            desk.scan(f"s-{at}", code(at))
        for at in (0, 1, MAX_TEXTS):
            desk.ask(f"s-{at}")
        await turns()
        assert [question.text for question, _ in desk.platform.asked] == [code(1), code(MAX_TEXTS)]
        desk.desk.close()

    run_virtual(main())


def test_nothing_holds_a_text_after_its_visit() -> None:
    async def main() -> None:
        desk = Desk()
        for at, id_ in enumerate(("answered", "dropped", "closed")):
            desk.scan(id_, code(at))
        await turns()
        texts = [question.text for question, _ in desk.platform.asked]
        assert all(held(text) for text in texts)
        await desk.answer(failed("platform-failing"), at=0)
        desk.desk.do(DropQuery("q-dropped"))
        desk.desk.close()
        await turns()
        desk.platform.asked.clear()
        assert [held(text) for text in texts] == [0, 0, 0]

    run_virtual(main())


def test_answer_that_nobody_waits_for_is_none() -> None:
    async def main() -> None:
        desk = Desk()
        desk.scan("s-1", code(1))
        await turns()
        desk.desk.do(DropQuery("q-s-1"))
        await turns()
        assert desk.platform.asked[0][1].cancelled()
        assert not any(isinstance(given, PlatformAnswered) for given in desk.inputs)

    run_virtual(main())


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (PlatformAnswer(Said.GREEN, identity="ann"), 1),
        (PlatformAnswer(Said.YELLOW, identity="ann"), 2),
        (PlatformAnswer(Said.RED, identity="ann"), 2),
        (PlatformAnswer(Said.EXPIRED), 2),
        (PlatformAnswer(Said.NOT_FOUND), 2),
        (failed("platform-failing"), 2),
        (PlatformAnswer(Said.TIMEOUT, "platform-timeout"), 2),
    ],
)
def test_green_alone_is_believed_again_for_a_minute(answer: PlatformAnswer, asked: int) -> None:
    async def main() -> None:
        desk = Desk()
        desk.scan("s-1", code(1))
        await turns()
        given = await desk.answer(answer)
        await asyncio.sleep(59)
        again = desk.scan("s-2", code(1))
        await turns()
        assert len(desk.platform.asked) == asked
        if asked == 1:
            assert again.credential == given.credential
        await asyncio.sleep(2)
        desk.scan("s-3", code(1))
        await turns()
        assert len(desk.platform.asked) == asked + 1
        desk.desk.close()

    run_virtual(main())


def test_memory_of_greens_is_bounded_and_may_be_none() -> None:
    async def main() -> None:
        desk = Desk()
        for at in range(MAX_REMEMBERED + 1):
            desk.scan(f"s-{at}", code(at))
            await turns()
            await desk.answer(PlatformAnswer(Said.GREEN, identity="ann"))
        count = len(desk.platform.asked)
        desk.scan("again-last", code(MAX_REMEMBERED))
        desk.scan("again-first", code(0))
        await turns()
        assert len(desk.platform.asked) == count + 1
        desk.desk = desk.intake.colours = replace(desk.desk, cache_ms=0, _green={})
        for id_ in ("a", "b"):
            desk.scan(id_, code(7))
            await turns()
            await desk.answer(PlatformAnswer(Said.GREEN, identity="ann"))
        assert len(desk.platform.asked) == count + 3

    run_virtual(main())


@pytest.mark.parametrize(
    ("match", "by_answer", "same"),
    [
        (PATTERN, True, True),  # the answer says who it is
        (r"https://code\.example/h/[0-9a-f]{31}(?P<id>[0-9a-f])", False, False),
        (r"https://code\.example/h/(?P<id>[0-9a-f])[0-9a-f]{31}", False, True),
        (PATTERN, False, False),  # a code that changed is somebody else, as far as one can tell
    ],
)
def test_subject_is_whose_code_it_is(match: str, by_answer: bool, same: bool) -> None:
    async def main() -> None:
        desk = Desk(match=match, by_answer=by_answer)
        subjects = []
        for at in (1, 2):
            desk.scan(f"s-{at}", code(at))
            await turns()
            identity = "ann" if by_answer else None
            given = await desk.answer(PlatformAnswer(Said.GREEN, identity=identity))
            subjects.append(given.credential.subject)
        assert (subjects[0] == subjects[1]) is same
        assert all(subject and len(subject) == 32 for subject in subjects)

    run_virtual(main())


def test_platform_that_raises_is_an_answer_and_a_count(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(PaperPlatform):
        async def ask(self, question: Question) -> PlatformAnswer:
            raise ValueError(question.text)

    async def main() -> None:
        desk = Desk(platform=Broken())
        desk.scan("s-1", code(1))
        await turns()
        given: Any = desk.inputs[-1]
        assert (given.credential.status, given.why) == ("unverified", "platform-failing")
        assert desk.desk.failures == 1

    run_virtual(main())
    assert "code.example" not in caplog.text


def test_any_pattern_that_can_do_harm_is_refused() -> None:
    for match in ("(", "(a?){0,900}b", ".*", "", "a*"):
        with pytest.raises(ValueError, match=r"RE2|steps|nothing at all"):
            ColourCodes(match, by_answer=False)
