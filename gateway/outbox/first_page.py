"""A file whose first page is lost is no database any more, though all its rows may be whole.

The first page says where each table begins. Every outbox has its tables in the same places, since
the same steps made it: the first page of a new one fits, in a copy.
"""

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from gateway.outbox.schema import MIGRATIONS, open_for_reading

COPY = "outbox.legible.db"
MOST_BYTES = 1 << 30  # of a file that is worth the time of copying; gates wait behind it
WAL_FORMAT = b"\x02\x02"  # at offset 18: so that a log beside it is read
CHANGES_AT = 24  # a counter of changes; one that differs from its twin at 92 …
SIZE_AT = slice(28, 32)  # … makes SQLite ask the file itself for its size
FREE_PAGES_AT = slice(32, 40)


def make_legible(path: Path) -> Path:
    """Return the file, or, if nothing can be asked of it, a copy with a new first page."""
    if _can_be_asked(path):
        return path
    copy = path.with_name(COPY)
    remove_copy(path)
    with suppress(OSError):
        if path.stat().st_size > MOST_BYTES:
            return path
        shutil.copyfile(path, copy)
        log = path.with_name(path.name + "-wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
        copy.chmod(0o600)
        with copy.open("r+b") as file:
            file.write(_first_page())
        return copy
    return path


def remove_copy(path: Path) -> None:
    """Remove the copy, if one was made."""
    for end in ("", "-wal", "-shm"):
        path.with_name(COPY + end).unlink(missing_ok=True)


def _can_be_asked(path: Path) -> bool:
    with suppress(sqlite3.DatabaseError), closing(open_for_reading(path)) as db:
        return bool(
            db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'events'").fetchone()[0]
        )
    return False


def _first_page() -> bytes:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(MIGRATIONS[0])
        (size,) = db.execute("PRAGMA page_size").fetchone()
        page = bytearray(db.serialize()[:size])
    page[18:20] = WAL_FORMAT
    page[CHANGES_AT] ^= 1
    page[SIZE_AT] = bytes(4)
    page[FREE_PAGES_AT] = bytes(8)
    return bytes(page)
