"""What an outbox runs on: a disk and threads of its own, or what virtual time puts there."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.outbox.ledger import Ledger
from gateway.outbox.reserve import DiskReserve
from gateway.outbox.writer import Writer

GIVE_UP_S = 0.5  # for a try that is under way; SQLite itself waits 0.2 s for a lock


class Pen(Protocol):
    """Has the writer write, group after group, from `start` until `end` has returned True."""

    def start(self) -> None:
        """Begin."""
        ...

    def wake(self) -> None:
        """Hear that there is something to write."""
        ...

    async def end(self, within_s: float) -> bool:
        """After the intake is closed, wait for the last group; False if the disk holds it.

        A group that could not be written in time is in the intake again.
        """
        ...


class ThreadPen:
    """The writer's own thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._thread = threading.Thread(target=writer.run, name="outbox-writer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Do nothing: the thread waits at the intake itself."""

    async def end(self, within_s: float) -> bool:
        """Wait for the last group; False if the disk holds the thread."""
        return await asyncio.to_thread(self._join, within_s)

    def _join(self, within_s: float) -> bool:
        self._thread.join(within_s)
        self._writer.give_up()
        self._thread.join(GIVE_UP_S)
        return not self._thread.is_alive()


def _ledger(db: sqlite3.Connection, first_seq: int) -> Ledger:
    return Ledger(db, first_seq=first_seq)


def _own_thread() -> Executor | None:
    return None


@dataclass(frozen=True, slots=True)
class Machinery:
    """The parts that an outbox is given; the defaults are those of a real machine."""

    ledger: Callable[[sqlite3.Connection, int], Ledger] = _ledger
    reserve: Callable[[Path], DiskReserve] = DiskReserve
    pen: Callable[[Writer], Pen] = ThreadPen
    reader_thread: Callable[[], Executor | None] = _own_thread
    monotonic_s: Callable[[], float] = time.monotonic
