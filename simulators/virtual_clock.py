"""Virtual time: asyncio loops that never wait, and the clocks that go with them."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from devices.moment import Moment

Result = TypeVar("Result")

WALL_AT_START_MS = 1_790_000_000_000
TURN_S = 1e-6  # of a closed loop


class VirtualLoop(asyncio.SelectorEventLoop):
    """Jumps to the next timer whenever nothing else is ready; real I/O still works."""

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        self._virtual_s = 0.0
        super().__init__(selector or _JumpingSelector(self))

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


class ClosedLoop(VirtualLoop):
    """A loop with no world outside: no socket, no thread, the same order of events every time."""

    def __init__(self) -> None:
        super().__init__(_ClosedSelector(self))

    def _write_to_self(self) -> None:
        """Wake nobody: there are no other threads, and the loop never sleeps."""


class _ClosedSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            msg = "nothing is left that could ever happen in this world"
            raise RuntimeError(msg)
        # Even work takes time: who polls until a deadline is past gets there.
        self._loop.jump(max(timeout, TURN_S))
        return []  # the loop's own pipe is never written to


class VirtualClock:
    """Both clocks of a machine that was switched on with the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.wall_offset_ms = WALL_AT_START_MS

    def now(self) -> Moment:
        """Read both."""
        boot_ms = self._loop.time() * 1000
        return Moment(boot_ms, self.wall_offset_ms + round(boot_ms))


class SkewedClock:
    """The clocks of one machine, as good as its crystal: beside the truth, and never quite even.

    `drift` is by how much its second is too short; `wall_error_ms` how far its wall clock is ahead.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, drift: float = 0.0) -> None:
        self._loop = loop
        self._drift = drift
        self.wall_error_ms = 0.0
        self.booted_ms = 0.0  # what CLOCK_BOOTTIME showed when the loop began

    def now(self) -> Moment:
        """Read both."""
        ms = self._loop.time() * 1000 * (1 + self._drift)
        return Moment(self.booted_ms + ms, WALL_AT_START_MS + round(ms + self.wall_error_ms))


def run_virtual(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def run_closed(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a world of its own; the same coroutine goes the same way."""
    with asyncio.Runner(loop_factory=ClosedLoop) as runner:
        return runner.run(main)
