"""Blocking calls that may hang for ever, each in a daemon thread that can be left behind."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Answer = TypeVar("Answer")

MAX_STUCK = 4  # threads that never came back; beyond, no new call is made until one does


class AllStuckError(Exception):
    """Too many calls never came back."""


class SideThread:
    """Runs blocking calls off the loop; a pool's threads would hold up the program's end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stuck: list[threading.Thread] = []

    async def call(self, blocking: Callable[[], Answer], within_s: float) -> Answer:
        """Return the call's answer; after `within_s` TimeoutError, the call is left behind."""
        self._stuck = [thread for thread in self._stuck if thread.is_alive()]
        if len(self._stuck) >= MAX_STUCK:
            raise AllStuckError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()

        def tell(value: Answer | None, error: BaseException | None) -> None:
            if answer.done():
                return  # too late: nobody waits any more
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(value)  # type: ignore[arg-type]  # None only if Answer has it

        def run() -> None:
            value, failure = None, None
            try:
                value = blocking()
            except Exception as error:  # carried to who waits
                failure = error
            with suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(tell, value, failure)

        thread = threading.Thread(target=run, name=self._name, daemon=True)
        thread.start()
        try:
            async with asyncio.timeout(within_s):
                return await answer
        finally:
            if thread.is_alive():
                self._stuck.append(thread)
