"""The gateway's record as a stranger reads it from disk, while the gateway writes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from gateway.crashtest.evidence import PointKey
from gateway.outbox.reader import StoredPoint, select_events, select_points
from gateway.outbox.schema import FILE, open_for_reading
from gateway.ports import Event

PAGE = 5000


class Record:
    """One outbox file. Its questions block for some milliseconds."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._db: sqlite3.Connection | None = None
        self._commanded: set[str] = set()
        self._looked_through = 0

    def is_commanded(self, command: str) -> bool:
        """Tell whether a command is committed now."""
        if command not in self._commanded:
            for event in select_events(
                self._open(), self._looked_through, PAGE, type="gate-commanded"
            ):
                self._commanded.add(event["command"])
                self._looked_through = event["seq"]
        return command in self._commanded

    def events(self) -> list[Event]:
        """Read all of it."""
        return list(self._pages())

    def last_seq(self) -> int:
        """Return the newest sequence number."""
        with closing(open_for_reading(self._path)) as db:
            return int(db.execute("SELECT max(seq) FROM events").fetchone()[0] or 0)

    def points(self) -> Iterator[tuple[int, PointKey]]:
        """Read every point that the store should have, each behind its sequence."""
        after, before = 0, -1
        with closing(open_for_reading(self._path)) as db:
            while after > before:
                batch = select_points(db, after, PAGE)
                yield from ((stored.seq, _point_key(stored)) for stored in batch.points)
                before, after = after, batch.through

    def cursor(self, name: str) -> int:
        """Return through which sequence a forwarder is done."""
        with closing(open_for_reading(self._path)) as db:
            row = db.execute("SELECT sent FROM cursors WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = open_for_reading(self._path)
        return self._db

    def _pages(self) -> Iterator[Event]:
        after = 0
        with closing(open_for_reading(self._path)) as db:
            while page := select_events(db, after, PAGE):
                yield from page
                after = page[-1]["seq"]


def _point_key(stored: StoredPoint) -> PointKey:
    series = (("__name__", stored.point.measurement), *stored.point.tags)
    return PointKey(tuple(sorted(series)), stored.at_ms)
