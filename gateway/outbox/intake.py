"""Records on their way to the writer: bounded, in order, withdrawable until the writer has them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from gateway.outbox.draft import Draft
from gateway.outbox.errors import OutboxFullError
from gateway.ports import Event

ROOM = 20_000  # records, some 50 MB: minutes of a busy estate while a disk is stuck
CLOSING_PAUSE_S = 0.05
RESERVE = 5_000  # beyond the room, for decisions and operators' acts once readings are held back

Settled = Callable[[Sequence[Event]], None]
Failed = Callable[[str], None]


class _Place(Enum):
    WAITING = auto()
    WITH_WRITER = auto()
    WITHDRAWN = auto()


@dataclass(slots=True, eq=False)
class Ticket:
    """Records that go to disk together, and whom to tell."""

    drafts: Sequence[Draft]
    settled: Settled
    failed: Failed | None
    place: _Place = _Place.WAITING

    @property
    def urgent(self) -> bool:
        """Whether it may take of the last room on a disk."""
        return any(draft.urgent for draft in self.drafts)


class Intake:
    """The queue between the loop and the writer's thread; no call waits but `take`."""

    def __init__(self, room: int = ROOM, reserve: int = RESERVE) -> None:
        self._room = room
        self._limit = room + reserve
        self._held = 0  # records waiting or with the writer
        self._waiting: deque[Ticket] = deque()
        self._urgent = 0  # tickets among them
        self._changed = threading.Condition()
        self._closing = threading.Event()

    @property
    def held(self) -> int:
        """How many records are not on disk yet."""
        return self._held

    @property
    def room(self) -> int:
        """How many records may come before readings should be held back; never negative."""
        return max(0, self._room - self._held)

    @property
    def closed(self) -> bool:
        """Whether no more records are taken."""
        return self._closing.is_set()

    def put(self, ticket: Ticket) -> None:
        """Queue a ticket, or raise OutboxFullError and leave the queue as it was."""
        count = len(ticket.drafts)
        with self._changed:
            if self.closed or self._held + count > self._limit:
                raise OutboxFullError(self._held, count)
            self._held += count
            self._urgent += ticket.urgent
            self._waiting.append(ticket)
            self._changed.notify()

    def withdraw(self, ticket: Ticket) -> bool:
        """Take a ticket back unless the writer has it; True means that it is never written."""
        with self._changed:
            if ticket.place is not _Place.WAITING:
                return False
            ticket.place = _Place.WITHDRAWN
            self._held -= len(ticket.drafts)
            self._urgent -= ticket.urgent
            return True

    def take(self, limit: int, wait_s: float, *, only_urgent: bool = False) -> list[Ticket]:
        """Hand the writer whole tickets of up to `limit` records, at least one if any waits.

        With `only_urgent`, those up to the last urgent one: what stands before it goes with it,
        since order is the sequence; the others wait.
        """
        with self._changed:
            if not (self._urgent if only_urgent else self._waiting) and not self.closed:
                self._changed.wait(wait_s)
            taken: list[Ticket] = []
            count = 0
            while self._waiting and (self._urgent or not only_urgent):
                ticket = self._waiting[0]
                if ticket.place is _Place.WITHDRAWN:
                    self._waiting.popleft()
                    continue
                if taken and count + len(ticket.drafts) > limit:
                    break
                self._waiting.popleft()
                ticket.place = _Place.WITH_WRITER
                self._urgent -= ticket.urgent
                count += len(ticket.drafts)
                taken.append(ticket)
            return taken

    def give_back(self, tickets: Sequence[Ticket]) -> None:
        """Put tickets of which nothing was written in front again; they may be withdrawn."""
        with self._changed:
            for ticket in reversed(tickets):
                ticket.place = _Place.WAITING
                self._urgent += ticket.urgent
                self._waiting.appendleft(ticket)

    def done(self, tickets: Sequence[Ticket]) -> None:
        """Forget tickets that are on disk, or never will be."""
        with self._changed:
            self._held -= sum(len(ticket.drafts) for ticket in tickets)

    def pause(self, wait_s: float) -> None:
        """Wait between two tries; once closed, only shortly."""
        if self._closing.wait(wait_s):
            time.sleep(CLOSING_PAUSE_S)

    def close(self) -> None:
        """Take no more; what waits may still be taken."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
