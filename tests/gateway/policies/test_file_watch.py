"""gateway.policies.file_watch: a file counts once it lies still, whole, and as something new."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from gateway.policies.file_watch import LOOK_S, FileWatch
from simulators.virtual_clock import run_virtual
from tests.gateway.policies.desk import Desk, referring

TWO_RULES = referring("whole") + "  - {id: b, when: gate.online, then: deny, reason: b}\n"


class Watched:
    """A file under watch, in virtual time."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "policy.yaml"
        self.path.write_text(referring("first"), "utf-8")
        self.desk = Desk(folder)

    async def looks(self, count: float = 3) -> str:
        """Let the file be looked at so many times; say what judges then."""
        await asyncio.sleep(count * LOOK_S)
        return self.desk.judging

    def play(self, scene: Coroutine[Any, Any, None]) -> None:
        async def main() -> None:
            watch = FileWatch(self.path, self.path.read_text("utf-8"), self.desk.keeper)
            task = asyncio.create_task(watch.run())
            await self.looks()
            await scene
            task.cancel()

        run_virtual(main())


def types(watched: Watched) -> list[str]:
    return [e["type"] for e in watched.desk.scene.events if "policy" in e["type"]]


def test_a_file_that_nobody_touched_changes_nothing(tmp_path: Path) -> None:
    watched = Watched(tmp_path)

    async def scene() -> None:
        watched.path.touch()
        assert await watched.looks() == "plain"
        assert types(watched) == []

    watched.play(scene())


def test_half_a_file_is_not_read_though_it_is_a_policy(tmp_path: Path) -> None:
    watched = Watched(tmp_path)

    async def scene() -> None:
        half = TWO_RULES[: TWO_RULES.index("  - {id: b")]  # sound by itself
        for text in (half, half + "#", TWO_RULES):
            watched.path.write_text(text, "utf-8")
            assert await watched.looks(1) == "plain"
        assert await watched.looks() == "whole"
        [changed] = [e for e in watched.desk.scene.events if e["type"] == "policy-changed"]
        assert len(watched.desk.scene.state.policies.own.policy.decide({
            "credential": {"kind": "eu-dcc"}, "gate": {"online": True}, "temperature": {},
        }).rules) == 2  # fmt: skip
        assert changed["source"] == "file"

    watched.play(scene())


def test_a_bad_file_is_told_once_and_a_mended_one_judges(tmp_path: Path) -> None:
    watched = Watched(tmp_path)

    async def scene() -> None:
        watched.path.write_text(referring("bad").replace("credential", "credental"), "utf-8")
        assert await watched.looks(6) == "plain"
        assert types(watched) == ["policy-refused"]
        watched.path.write_text(referring("good"), "utf-8")
        assert await watched.looks() == "good"

    watched.play(scene())


def test_a_file_that_is_gone_is_told_and_back_again_read(tmp_path: Path) -> None:
    watched = Watched(tmp_path)

    async def scene() -> None:
        watched.path.unlink()
        assert await watched.looks() == "plain"
        refused = watched.desk.keeper.view()["refused"]
        assert refused["fault"] == "policy.yaml:1:1: can't be read: No such file or directory"
        watched.path.write_text(referring("back"), "utf-8")
        assert await watched.looks() == "back"

    watched.play(scene())


def test_a_file_put_in_place_of_another_is_read(tmp_path: Path) -> None:
    watched = Watched(tmp_path)

    async def scene() -> None:
        draft = tmp_path / "draft"
        draft.write_text(referring("moved"), "utf-8")
        draft.replace(watched.path)
        assert await watched.looks() == "moved"

    watched.play(scene())
