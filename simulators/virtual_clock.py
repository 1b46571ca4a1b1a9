"""Virtual time: an asyncio loop that never waits, and the clock that goes with it."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from devices.moment import Moment

Result = TypeVar("Result")

WALL_AT_START_MS = 1_790_000_000_000


class VirtualLoop(asyncio.SelectorEventLoop):
    """Jumps to the next timer whenever nothing else is ready; real I/O still works."""

    def __init__(self) -> None:
        self._virtual_s = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Seconds since the loop's start, virtual."""
        return self._virtual_s

    def jump(self, seconds: float) -> None:
        """Let time pass at once."""
        self._virtual_s += seconds


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)  # only the outside world can go on
        ready = super().select(0)
        if not ready and timeout > 0:
            self._loop.jump(timeout)
        return ready


class VirtualClock:
    """Both clocks of a machine that was switched on with the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.wall_offset_ms = WALL_AT_START_MS

    def now(self) -> Moment:
        """Read both."""
        boot_ms = self._loop.time() * 1000
        return Moment(boot_ms, self.wall_offset_ms + round(boot_ms))


def run_virtual(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
