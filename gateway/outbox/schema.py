"""The outbox's file: its tables, its versions, and how it is opened."""

import fcntl
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from gateway.outbox.errors import OutboxInUseError, OutboxNewerError

FILE = "outbox.db"
LOCK = "outbox.lock"
SUSPECT = "outbox.suspect"  # left by a run that met damage: the next one looks at every page
APPLICATION_ID = 0x4D454E53  # "MENS", so that `file` and a curious operator can tell
CHECK_S = 2.0  # a gate waits behind this check: what it can't see in two seconds it leaves
BUSY_MS = 200

# Step i takes the file from version i to i + 1. A step that has been released never changes.
MIGRATIONS = (
    """
    CREATE TABLE series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        lane TEXT,
        device TEXT,
        visit TEXT,
        decision TEXT,
        mode TEXT,
        reading TEXT,
        series INTEGER REFERENCES series (id),
        point_ms INTEGER,
        point TEXT,
        event TEXT NOT NULL
    );
    CREATE INDEX by_id ON events (id);
    CREATE INDEX by_at ON events (at_ms);
    CREATE INDEX by_type ON events (type);
    CREATE INDEX by_lane ON events (lane);
    CREATE INDEX by_visit ON events (visit) WHERE visit IS NOT NULL;
    CREATE INDEX by_decision ON events (decision) WHERE decision IS NOT NULL;
    CREATE INDEX by_mode ON events (lane) WHERE mode IS NOT NULL;
    CREATE UNIQUE INDEX by_point ON events (series, point_ms) WHERE point_ms IS NOT NULL;
    CREATE TABLE cursors (
        name TEXT PRIMARY KEY,
        sent INTEGER NOT NULL,
        again INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    # Every start counts the admissions of the day again.
    "CREATE INDEX by_admission ON events (at_ms) WHERE decision = 'admit';",
)
VERSION = len(MIGRATIONS)


class FolderLock:
    """Keeps a second gateway out of a data folder; the kernel drops it with the process."""

    def __init__(self, folder: Path) -> None:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
        self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise OutboxInUseError(folder) from error

    def release(self) -> None:
        """Let another gateway in."""
        os.close(self._file)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open or create the file, private to its owner, at the version this program knows.

    sqlite3.DatabaseError means that the file is damaged, as far as a short look can tell; one
    that an earlier run found damaged is looked through, however long that takes.
    """
    fresh = not path.exists()
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if fresh:
        _sync_folder(path.parent)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        # Only the writer checkpoints, between groups: SQLite before 3.51.3 can lose pages when a
        # checkpoint and a commit meet while the log is reset.
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("PRAGMA journal_size_limit=67108864")
        db.execute("PRAGMA secure_delete=ON")
        _check(db, CHECK_S if not path.with_name(SUSPECT).exists() else float("inf"))
        with suppress(sqlite3.OperationalError):  # no room: the writer says so, and tries again
            # Nobody writes yet. A gateway that is killed again and again would only ever add to it.
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the file read-only; such a connection never checkpoints."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return db


def set_aside(path: Path, now_ms: int) -> Path:
    """Move a damaged file and its log out of the way, never delete them; return the new name."""
    aside = path.with_name(f"outbox.damaged-{now_ms}.db")
    for end in ("-wal", "-shm", ""):
        source = path.with_name(path.name + end)
        if source.exists():
            source.rename(aside.with_name(aside.name + end))
    _sync_folder(path.parent)
    return aside


def put_in_place(source: Path, target: Path) -> None:
    """Give a finished file its name, durably."""
    source.rename(target)
    _sync_folder(target.parent)


def _check(db: sqlite3.Connection, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    db.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        row = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return  # too large to see the end of in time
    finally:
        db.set_progress_handler(None, 0)
    if row != ("ok",):
        msg = f"quick_check: {row[0]}"
        raise sqlite3.DatabaseError(msg)


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise OutboxNewerError(path, found, VERSION)
    for version, step in enumerate(MIGRATIONS[found:], found + 1):
        db.executescript(
            f"BEGIN IMMEDIATE; {step};"
            f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={version}; COMMIT"
        )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
