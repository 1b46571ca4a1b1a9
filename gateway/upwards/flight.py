"""Batches that are on their way to the HQ and not confirmed. Pure: time is an argument."""

from collections import deque
from collections.abc import Iterator
from random import Random

from gateway.outbox.ledger import Cursor
from gateway.upwards.windows import Batch

MOST_MESSAGES = 64  # sent and not confirmed; paho takes 256, and the gateway's own word needs room
AHEAD = 16  # batches made ready beyond those
FIRST_S = 5.0
LAST_S = 300.0  # an estate without an HQ says one window every five minutes


class Flight:
    """Sends each batch once, the oldest again and again while the HQ is silent, all after a cut."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._due: deque[Batch] = deque()
        self._sent: deque[Batch] = deque()
        self._messages = 0  # of those sent
        self._tries = 0
        self._again_s = 0.0
        self._newest = 0  # ever sent in this run
        self._doubted = False

    @property
    def waiting(self) -> int:
        """How many batches are not confirmed."""
        return len(self._due) + len(self._sent)

    @property
    def wants_more(self) -> bool:
        """Whether the next windows should be made."""
        return len(self._due) < AHEAD

    def add(self, batch: Batch) -> None:
        """Take a batch that follows all others."""
        self._due.append(batch)

    def cut(self) -> None:
        """Take it that what was sent is lost: the link was."""
        self._due.extendleft(reversed(self._sent))
        self._sent.clear()
        self._messages = self._tries = 0

    def to_send(self, now_s: float) -> Iterator[Batch]:
        """Give what should be sent now; whoever takes the next one has sent the one before."""
        if self._sent and now_s >= self._again_s:
            self._doubted = True
            yield self._sent[0]
            self._rest(now_s)
        while self._due and self._has_room(self._due[0]):
            yield self._due[0]
            batch = self._due.popleft()
            if not self._sent:
                self._rest(now_s)
            self._sent.append(batch)
            self._messages += len(batch.messages)
            self._newest = max(self._newest, batch.through)

    def due_in_s(self, now_s: float) -> float | None:
        """Return when the oldest is to be sent again."""
        return max(0.0, self._again_s - now_s) if self._sent else None

    def confirmed(self, through: int, now_s: float) -> Cursor | None:
        """Take the HQ's word; None if it moves nothing, ValueError if it can't be true."""
        if through > self._newest:
            msg = f"through {through}: no window beyond {self._newest} was sent"
            raise ValueError(msg)
        cursor = None
        for queue in (self._sent, self._due):  # what was sent before a cut is due again
            while queue and queue[0].through <= through:
                batch = queue.popleft()
                if queue is self._sent:
                    self._messages -= len(batch.messages)
                cursor = Cursor(batch.through, batch.health_from)
        if cursor is not None:
            if self._doubted:  # the HQ is back: what it missed is not only the oldest
                self.cut()
                self._doubted = False
            self._tries = 0
            self._rest(now_s)
        return cursor

    def _has_room(self, batch: Batch) -> bool:
        return not self._sent or self._messages + len(batch.messages) <= MOST_MESSAGES

    def _rest(self, now_s: float) -> None:
        wait_s = min(LAST_S, FIRST_S * 2.0 ** min(self._tries, 16))
        self._tries += 1
        self._again_s = now_s + self._random.uniform(wait_s / 2, wait_s)
