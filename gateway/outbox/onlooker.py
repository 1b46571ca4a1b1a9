"""Reading an outbox that another process may write, or none: bounded pages, no trace left.

SQLite's read-only mode makes two files beside a closed database, and holds up the log of an open
one as long as a read lasts. So each page is a read of its own, and a file that nobody has open is
read as one that can't change; should a gateway open it meanwhile, that page is read again.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

from gateway.outbox.errors import OutboxNewerError, OutboxReadError
from gateway.outbox.reader import select_events
from gateway.outbox.schema import APPLICATION_ID, FILE, VERSION, open_for_reading
from gateway.ports import Event

TRIES: Final = 20  # a gateway that starts and stops faster than pages are read is no gateway

Answer = TypeVar("Answer")
_Stamp = tuple[int, int, int, bool]


class Onlooker:
    """Asks the outbox of a data folder; OutboxError says what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        if not self._path.is_file():
            what = "is no folder" if not folder.is_dir() else f"holds no {FILE}"
            msg = f"{folder}: {what}; give the data folder of a gateway"
            raise OutboxReadError(msg)
        self._ask(self._check)

    def last_seq(self) -> int:
        """Return the sequence number of the last event, 0 where there is none."""
        found = self._ask(lambda db: db.execute("SELECT max(seq) FROM events").fetchone()[0])
        return int(found or 0)

    def events(self, after: int, limit: int, **filters: str | int | None) -> list[Event]:
        """Return events with seq > after that meet every filter, as `select_events` does."""
        return self._ask(lambda db: select_events(db, after, limit, **filters))  # type: ignore[arg-type]

    def _check(self, db: sqlite3.Connection) -> None:
        application, version = (
            int(db.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("application_id", "user_version")
        )
        if application != APPLICATION_ID:
            msg = f"{self._path}: is no outbox; give the data folder of a gateway"
            raise OutboxReadError(msg)
        if version > VERSION:
            raise OutboxNewerError(self._path, version, VERSION)

    def _ask(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        try:
            for _ in range(TRIES):
                before = self._stamp()
                if before[-1]:
                    with closing(open_for_reading(self._path)) as db:
                        return question(db)
                answer = self._ask_closed(question, before)
                if answer is not None:
                    return answer[0]
        except (sqlite3.Error, OSError, ValueError, RecursionError) as error:
            msg = f"{self._path}: can't be read: {error}"
            raise OutboxReadError(msg) from error
        msg = f"{self._path}: changes all the time; try again"
        raise OutboxReadError(msg)

    def _ask_closed(
        self, question: Callable[[sqlite3.Connection], Answer], before: _Stamp
    ) -> tuple[Answer] | None:
        """Ask a file that nobody writes; None where somebody does, whatever was read."""
        uri = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
                answer = question(db)
        except sqlite3.Error:
            if self._stamp() == before:
                raise
            return None
        return (answer,) if self._stamp() == before else None

    def _stamp(self) -> _Stamp:
        """Tell the file's state, and whether somebody has it open, or has left it in a crash."""
        stat = self._path.stat()
        log = self._path.with_name(f"{FILE}-wal").exists()
        return stat.st_mtime_ns, stat.st_size, stat.st_ino, log
