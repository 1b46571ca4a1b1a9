"""Files that others read while they change: each version appears whole."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put a file in the place of what was there, in one step and on the disk."""
    _write(path, data, mode, Path.replace)


def write_new(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put a file where none is, in one step and on the disk; else FileExistsError."""
    _write(path, data, mode, _link)


def _link(draft: Path, path: Path) -> None:
    path.hardlink_to(draft)


def _write(path: Path, data: bytes, mode: int, place: Callable[[Path, Path], object]) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        place(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
