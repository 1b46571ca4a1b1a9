"""The outbox's machinery in virtual time: a real SQLite file, and a disk with moods before it."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.outbox.draft import Draft
from gateway.outbox.intake import Ticket
from gateway.outbox.ledger import Cursor, Ledger
from gateway.outbox.machinery import Machinery
from gateway.outbox.reserve import DiskReserve
from gateway.outbox.writer import IDLE_S, Writer
from gateway.parts import STORE
from gateway.points import point_from_text
from gateway.ports import Event
from simulators.virtual.disk import Fate, VirtualDisk

ERRORS = {
    Fate.FAILED: ("SQLITE_IOERR_WRITE", "disk I/O error"),
    Fate.FULL: ("SQLITE_FULL", "database or disk is full"),
    Fate.IN_DOUBT: ("SQLITE_IOERR_FSYNC", "disk I/O error"),
}


class KilledError(BaseException):
    """The process died here; nothing behind this line was ever done."""


@dataclass(slots=True)
class DiskHand:
    """What one life of the gateway does to its disk, and what it left in doubt when it died."""

    disk: VirtualDisk
    written: Callable[[Event], None]
    kill: Callable[[str], None]
    alive: Callable[[], bool]
    sent: Callable[[str, int], bool]  # whether the store has answered to a series' millisecond
    complain: Callable[[str], None]
    doubt: list[tuple[Draft, ...]] = field(default_factory=list)

    def machinery(self) -> Machinery:
        """Return the parts for an outbox."""
        return Machinery(
            ledger=lambda db, first_seq: MoodyLedger(db, self, first_seq),
            reserve=lambda folder: MoodyReserve(folder, self.disk),
            pen=lambda writer: VirtualPen(writer, self),
            reader_thread=AtOnce,
            monotonic_s=asyncio.get_running_loop().time,
        )


class MoodyLedger(Ledger):
    """The real ledger behind a disk that may refuse, lie, or take the process with it."""

    def __init__(self, db: sqlite3.Connection, hand: DiskHand, first_seq: int) -> None:
        super().__init__(db, first_seq=first_seq)
        self._hand = hand
        self._looked_at = self.cursors().get(STORE, Cursor()).sent

    def commit(
        self, groups: Sequence[Sequence[Draft]], cursors: Mapping[str, Cursor]
    ) -> list[list[Event]]:
        """Write, or meet the fate that the disk has in store."""
        hand, fate = self._hand, self._hand.disk.fate()
        if fate is Fate.CRASH_BEFORE:
            hand.kill("before a commit")
            raise KilledError
        if fate in ERRORS:
            hand.doubt = [tuple(drafts) for drafts in groups] if fate is Fate.IN_DOUBT else []
            name, what = ERRORS[fate]
            error = sqlite3.OperationalError(what)
            error.sqlite_errorname = name
            raise error
        settled = super().commit(groups, cursors)
        hand.doubt = []
        if STORE in cursors:
            self._check_cursor(cursors[STORE].sent)
        for events in settled:
            for event in events:
                hand.written(event)
        if fate is Fate.CRASH_AFTER:
            hand.kill("after a commit")
            raise KilledError
        return settled

    def _check_cursor(self, sent: int) -> None:
        """Complain of a cursor that is ahead of the store's answers."""
        rows = self._db.execute(
            "SELECT seq, point, point_ms FROM events"
            " WHERE seq > ? AND seq <= ? AND point_ms IS NOT NULL",
            (self._looked_at, sent),
        )
        for seq, text, ms in rows:
            if not self._hand.sent(point_from_text(text).series, ms):
                self._hand.complain(f"the cursor is at {sent}, and the store never saw {seq}")
                break
        self._looked_at = max(self._looked_at, sent)

    def drop_oldest(self, *, through: int, batch: int) -> int:
        """Drop rows of a full disk; what they leave in the file takes new ones."""
        dropped = super().drop_oldest(through=through, batch=batch)
        self._hand.disk.make_room(dropped)
        return dropped


class MoodyReserve(DiskReserve):
    """A reserve that is given up and kept as the disk's mood is."""

    def __init__(self, folder: Path, disk: VirtualDisk) -> None:
        self._path = folder / "outbox.reserve"
        self._disk = disk
        self.kept = False

    def keep(self) -> bool:
        """Take up the room unless the disk is full."""
        self.kept = self._disk.reserve_kept = self.kept or not self._disk.full
        return self.kept

    def runs_out(self) -> bool:
        """Whether half of the room that was given up is gone too."""
        return not self.kept and self._disk.nearly_out

    def give_up(self) -> bool:
        """Free the room; True if there was any."""
        had, self.kept, self._disk.reserve_kept = self.kept, False, False
        return had


class VirtualPen:
    """Moves the writer on the virtual loop; each group takes as long as the disk says."""

    def __init__(self, writer: Writer, hand: DiskHand) -> None:
        self._writer = writer
        self._hand = hand
        self._timer: asyncio.TimerHandle | None = None
        self._group: list[Ticket] | None = None
        self._pausing = False
        self._ended = asyncio.Event()

    def start(self) -> None:
        """Begin."""
        self._in(0.0, self._begin)

    def wake(self) -> None:
        """Write what has come, unless a group is under way."""
        if self._timer is not None and self._group is None and not self._pausing:
            self._in(0.0, self._begin)

    async def end(self, within_s: float) -> bool:
        """Wait for the last group."""
        self.wake()
        try:
            async with asyncio.timeout(within_s):
                await self._ended.wait()
        except TimeoutError:
            self._writer.give_up()
        return self._ended.is_set()

    def _in(self, wait_s: float, step: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(wait_s, step)

    def _begin(self) -> None:
        if not self._hand.alive():
            return
        self._pausing = False
        self._group = self._writer.next_group(0)
        self._in(self._hand.disk.write_s() if self._group else 0.0, self._finish)

    def _finish(self) -> None:
        group, self._group = self._group or [], None
        if not self._hand.alive():
            return
        try:
            pause_s = self._writer.write_group(group)
        except KilledError:
            return
        if pause_s is None:
            self._ended.set()
            return
        self._pausing = pause_s > 0
        self._in(pause_s or (0.0 if group else IDLE_S), self._begin)


class AtOnce(Executor):
    """Runs what it is given before it returns."""

    def submit(
        self,
        fn: Callable[..., Any],
        /,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> "Future[Any]":
        """Do it now."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done
