"""The one who writes: commits what is queued as one group, checkpoints, expires."""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.outbox.intake import Intake, Ticket
from gateway.outbox.ledger import Cursor, Ledger
from gateway.outbox.repair import is_damage
from gateway.outbox.reserve import DiskReserve
from gateway.outbox.room import Room
from gateway.ports import Event

GROUP = 500  # records of one commit: some 10 ms of work, so that nobody waits for a huge group
IDLE_S = 0.5
CURSOR_S = 1.0  # a cursor that is lost only sends rows twice: it waits for company
CHECKPOINT_IDLE = 50  # commits; below it the log is too short to be worth two more fsyncs
CHECKPOINT_BUSY = 400  # commits; some 16 MB of log where the queue never empties
CHECKPOINT_RECORDS = 10_000  # some 11 MB of log, where every commit is a whole group
FIRST_RETRY_S = 0.05
LAST_RETRY_S = 2.0
EXPIRE_S = 60.0
EXPIRE_MORE_S = 1.0  # between batches while there is more to expire: gates come first
EXPIRE_BATCH = 500
DAY_MS = 86_400_000
FULL_CHECKPOINT = 20  # commits on a full disk: its log must not grow
FULL_RECORDS = 200
DISK_FULL = "outbox: the disk is full; free some room"

# After these nothing of the group can reach the disk any more, not even through a crash: the
# commit's last page was never written. After a failed fsync that is not known.
_SURELY_UNWRITTEN = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_IOERR_WRITE", "SQLITE_READONLY")
# A quota, or a limit on the size of files, looks like a write that failed.
_NO_ROOM = {"SQLITE_FULL", "SQLITE_IOERR_WRITE"}


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long rows live; those a forwarder still needs outlive it."""

    days: int
    forwarders: tuple[str, ...]
    now_ms: Callable[[], int]
    size_bytes: int | None = None


class Listener(Protocol):
    """Whom the writer tells, from its own thread."""

    def settled(self, done: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
        """Take records that are on disk now."""
        ...

    def failed(self, ticket: Ticket, why: str) -> None:
        """Take records that will never be on disk."""
        ...

    def damaged(self) -> None:
        """Hear that the file itself is broken: nothing can be written until it is repaired."""
        ...

    def troubled(self, trouble: str | None) -> None:
        """Hear that the disk refuses, and, with None, that it writes again."""
        ...


class Writer:
    """Owns the ledger while its pen moves it: `next_group`, `write_group`, over and over."""

    def __init__(
        self,
        ledger: Ledger,
        intake: Intake,
        listener: Listener,
        expiry: Expiry,
        reserve: DiskReserve,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._ledger = ledger
        self._intake = intake
        self._listener = listener
        self._expiry = expiry
        self.room = Room(ledger, reserve, self._forwarded, monotonic_s)
        self._written_cursors = ledger.cursors()
        self._moved_cursors: dict[str, Cursor] = {}
        self._cursors_lock = threading.Lock()
        self._cursors_due = 0.0
        self._expire_due = monotonic_s() + EXPIRE_MORE_S
        self._commits = 0  # since the last checkpoint
        self._records = 0
        self._in_doubt: list[Ticket] = []  # may be on disk already: nobody may take them back
        self._singly = 0  # tickets to write one by one, to find the one that no row can hold
        self._trouble: str | None = None
        self._retry_s = FIRST_RETRY_S
        self._closing = False
        self._given_up = False

    def move_cursor(self, name: str, cursor: Cursor) -> None:
        """Have a cursor written soon, with one of the next groups."""
        with self._cursors_lock:
            self._moved_cursors[name] = cursor

    def give_up(self) -> None:
        """Begin no more groups, whatever waits."""
        self._given_up = True

    def run(self) -> None:
        """Write until the intake is closed and empty; the whole life of the writer's thread."""
        try:
            while not self._given_up:
                pause_s = self.write_group(self.next_group())
                if pause_s is None:
                    return
                if pause_s:
                    self._intake.pause(pause_s)
        except Exception as error:
            self._tell(f"outbox: the writer ended: {error!r}")  # never silently
            raise

    def next_group(self, wait_s: float = IDLE_S) -> list[Ticket]:
        """Take what is to be written next, waiting a while where there is nothing."""
        self._closing = self._intake.closed
        limit = 1 if self._singly else GROUP
        only_urgent = self.room.scarce and not self._closing
        return self._in_doubt or self._intake.take(limit, wait_s, only_urgent=only_urgent)

    def write_group(self, tickets: list[Ticket]) -> float | None:
        """Write a group and tidy up; return how long to pause then, None after the last one."""
        closing = self._closing
        try:
            self._write(tickets, closing=closing)
            self._tidy(idle=not tickets, closing=closing)
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                self._listener.damaged()
            name = getattr(error, "sqlite_errorname", "")
            self._tell(DISK_FULL if name == "SQLITE_FULL" else _sentence(error))
            return 0.0 if name in _NO_ROOM and self.room.make() else self._pause_s()
        self._tell(DISK_FULL if self.room.full else None)
        self._retry_s = FIRST_RETRY_S
        return None if closing and not tickets else 0.0

    def _write(self, tickets: list[Ticket], *, closing: bool) -> None:
        cursors = self._due_cursors(now=bool(tickets) or closing)
        if not tickets and not cursors:
            return
        try:
            settled = self._ledger.commit([ticket.drafts for ticket in tickets], cursors)
        except Exception as error:
            self._in_doubt = []
            if _is_the_disk(error):
                if _is_surely_unwritten(error):
                    self._intake.give_back(tickets)
                else:
                    self._in_doubt = tickets
                raise
            self._single_out(tickets, error)
            return
        self._in_doubt = []
        self._singly = max(0, self._singly - len(tickets))
        self._commits += 1
        self._records += sum(len(ticket.drafts) for ticket in tickets)
        self._cursors_written(cursors)
        self._intake.done(tickets)
        self._listener.settled(list(zip(tickets, settled, strict=True)))

    def _single_out(self, tickets: list[Ticket], error: Exception) -> None:
        if len(tickets) != 1:
            self._intake.give_back(tickets)
            self._singly = len(tickets)
            return
        self._singly = max(0, self._singly - 1)
        self._intake.done(tickets)
        self._listener.failed(tickets[0], _sentence(error))

    def _due_cursors(self, *, now: bool) -> dict[str, Cursor]:
        if not self._moved_cursors or not (now or self._monotonic_s() >= self._cursors_due):
            return {}
        with self._cursors_lock:
            return dict(self._moved_cursors)

    def _cursors_written(self, cursors: Mapping[str, Cursor]) -> None:
        self._written_cursors.update(cursors)
        self._cursors_due = self._monotonic_s() + CURSOR_S
        with self._cursors_lock:
            for name, cursor in cursors.items():
                if self._moved_cursors.get(name) == cursor:
                    del self._moved_cursors[name]

    def _tidy(self, *, idle: bool, closing: bool) -> None:
        if not closing and self._monotonic_s() >= self._expire_due:
            self._expire()
        if not closing:
            self.room.keep()
        if closing and idle:
            self._ledger.checkpoint(truncate=True)
        elif self._checkpoint_due(idle=idle):
            self._ledger.checkpoint()
            self._commits = self._records = 0

    def _checkpoint_due(self, *, idle: bool) -> bool:
        if self.room.full:
            return self._commits >= FULL_CHECKPOINT or self._records >= FULL_RECORDS
        return (
            self._commits >= (CHECKPOINT_IDLE if idle else CHECKPOINT_BUSY)
            or self._records >= CHECKPOINT_RECORDS
        )

    def _forwarded(self) -> int:
        """Return the last row that every forwarder has for good; 0 where there is none."""
        cursors = self._written_cursors
        needed = (cursors.get(name, Cursor()).again for name in self._expiry.forwarders)
        return min(needed, default=0)

    def _expire(self) -> None:
        expiry, now_ms = self._expiry, self._expiry.now_ms()
        through = self._forwarded() if expiry.forwarders else self._ledger.last_seq
        self._expire_due = self._monotonic_s() + EXPIRE_S
        gone = self._ledger.expire(
            before_ms=now_ms - expiry.days * DAY_MS,
            now_ms=now_ms,
            through=through,
            batch=EXPIRE_BATCH,
        )
        if gone < EXPIRE_BATCH and self._is_too_large():
            gone += self._ledger.drop_oldest(through=through, batch=EXPIRE_BATCH)
        if gone >= EXPIRE_BATCH:
            self._expire_due = self._monotonic_s() + EXPIRE_MORE_S
        elif gone and not self.room.full:  # on a full disk others would take the log's room
            self._ledger.checkpoint(truncate=True)  # the log, too, must forget them

    def _is_too_large(self) -> bool:
        most = self._expiry.size_bytes
        return most is not None and self._ledger.used_bytes() > most

    def _tell(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._listener.troubled(trouble)

    def _pause_s(self) -> float:
        pause_s, self._retry_s = self._retry_s, min(LAST_RETRY_S, 2 * self._retry_s)
        return pause_s


def _is_the_disk(error: Exception) -> bool:
    """Tell a disk that refuses, which a retry may mend, from a record that no row can hold."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _is_surely_unwritten(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(_SURELY_UNWRITTEN)


def _sentence(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return f"outbox: {error} ({name})"
