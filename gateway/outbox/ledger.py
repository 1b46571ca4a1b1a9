"""The rows: committed in groups, expired in small batches. No thread and no clock of its own."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.outbox.draft import Draft, draft_again
from gateway.outbox.point_times import PointTimes
from gateway.points import point_of
from gateway.ports import Event

CLOCK_UNSET_MS = 1_577_836_800_000  # 2020-01-01: a box without a battery starts in 1970
CLOCK_AHEAD_MS = 86_400_000
LONG_LOG_PAGES = 16_384  # 64 MB

_INSERT = """
INSERT INTO events (seq, at_ms, type, id, lane, device, visit, decision, mode, reading,
                    series, point_ms, point, event)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_MOVE = """
INSERT INTO cursors (name, sent, again) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET sent = excluded.sent, again = excluded.again
"""
# What stands outlives every age: the last word on each lane, on the policies, on a shadow.
STANDING_POLICIES = ("policy-changed", "policy-waits", "order-accepted", "order-suspended")
STANDING_SHADOW = ("shadow-changed",)
STANDING_ROWS = f"""
    SELECT max(seq) AS last FROM events WHERE mode IS NOT NULL GROUP BY lane
    UNION ALL SELECT max(seq) FROM events WHERE type IN {STANDING_POLICIES}
    UNION ALL SELECT max(seq) FROM events WHERE type = '{STANDING_SHADOW[0]}'
"""  # noqa: S608 - our own words
_EXPIRE = f"""
DELETE FROM events WHERE seq IN (
    SELECT seq FROM events INDEXED BY by_at
    WHERE at_ms >= :from_ms AND at_ms < :to_ms AND seq <= :through
    AND seq NOT IN (SELECT last FROM ({STANDING_ROWS}) WHERE last IS NOT NULL)
    LIMIT :batch)
"""  # noqa: S608 - our own words
# Order is the sequence: the oldest row is the one that was written first.
_DROP = f"""
DELETE FROM events WHERE seq IN (
    SELECT seq FROM events NOT INDEXED
    WHERE seq <= :through
    AND seq NOT IN (SELECT last FROM ({STANDING_ROWS}) WHERE last IS NOT NULL)
    ORDER BY seq LIMIT :batch)
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a forwarder is: `sent` once, `again` a second time; both sequence numbers."""

    sent: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row out of a damaged file: nothing about it is certain, not even its types."""

    seq: Any
    point_ms: Any
    event: Any


class Ledger:
    """One writing connection. Only one thread at a time may use it."""

    def __init__(self, db: sqlite3.Connection, *, first_seq: int = 1) -> None:
        self._db = db
        self._series: dict[str, int] = {}
        self._times = PointTimes(self._point_taken, self._newest_point)
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        self.last_seq = max(int(row[0]) if row else 0, first_seq - 1)

    def commit(
        self, groups: Sequence[Sequence[Draft]], cursors: Mapping[str, Cursor]
    ) -> list[list[Event]]:
        """Write all of this durably, or raise and have written nothing."""
        db = self._db
        seq = self.last_seq
        settled: list[list[Event]] = []
        db.execute("BEGIN IMMEDIATE")
        try:
            for drafts in groups:
                first = seq + 1
                seq += len(drafts)
                settled.append([self._insert(n, d) for n, d in enumerate(drafts, first)])
            for name, cursor in cursors.items():
                db.execute(_MOVE, (name, cursor.sent, cursor.again))
            db.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        self.last_seq = seq
        return settled

    def restart_at(self, seq: int) -> None:
        """Have the next commit begin at a sequence number, whatever rows are restored."""
        self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
        self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", (seq - 1,))
        self.last_seq = seq - 1

    def restore(self, kept: Sequence[KeptRow], cursors: Mapping[str, Cursor] | None = None) -> int:
        """Take rows out of a damaged file, those that are whole; say how many are new here."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            restored = sum(self._restore(row) for row in kept)
            for name, cursor in (cursors or {}).items():
                db.execute(_MOVE, (name, cursor.sent, cursor.again))
            db.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        return restored

    def cursors(self) -> dict[str, Cursor]:
        """Return every forwarder's cursor, also of those this site file no longer names."""
        rows = self._db.execute("SELECT name, sent, again FROM cursors")
        return {name: Cursor(sent, again) for name, sent, again in rows}

    def expire(self, *, before_ms: int, now_ms: int, through: int, batch: int) -> int:
        """Remove up to `batch` rows older than `before_ms`, none behind `through`; say how many.

        A row stamped by a clock that was never set, or was far ahead, goes once every row written
        before it has gone.
        """
        ahead_ms = now_ms + CLOCK_AHEAD_MS
        dated = {"from_ms": CLOCK_UNSET_MS, "to_ms": before_ms, "through": through, "batch": batch}
        gone = self._db.execute(_EXPIRE, dated).rowcount
        if gone or not self._undated(ahead_ms):
            return gone
        row = self._db.execute(
            "SELECT seq FROM events WHERE +at_ms >= ? AND +at_ms < ? ORDER BY seq LIMIT 1",
            (max(before_ms, CLOCK_UNSET_MS), ahead_ms),
        ).fetchone()
        through = min(through, row[0] - 1 if row else 0)
        unset = {"from_ms": -(2**62), "to_ms": CLOCK_UNSET_MS, "through": through, "batch": batch}
        ahead = {"from_ms": ahead_ms, "to_ms": 2**62, "through": through, "batch": batch}
        return sum(self._db.execute(_EXPIRE, span).rowcount for span in (unset, ahead))

    def drop_oldest(self, *, through: int, batch: int) -> int:
        """Remove up to `batch` rows whatever their age, none behind `through`; say how many."""
        return self._db.execute(_DROP, {"through": through, "batch": batch}).rowcount

    def used_bytes(self) -> int:
        """How much of the file holds something."""
        return (self._number("page_count") - self._number("freelist_count")) * self._number(
            "page_size"
        )

    def free_pages(self) -> int:
        """How many pages of the file new rows may take, without any room on the disk."""
        return self._number("freelist_count")

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Move committed pages into the file; `truncate` also empties the log of old content.

        A log that readers, one after the other, have kept from starting anew is emptied too.
        """
        mode = "TRUNCATE" if truncate else "PASSIVE"
        ((_, pages, _),) = self._db.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        if pages > LONG_LOG_PAGES and not truncate:
            self.checkpoint(truncate=True)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def _insert(self, seq: int, draft: Draft) -> Event:
        text = draft.text(seq)
        event: dict[str, Any] = json.loads(text)
        self._write(seq, draft, event, text)
        return event

    def _restore(self, row: KeptRow) -> int:
        try:
            draft = draft_again(row.event, row.seq)
        except (ValueError, TypeError, KeyError):
            return 0  # a page that can be read may still hold nonsense
        if self._db.execute("SELECT 1 FROM events WHERE seq = ?", (row.seq,)).fetchone():
            return 0
        point_ms = row.point_ms if isinstance(row.point_ms, int) else None
        self._write(row.seq, draft, json.loads(row.event), row.event, point_ms)
        return 1

    def _write(
        self, seq: int, draft: Draft, event: Event, text: str, point_ms: int | None = None
    ) -> None:
        point = point_of(event)
        place: tuple[int | None, int | None, str | None] = (None, None, None)
        if point is not None:
            series = self._series_id(point.series)
            if point_ms is None or self._point_taken(series, point_ms):
                point_ms = self._times.next_free(series, draft.at_ms)
            place = (series, point_ms, point.to_text())
        self._db.execute(
            _INSERT,
            (
                seq, draft.at_ms, draft.type, draft.id, draft.lane, draft.device, draft.visit,
                draft.decision, draft.mode, draft.reading, *place, text,
            ),
        )  # fmt: skip

    def _number(self, pragma: str) -> int:
        return int(self._db.execute(f"PRAGMA {pragma}").fetchone()[0])

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._series.clear()
        self._times.forget()

    def _series_id(self, key: str) -> int:
        if key not in self._series:
            self._db.execute("INSERT OR IGNORE INTO series (key) VALUES (?)", (key,))
            row = self._db.execute("SELECT id FROM series WHERE key = ?", (key,)).fetchone()
            self._series[key] = int(row[0])
        return self._series[key]

    def _point_taken(self, series: int, ms: int) -> bool:
        asked = "SELECT 1 FROM events WHERE series = ? AND point_ms = ?"
        return self._db.execute(asked, (series, ms)).fetchone() is not None

    def _newest_point(self, series: int) -> int | None:
        asked = "SELECT max(point_ms) FROM events WHERE series = ? AND point_ms IS NOT NULL"
        newest: int | None = self._db.execute(asked, (series,)).fetchone()[0]
        return newest

    def _undated(self, ahead_ms: int) -> bool:
        asked = "SELECT EXISTS (SELECT 1 FROM events WHERE at_ms < ? OR at_ms >= ?)"
        return bool(self._db.execute(asked, (CLOCK_UNSET_MS, ahead_ms)).fetchone()[0])
