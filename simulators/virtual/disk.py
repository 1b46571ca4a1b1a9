"""A disk's moods: how long a write takes, what becomes of it, and whether there is room."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from simulators.virtual.faults import Faults

FSYNC_S = (0.0005, 0.004)
SLOW_S = (0.05, 3.0)
ROOM_IN_RESERVE = 60  # commits that the freed reserve still takes


class Fate(StrEnum):
    """What becomes of one commit."""

    WRITTEN = "written"
    FAILED = "failed"  # and nothing of it will ever be seen
    FULL = "full"
    IN_DOUBT = "in-doubt"  # reported failed; after a crash it may be there
    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"


@dataclass(slots=True)
class VirtualDisk:
    """One machine's disk; it outlives the gateway's process."""

    faults: Faults
    rng: Random
    full: bool = False
    reserve_kept: bool = False
    dropped: int = 0  # rows that made room for others
    _room: int = ROOM_IN_RESERVE

    def fill(self) -> None:
        """Be full of something else, but for the gateway's reserve."""
        self.full, self._room = True, ROOM_IN_RESERVE

    def make_room(self, rows: int) -> None:
        """Take as many commits more as rows went."""
        self.dropped += rows
        self._room += rows

    @property
    def nearly_out(self) -> bool:
        """Whether half of what the reserve left is used up."""
        return self.full and self._room < ROOM_IN_RESERVE // 2

    def write_s(self) -> float:
        """Draw how long the next commit takes."""
        if self.faults.strikes("disk-slow"):
            return self.faults.chance("disk-slow").uniform(*SLOW_S)
        return self.rng.uniform(*FSYNC_S)

    def fate(self) -> Fate:
        """Draw what becomes of the next commit."""
        if self.faults.strikes("crash-at-write"):
            before = self.faults.chance("crash-at-write").random() < 0.5
            return Fate.CRASH_BEFORE if before else Fate.CRASH_AFTER
        if self.full:
            if self.reserve_kept or self._room <= 0:
                return Fate.FULL
            self._room -= 1
        if self.faults.strikes("commit-fails"):
            return Fate.FAILED
        return Fate.IN_DOUBT if self.faults.strikes("commit-in-doubt") else Fate.WRITTEN

    def tears(self) -> bytes:
        """Return what a crash leaves of the write that was under way."""
        if not self.faults.strikes("torn-write"):
            return b""
        chance = self.faults.chance("torn-write")
        return chance.randbytes(chance.randrange(1, 9000))
