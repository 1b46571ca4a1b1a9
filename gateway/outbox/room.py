"""Room on a full disk: the reserve, then the oldest rows that every forwarder has, then nothing.

Rows that go leave their pages inside the file, so that it takes new ones without any room on the
disk; its log, once in the file, starts anew in its old place.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from gateway.outbox.ledger import Ledger
from gateway.outbox.reserve import DiskReserve

PAGES = 256  # 1 MB inside the file: what is written on a full disk before more is dropped
BATCH = 200  # rows dropped at once: the log of that must find room, too
RESERVE_S = 5.0  # between two looks whether there is room for the reserve again


class Room:
    """What a full disk leaves; it belongs to the writer's thread.

    `scarce`: no row may be dropped either, only what is urgent is written. `runs_out`: half of the
    reserve is gone as well. Both may be read from any thread.
    """

    def __init__(
        self,
        ledger: Ledger,
        reserve: DiskReserve,
        forwarded: Callable[[], int],
        monotonic_s: Callable[[], float],
    ) -> None:
        self.scarce = False
        self.runs_out = False
        self._ledger = ledger
        self._reserve = reserve
        self._forwarded = forwarded
        self._monotonic_s = monotonic_s
        self._due_s = 0.0

    @property
    def full(self) -> bool:
        """Whether the disk is so full that the reserve has been given up."""
        return not self._reserve.kept

    def make(self) -> bool:
        """Make room after a write that found none; True if there is some now."""
        had = self._reserve.give_up()
        dropped = 0
        with suppress(sqlite3.Error):  # not even room for that
            self._ledger.checkpoint()
            dropped = self._drop()
        return had or bool(dropped)

    def keep(self) -> None:
        """Take the reserve back once there is room for it; until then have room in the file."""
        if self.full and self._monotonic_s() >= self._due_s:
            self._due_s = self._monotonic_s() + RESERVE_S
            self._reserve.keep()
        if self.full:
            self._drop()
        else:
            self.scarce = self.runs_out = False

    def _drop(self) -> int:
        dropped = 0
        self.scarce = False
        if self._ledger.free_pages() < PAGES:
            dropped = self._ledger.drop_oldest(through=self._forwarded(), batch=BATCH)
            if dropped:
                self._ledger.checkpoint()
            self.scarce = not dropped
        self.runs_out = self.scarce and self._reserve.runs_out()
        return dropped
