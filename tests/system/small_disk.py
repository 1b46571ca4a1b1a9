"""A disk that can be filled: a small tmpfs, or, where mounts are refused, a limit on files."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SIZE_MB = 24
LITTLE_MORE = 200_000  # bytes that a limited file may still grow by


class SmallDisk(Protocol):
    """Filled and freed while a gateway works on it."""

    def fill(self, gateway_pid: int) -> None:
        """Leave no room."""
        ...

    def free(self, gateway_pid: int) -> None:
        """Give it back."""
        ...


@dataclass
class Tmpfs:
    """A file system of its own, filled by somebody else's file."""

    folder: Path

    def fill(self, gateway_pid: int) -> None:
        assert gateway_pid
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(65_536)):
                    pass
            except OSError:
                return

    def free(self, gateway_pid: int) -> None:
        assert gateway_pid
        (self.folder / "filler").unlink()


@dataclass
class FileLimit:
    """RLIMIT_FSIZE of the gateway's process: no file of it may grow."""

    folder: Path

    def fill(self, gateway_pid: int) -> None:
        largest = max(
            (self.folder / name).stat().st_size for name in ("outbox.db", "outbox.db-wal")
        )
        limit = largest + LITTLE_MORE
        resource.prlimit(gateway_pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def free(self, gateway_pid: int) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(gateway_pid, resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def small_tmpfs(folder: Path) -> Iterator[SmallDisk | None]:
    """Mount it; None where this machine does not let us."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "tmpfs", str(folder)]
    try:
        refused = subprocess.run(mount, capture_output=True, check=False).returncode != 0
    except OSError:
        refused = True
    if refused:
        yield None
        return
    try:
        yield Tmpfs(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
