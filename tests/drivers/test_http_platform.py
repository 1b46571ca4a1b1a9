"""drivers.http_platform against a real server in every mood, over real sockets."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Any

import pytest

from devices.colour_platform.answer import PlatformAnswer
from devices.colour_platform.request import Question
from devices.colour_platform.settings import Platform
from devices.errors import DeviceLinkError
from drivers.http_platform import MAX_CONNECTIONS, HttpPlatform
from drivers.platform_port import PlatformContext
from gateway.supervision import background
from simulators.colour_book import CODES, ColourBook, Mood
from simulators.colour_platform import ColourPlatform, mapping, serving
from simulators.real_clock import real_now
from tests.servers import free_port
from tests.system.certificates import Authority

DEADLINE_MS = 300
HANG_GUARD_S = 5.0  # promised is the deadline


@dataclass
class Changes:
    all: list[tuple[bool, str]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, up: bool, why: str) -> None:
        self.all.append((up, why))
        self.news.set()

    async def next(self) -> tuple[bool, str]:
        async with asyncio.timeout(10):
            await self.news.wait()
        self.news.clear()
        return self.all[-1]


@dataclass
class Asking:
    platform: HttpPlatform
    changes: Changes

    async def about(self, code: str) -> PlatformAnswer:
        question = Question(code, "riverside", "north-in", "scan-1")
        began_s = time.monotonic()
        answer = await self.platform.ask(question)
        assert time.monotonic() - began_s < HANG_GUARD_S
        return answer


def asking(url: str, **changed: Any) -> Asking:  # noqa: ANN401
    said = mapping(url, **{"deadline_ms": DEADLINE_MS, "pause_ms": 100, **changed})["platform"]
    changes = Changes()
    context = PlatformContext(real_now, Random(1), token_hex, changes.heard)
    return Asking(HttpPlatform(Platform.model_validate(said), context), changes)


@asynccontextmanager
async def scene(**changed: Any) -> AsyncIterator[tuple[ColourPlatform, Asking]]:  # noqa: ANN401
    server = ColourPlatform()
    async with serving(server) as url:
        asked = asking(url, **changed)
        async with background(asked.platform.run()):
            yield server, asked


async def test_each_word_of_a_platform_that_is_well() -> None:
    async with scene() as (server, asked):
        for word in ("green", "yellow", "red", "expired"):
            answer = await asked.about(server.book.code("ann", word))
            assert (answer.said, answer.why) == (word, None)
        assert (await asked.about(CODES + "0" * 32)).said == "not-found"
        assert (await asked.about(server.book.code("ann", "green"))).identity == "ann"
        assert server.asked == 6
        assert asked.changes.all == []


@pytest.mark.parametrize(
    ("mood", "said", "why", "tries"),
    [
        (Mood.SLOW, "green", None, 1),
        (Mood.HANGS, "timeout", "platform-timeout", 2),
        (Mood.DRIPS, "timeout", "platform-timeout", 2),
        (Mood.FAILS, "failed", "platform-failing", 2),
        (Mood.BUSY, "failed", "platform-failing", 2),
        (Mood.REFUSES, "failed", "platform-refuses", 1),
        (Mood.REDIRECTS, "failed", "answer-not-understood", 1),
        (Mood.CUTS, "failed", "platform-failing", 2),
        (Mood.GARBLES, "failed", "answer-not-understood", 1),
        (Mood.FLOODS, "failed", "answer-not-understood", 1),
        (Mood.RAVES, "failed", "answer-not-understood", 1),
        (Mood.CONTRADICTS, "failed", "answer-not-understood", 1),
        (Mood.MISTAKES, "failed", "answer-of-another", 2),
        (Mood.LIES, "failed", "answer-not-understood", 1),
    ],
)
async def test_each_mood_ends_in_one_answer_in_time(
    mood: Mood, said: str, why: str | None, tries: int
) -> None:
    async with scene(**({"deadline_ms": 2000} if mood is Mood.SLOW else {})) as (server, asked):
        code = server.book.code("ann", "green")
        server.book.mood = mood
        answer = await asked.about(code)
        assert (answer.said, answer.why) == (said, why)
        assert server.asked == tries
        server.book.mood = Mood.WELL
        assert (await asked.about(code)).said == "green"


async def test_second_try_saves_an_answer_within_the_deadline() -> None:
    async with scene(deadline_ms=2000) as (server, asked):
        code = server.book.code("ann", "green")
        server.book.mood = Mood.FAILS
        waiting = asyncio.create_task(asked.about(code))
        await server.was_asked.wait()
        server.book.mood = Mood.WELL
        assert (await waiting).said == "green"


async def test_platform_that_is_away_is_left_alone_and_its_return_is_noticed_by_a_scan() -> None:
    port = free_port()
    asked = asking(f"http://127.0.0.1:{port}", open_after=3, tries=1)
    server = ColourPlatform()
    code = server.book.code("ann", "green")
    async with background(asked.platform.run()):
        whys = [(await asked.about(code)).why for _ in range(4)]
        assert whys == ["platform-unreachable"] * 3 + ["platform-offline"]
        up, why = await asked.changes.next()
        assert not up
        assert "3 times in a row: ConnectError" in why
        async with serving(server, port):
            async with asyncio.timeout(10):
                while (await asked.about(code)).said != "green":  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0)  # offline it answers at once
        assert asked.changes.all[1:] == [(True, f"127.0.0.1:{port} answers again")]


async def test_probe_notices_the_return_without_a_person() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    asked = asking(url, open_after=1, probe=f"{url}/health")
    server = ColourPlatform(ColourBook(mood=Mood.FAILS))
    async with background(asked.platform.run()):
        await asked.about(CODES)
        assert not (await asked.changes.next())[0]
        async with serving(server, port):
            server.book.mood = Mood.WELL
            assert (await asked.changes.next())[0]
            assert server.asked == 0
            assert (await asked.about(server.book.code("ann", "green"))).said == "green"


async def test_strange_codes_take_no_platform_offline() -> None:
    async with scene(open_after=2) as (server, asked):
        server.book.mood = Mood.RAVES
        for _ in range(6):
            await asked.about(CODES)
        assert server.asked == 6
        assert asked.changes.all == []


async def test_person_who_leaves_during_the_trial_keeps_nobody_else_waiting() -> None:
    async with scene(open_after=1, tries=1, pause_ms=100) as (server, asked):
        code = server.book.code("ann", "green")
        server.book.mood = Mood.FAILS
        await asked.about(code)
        server.book.mood = Mood.HANGS
        server.was_asked.clear()
        while not server.was_asked.is_set():  # offline it answers at once
            trial = asyncio.create_task(asked.about(code))
            asked_at_all = asyncio.create_task(server.was_asked.wait())
            await asyncio.wait({trial, asked_at_all}, return_when=asyncio.FIRST_COMPLETED)
            asked_at_all.cancel()
        trial.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trial
        server.book.mood = Mood.WELL
        assert (await asked.about(code)).said == "green"


async def test_connections_of_questions_that_timed_out_are_free_again() -> None:
    async with scene(open_after=100, tries=1) as (server, asked):
        code = server.book.code("ann", "green")
        server.book.mood = Mood.HANGS
        for _ in range(3):
            await asyncio.gather(*(asked.about(code) for _ in range(MAX_CONNECTIONS)))
        server.book.mood = Mood.WELL
        assert (await asked.about(code)).said == "green"


async def test_nothing_of_a_code_or_an_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with scene(open_after=1) as (server, asked):
            for mood in Mood:
                server.book.mood = mood
                await asked.about(server.book.code("ann-of-house-7", "green"))
            said = caplog.text + repr(asked.changes.all)
    assert "code.example" not in said
    assert "ann-of-house" not in said
    assert "张三" not in said


async def test_token_is_read_again_once_it_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    headers = {"Authorization": "Bearer {token}"}
    async with scene(token_file=file, headers=headers) as (server, asked):
        server.token = "new"
        code = server.book.code("ann", "green")
        assert (await asked.about(code)).why == "platform-refuses"
        file.write_text("new\n")
        assert (await asked.about(code)).why == "platform-refuses"
        assert (await asked.about(code)).said == "green"


@pytest.mark.parametrize("token", ["", "two\nlines", "gr\u00fcn"])
def test_token_file_that_holds_none_is_said_at_the_start(tmp_path: Path, token: str) -> None:
    file = tmp_path / "token"
    file.write_text(token, "utf-8")
    with pytest.raises(DeviceLinkError, match="holds no token"):
        asking("https://p.example", token_file=file, headers={"A": "{token}"})


async def test_only_a_platform_whose_certificate_is_vouched_for_is_asked(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    pair = ours.issue("platform")
    server = ColourPlatform()
    code = server.book.code("ann", "green")
    async with serving(server, cert=pair.cert, key=pair.key) as url:
        answers = []
        for trust in ({"ca": ours.file}, {"ca": theirs.file}, {}):
            asked = asking(url, deadline_ms=2000, **trust)
            async with background(asked.platform.run()):
                answers.append(await asked.about(code))
        assert [answer.why for answer in answers] == [None, *["platform-unreachable"] * 2]
        assert server.asked == 1


async def test_proxy_of_the_environment_gets_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    async with scene() as (server, asked):
        assert (await asked.about(server.book.code("ann", "green"))).said == "green"
