"""gateway.supervision, in virtual time."""

import asyncio
import logging
from itertools import pairwise
from random import Random

import pytest

from gateway.supervision import FIRST_PAUSE_S, LONGEST_PAUSE_S, background, supervise
from simulators.virtual_clock import run_virtual


class Flaky:
    """A task that ends as it is told, and notes when it was started."""

    def __init__(self, *ends: Exception | float | None) -> None:
        self.ends = list(ends)
        self.started_s: list[float] = []

    async def run(self) -> None:
        self.started_s.append(asyncio.get_running_loop().time())
        end = self.ends.pop(0) if self.ends else 1e9
        if isinstance(end, Exception):
            raise end
        if end is not None:
            await asyncio.sleep(end)


def pauses(task: Flaky, for_s: float) -> tuple[list[float], list[str]]:
    said: list[str] = []

    async def main() -> None:
        async with background(supervise("camera", task.run, said.append, Random(1))):
            await asyncio.sleep(for_s)

    run_virtual(main())
    starts = task.started_s
    return [after - before for before, after in pairwise(starts)], said


def test_what_fails_comes_back_alone_later_each_time() -> None:
    waited, said = pauses(Flaky(*[OSError("no link")] * 9), 400)
    assert said == ["camera: no link"] * 9
    for at, pause_s in enumerate(waited):
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**at)
        assert longest / 2 <= pause_s <= longest


def test_what_ends_by_itself_comes_back_too() -> None:
    _, said = pauses(Flaky(None, ValueError()), 60)
    assert said == ["camera: ended by itself", "camera: ValueError"]


def test_what_ran_well_for_a_while_comes_back_at_once() -> None:
    waited, _ = pauses(Flaky(*[OSError("x")] * 6, LONGEST_PAUSE_S + 1, OSError("x")), 300)
    assert waited[-1] <= FIRST_PAUSE_S * 2


def test_one_that_fails_disturbs_no_other() -> None:
    good, bad = Flaky(), Flaky(*[OSError("x")] * 100)

    async def main() -> None:
        runs = [
            supervise(n, t.run, lambda _: None, Random(1)) for n, t in (("a", good), ("b", bad))
        ]
        async with background(*runs):
            await asyncio.sleep(100)

    run_virtual(main())
    assert len(good.started_s) == 1
    assert len(bad.started_s) > 3


def test_end_of_the_block_ends_what_runs_beside_it() -> None:
    ended: list[str] = []

    async def run() -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            ended.append("ended")

    async def main() -> None:
        async with background(run(), run()):
            await asyncio.sleep(1)

    run_virtual(main())
    assert ended == ["ended", "ended"]


def test_what_will_not_end_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    async def stubborn() -> None:
        for _ in range(20):
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                continue

    async def main() -> float:
        loop = asyncio.get_running_loop()
        async with background(stubborn()):
            await asyncio.sleep(0)
        return loop.time()

    with caplog.at_level(logging.WARNING):
        assert run_virtual(main()) < 5
    assert "did not stop" in caplog.text
