"""The outbox as the rest of the gateway sees it: the Disk port over one SQLite file."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_rules.effects import Record
from gateway.outbox.draft import draft_of
from gateway.outbox.errors import OutboxOpenError
from gateway.outbox.intake import RESERVE, ROOM, Failed, Intake, Settled, Ticket
from gateway.outbox.ledger import Cursor, Ledger
from gateway.outbox.machinery import Machinery
from gateway.outbox.past import Past, read_past
from gateway.outbox.reader import PointBatch, Reader
from gateway.outbox.repair import Repair, finish_repair, is_damage, repair
from gateway.outbox.schema import FILE, SUSPECT, FolderLock, open_for_writing
from gateway.outbox.writer import Expiry, Listener, Writer
from gateway.ports import Event

SCARCE_ROOM = 2_000  # records that wait for a full disk before readings do

Watch = Callable[[Sequence[Event]], None]
TroubleWatch = Callable[[str | None], None]


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Appended:
    """Records handed over and not known to be on disk yet."""

    _intake: Intake
    _ticket: Ticket

    def take_back(self) -> bool:
        """Withdraw them unless the writer has them already; True means they never get there."""
        return self._intake.withdraw(self._ticket)


class Outbox(Listener):
    """Opens the file at once; writes from `start` until `close`, in between only on one loop.

    `repair` tells of the damaged file that a new one replaced, `trouble` says in a sentence why
    nothing can be written at present. `forwarders` are those whose rows must not expire unsent.
    """

    def __init__(  # noqa: PLR0913 - keys of the site file, bounds, and what it runs on
        self,
        folder: Path,
        site: str,
        *,
        retention_days: int = 14,
        size_mb: int | None = None,
        forwarders: Sequence[str] = (),
        room: int = ROOM,
        reserve: int = RESERVE,
        now_ms: Callable[[], int] = _wall_ms,
        machinery: Machinery | None = None,
    ) -> None:
        machinery = machinery or Machinery()
        self.trouble: str | None = None
        self.repair: Repair | None = None
        self._site = site
        self._path = folder / FILE
        self._now_ms = now_ms
        self._lock = FolderLock(folder)
        try:
            self._ledger = self._open(machinery)
            self._page_reader = Reader(self._path, machinery.reader_thread())
            self._forward_reader = Reader(self._path, machinery.reader_thread())
        except BaseException:
            self._lock.release()
            raise
        self._cursors = self._ledger.cursors()
        self.last_seq = self._ledger.last_seq
        self._intake = Intake(room, reserve)
        size_bytes = None if size_mb is None else size_mb * 1024 * 1024
        expiry = Expiry(retention_days, tuple(forwarders), now_ms, size_bytes)
        self._reserve = machinery.reserve(folder)
        self._reserve.keep()
        self._writer = Writer(
            self._ledger, self._intake, self, expiry, self._reserve, machinery.monotonic_s
        )
        self._pen = machinery.pen(self._writer)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watches: list[Watch] = []
        self._trouble_watches: list[TroubleWatch] = []

    def start(self) -> None:
        """Begin to write; everything is told on the loop that runs now."""
        self._loop = asyncio.get_running_loop()
        self._pen.start()

    async def close(self, within_s: float = 1.5) -> bool:
        """Write what waits, then close; False if the disk did not take it all in time."""
        self._intake.close()
        ended = True
        if self._loop is not None:
            ended = await self._pen.end(within_s)
        await asyncio.sleep(0)  # what the writer told last is told before this returns
        for ticket in self._intake.take(ROOM + RESERVE, 0):
            if ticket.failed:
                ticket.failed("outbox: closed before these records could be written")
        self._page_reader.close()
        self._forward_reader.close()
        if ended:
            self._ledger.close()
            self._reserve.give_up()
        self._lock.release()
        return self._intake.held == 0

    def abandon(self) -> None:
        """Let go of the file as a killed process would: nothing more is written, nothing told."""
        self._loop = None
        self._writer.give_up()
        for part in (self._page_reader, self._forward_reader, self._ledger):
            part.close()
        self._lock.release()

    def append(
        self, records: Sequence[Record], settled: Settled, failed: Failed | None = None
    ) -> Appended:
        """Queue records in order; `settled` runs on the loop once they are safe, in order.

        OutboxFullError: too much waits already, nothing was queued. ValueError, TypeError: a record
        is not JSON. `failed` runs instead of `settled` for records that will never be written.
        """
        drafts = [draft_of(record, self._site) for record in records]
        ticket = Ticket(drafts, settled, failed)
        self._intake.put(ticket)
        self._pen.wake()
        return Appended(self._intake, ticket)

    def room(self) -> int:
        """Return how many records may come before readings should be held back."""
        if self._writer.room.runs_out:
            return 0
        if (
            self._writer.room.scarce
        ):  # decided, and on record once there is room; nobody is admitted
            return min(self._intake.room, max(0, SCARCE_ROOM - self._intake.held))
        return self._intake.room

    @property
    def waiting(self) -> int:
        """How many records are not on disk yet."""
        return self._intake.held

    async def read(self, after: int, limit: int, **filters: Any) -> list[Event]:  # noqa: ANN401
        """Return committed events with seq > after, ascending; filters as the Disk port says."""
        return await self._page_reader.events(after, limit, **filters)

    async def points(self, after: int, limit: int, until: int | None = None) -> PointBatch:
        """Return a forwarder's next points; such reads never stand in the page's way."""
        return await self._forward_reader.points(after, limit, until)

    def past(self) -> Past:
        """Give what a new run has to know; call it before `start`, it reads for a while."""
        return read_past(self._path, self._now_ms())

    def cursor(self, forwarder: str) -> Cursor:
        """Return how far a forwarder is."""
        return self._cursors.get(forwarder, Cursor())

    def move_cursor(self, forwarder: str, cursor: Cursor) -> None:
        """Remember how far a forwarder is; on disk within about a second."""
        self._cursors[forwarder] = cursor
        self._writer.move_cursor(forwarder, cursor)

    def watch(self, watch: Watch) -> Callable[[], None]:
        """Have every committed group told on the loop, in order; call the result to end that."""
        self._watches.append(watch)
        return lambda: self._watches.remove(watch)

    def watch_trouble(self, watch: TroubleWatch) -> Callable[[], None]:
        """Have `trouble` told on the loop whenever it changes; call the result to end that."""
        self._trouble_watches.append(watch)
        return lambda: self._trouble_watches.remove(watch)

    def settled(self, done: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
        """Take what the writer's thread committed."""
        self._on_loop(self._tell_settled, done)

    def failed(self, ticket: Ticket, why: str) -> None:
        """Take what the writer's thread could never commit."""
        self._on_loop(ticket.failed or self._unclaimed, why)

    def damaged(self) -> None:
        """Have the next start look through the whole file and repair it."""
        with suppress(OSError):
            self._path.with_name(SUSPECT).touch(0o600)

    def troubled(self, trouble: str | None) -> None:
        """Take the writer's thread's word on the disk."""
        self.trouble = trouble
        self._on_loop(self._tell_trouble, trouble)

    def _tell_settled(self, done: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
        # Each in a call of its own: an error in one must not keep the others from being told.
        loop = asyncio.get_running_loop()
        events = [event for _, committed in done for event in committed]
        if events:
            self.last_seq = events[-1]["seq"]
        for ticket, committed in done:
            loop.call_soon(ticket.settled, committed)
        for watch in tuple(self._watches):
            loop.call_soon(watch, events)

    def _tell_trouble(self, trouble: str | None) -> None:
        for watch in tuple(self._trouble_watches):
            asyncio.get_running_loop().call_soon(watch, trouble)

    def _unclaimed(self, why: str) -> None:
        asyncio.get_running_loop().call_exception_handler({"message": f"a record was lost: {why}"})

    def _on_loop(self, callback: Callable[..., None], *args: object) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is gone: nobody is left to be told
                self._loop.call_soon_threadsafe(callback, *args)

    def _open(self, machinery: Machinery) -> Ledger:
        finish_repair(self._path)
        try:
            db = open_for_writing(self._path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise OutboxOpenError(self._path, error) from error
            self.repair = repair(self._path, self._now_ms(), machinery.monotonic_s)
            db = open_for_writing(self._path)
        self._path.with_name(SUSPECT).unlink(missing_ok=True)
        return machinery.ledger(db, 1)
