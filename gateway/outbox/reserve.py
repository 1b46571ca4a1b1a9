"""Room on the disk that is given up when the disk is full, so that the way out stays on record."""

import os
from contextlib import suppress
from pathlib import Path

RESERVE_FILE = "outbox.reserve"
RESERVE_BYTES = 32 * 1024 * 1024  # tens of thousands of acts and openings, and their log
SHARE = 4  # of a disk that is small, never more than a quarter of what is free at the start


class DiskReserve:
    """A file that only takes up room; it belongs to the writer's thread while that runs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESERVE_FILE
        self._path.unlink(missing_ok=True)  # of a run that was killed
        self._size = min(RESERVE_BYTES, self._free() // SHARE)
        self.kept = False

    def keep(self) -> bool:
        """Take up the room, once there is twice as much; False while the disk is too full."""
        if self.kept:
            return True
        if self._free() < 2 * max(self._size, RESERVE_BYTES // 32):
            return False
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(file, 0, self._size)
            finally:
                os.close(file)
        except OSError:  # others were faster
            self.give_up()
            return False
        self.kept = True
        return True

    def _free(self) -> int:
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize

    def runs_out(self) -> bool:
        """Whether half of the room that was given up is gone too."""
        return not self.kept and self._free() < self._size // 2

    def give_up(self) -> bool:
        """Free the room; True if there was any."""
        had, self.kept = self.kept, False
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        return had
