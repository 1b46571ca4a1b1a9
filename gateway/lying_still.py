"""Files looked at again and again, and read once they have changed and lie still."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Stamp = TypeVar("Stamp")
NEVER = object()  # a state like none that `look` gives


class LyingStill(Generic[Stamp]):
    """Remembers what was read; `look` tells a state of the files from every other."""

    def __init__(
        self,
        look: Callable[[], Awaitable[Stamp]],
        changed: Callable[[Stamp], Awaitable[None]],
        read: object = NEVER,
    ) -> None:
        """`read` is the state that was read already, if one was."""
        self._look = look
        self._changed = changed
        self._read = read
        self._before: object = NEVER

    async def once(self) -> None:
        """Look, and have them read where nobody is in the middle of writing them."""
        stamp = await self._look()
        if stamp == self._before and stamp != self._read:
            self._read = stamp
            await self._changed(stamp)
        self._before = stamp

    async def run(self, look_s: float) -> None:
        """Look for ever."""
        while True:
            await self.once()
            await asyncio.sleep(look_s)
