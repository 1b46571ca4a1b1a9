"""Reading what is committed: a connection and a thread of its own, so that no writer waits."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gateway.outbox.errors import OutboxReadError
from gateway.outbox.schema import open_for_reading
from gateway.points import Point, point_from_text
from gateway.ports import Event

# The column that leaves the fewest rows comes first. Each index holds its rows by `seq`.
_EQUALS = (
    ("id", "by_id"),
    ("visit", "by_visit"),
    ("decision", "by_decision"),
    ("type", "by_type"),
    ("lane", "by_lane"),
)
NARROW = 20_000  # rows of a span of time up to which the index on time beats reading in order

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """A point with the millisecond its row was given."""

    seq: int
    point: Point
    at_ms: int


@dataclass(frozen=True, slots=True)
class PointBatch:
    """Points in order, and the sequence that they and the events without a point reach to."""

    points: tuple[StoredPoint, ...]
    through: int


class Reader:
    """One read-only connection behind one thread, which ends with it."""

    def __init__(self, path: Path, thread: Executor | None = None) -> None:
        self._db = open_for_reading(path)
        self._thread = thread or ThreadPoolExecutor(1, thread_name_prefix="outbox-reader")

    async def events(self, after: int, limit: int, **filters: Any) -> list[Event]:  # noqa: ANN401
        """Return events with seq > after that meet every filter, ascending."""
        return await self._ask(lambda: select_events(self._db, after, limit, **filters))

    async def points(self, after: int, limit: int, until: int | None = None) -> PointBatch:
        """Return the points behind a sequence, up to `limit` of them and not beyond `until`."""
        return await self._ask(lambda: select_points(self._db, after, limit, until))

    def close(self) -> None:
        """Break off the read under way, however long it would take, and close."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._db.interrupt()
        self._thread.shutdown()
        self._db.close()

    async def _ask(self, question: Callable[[], Answer]) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, question)
        except sqlite3.Error as error:
            msg = f"outbox: reading failed: {error}"
            raise OutboxReadError(msg) from error


def select_events(
    db: sqlite3.Connection,
    after: int,
    limit: int,
    *,
    from_ms: int | None = None,
    to_ms: int | None = None,
    **equal: str | None,
) -> list[Event]:
    """Read events with seq > after, ascending; every filter that is not None must hold."""
    if unknown := equal.keys() - {column for column, _ in _EQUALS}:
        msg = f"no filter {min(unknown)}"
        raise TypeError(msg)
    index = "NOT INDEXED"
    wanted = ["seq > ?"]
    given: list[Any] = [after]
    for column, by in reversed(_EQUALS):
        if equal.get(column) is not None:
            wanted.append(f"{column} = ?")
            given.append(equal[column])
            index = f"INDEXED BY {by}"
    if from_ms is not None or to_ms is not None:
        span = (-(2**62) if from_ms is None else from_ms, 2**62 if to_ms is None else to_ms)
        wanted.append("at_ms >= ? AND at_ms < ?")
        given.extend(span)
        if index not in {"INDEXED BY by_id", "INDEXED BY by_visit"} and _is_narrow(db, span):
            index = "INDEXED BY by_at"
    rows = db.execute(
        f"SELECT event FROM events {index} WHERE {' AND '.join(wanted)} ORDER BY seq LIMIT ?",  # noqa: S608
        (*given, limit),
    )
    return [json.loads(text) for (text,) in rows]


def select_points(
    db: sqlite3.Connection, after: int, limit: int, until: int | None = None
) -> PointBatch:
    """Read points with seq > after, ascending, and how far that looked."""
    end = 2**62 if until is None else until
    db.execute("BEGIN")  # one snapshot for both questions
    try:
        rows = db.execute(
            "SELECT seq, point, point_ms FROM events NOT INDEXED"
            " WHERE seq > ? AND seq <= ? AND point_ms IS NOT NULL ORDER BY seq LIMIT ?",
            (after, end, limit),
        ).fetchall()
        newest = db.execute("SELECT max(seq) FROM events").fetchone()[0] or 0
    finally:
        db.execute("COMMIT")
    points = tuple(StoredPoint(seq, point_from_text(text), ms) for seq, text, ms in rows)
    through = points[-1].seq if len(points) >= limit else min(newest, end)
    return PointBatch(points, max(after, through))


def _is_narrow(db: sqlite3.Connection, span: tuple[int, int]) -> bool:
    asked = (
        "SELECT count(*) FROM (SELECT 1 FROM events INDEXED BY by_at"
        " WHERE at_ms >= ? AND at_ms < ? LIMIT ?)"
    )
    return int(db.execute(asked, (*span, NARROW)).fetchone()[0]) < NARROW
