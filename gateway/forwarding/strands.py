"""Stretches of the outbox on their way to a store: what happens now overtakes what waited.

Rows of one stretch go out in the order of the outbox. A store that was away for a week gets the
newest rows at once, in a stretch of their own, while the older stretch drains beside it. Only what
has reached the store in one piece moves the cursor, so a restart may send rows once too often and
never too seldom.
"""

from dataclasses import dataclass

from gateway.forwarding.pace import Ripening
from gateway.outbox.ledger import Cursor

BEHIND = 3000  # rows; some seconds at the fullest load, less than a second to send
MOST = 4
COUNT_MERGE_S = 30.0  # rows sent twice this close to each other are counted together


@dataclass(slots=True)
class Strand:
    """Rows up to `end` (None: no end yet): how far they are sent, sent again, counted back."""

    sent: int
    again: int
    counted: int
    second: Ripening
    settled: Ripening
    end: int | None = None
    refused_through: int = 0

    @property
    def is_sent(self) -> bool:
        """Whether its last row is with the store."""
        return self.end is not None and self.sent >= self.end

    def sent_to(self, through: int, now_s: float) -> None:
        """Note a first sending."""
        if through > self.sent:
            self.sent = through
            self.second.noted(through, now_s)

    def sent_again_to(self, through: int, now_s: float) -> None:
        """Note a second sending."""
        self.again = through
        self.second.done(through)
        self.settled.noted(through, now_s)

    def counted_to(self, through: int) -> None:
        """Note that the store was asked about these."""
        self.counted = through
        self.settled.done(through)


class Strands:
    """All stretches, oldest first; the last is the one that what happens now is added to."""

    def __init__(self, cursor: Cursor, counted: int, after_s: float, now_s: float) -> None:
        self._after_s = after_s
        first = self._strand(cursor.sent, cursor.again, counted)
        # When they were sent nobody knows any more.
        if first.again < first.sent:
            first.second.noted(first.sent, now_s)
        if first.counted < first.again:
            first.settled.noted(first.again, now_s)
        self.all = [first]

    @property
    def live(self) -> Strand:
        """Return the one without an end."""
        return self.all[-1]

    @property
    def backlog(self) -> Strand | None:
        """Return the oldest one with an end that is not sent yet."""
        return next((s for s in self.all if s.end is not None and not s.is_sent), None)

    @property
    def cursor(self) -> Cursor:
        """Return up to where everything is sent, and sent again."""
        sent = next(s.sent for s in self.all if not s.is_sent)
        again = next(s.again for s in self.all if s.end is None or s.again < s.end)
        return Cursor(sent, again)

    @property
    def counted(self) -> int:
        """Return up to where everything was counted back."""
        return next(s.counted for s in self.all if s.end is None or s.counted < s.end)

    def overtake(self, newest: int) -> None:
        """Begin a new stretch behind the newest row where too many rows wait."""
        live, before = self.live, self.all[-2] if len(self.all) > 1 else None
        if newest - live.sent <= BEHIND:
            return
        if before is not None and not before.is_sent:
            self.all.pop()  # what it sent is sent again in its turn: bounded beats clever
            before.end = newest
        elif len(self.all) < MOST:
            live.end = newest
        else:
            return
        self.all.append(self._strand(newest, newest, newest))

    def tidy(self) -> None:
        """Forget the oldest stretches that are done with."""
        while (end := self.all[0].end) is not None and self.all[0].counted >= end:
            self.all.pop(0)

    def _strand(self, sent: int, again: int, counted: int) -> Strand:
        merge_s = min(COUNT_MERGE_S, self._after_s / 2)
        second, settled = Ripening(self._after_s), Ripening(self._after_s, merge_s)
        return Strand(sent, min(again, sent), min(counted, again, sent), second, settled)
