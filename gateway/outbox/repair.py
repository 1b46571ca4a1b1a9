"""A damaged file: what of it can still be read goes into a new one, and it itself is kept.

The new file is written beside the damaged one and only then takes its place, so that a power cut
in the middle of a repair costs the time it took and nothing else.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gateway.outbox.first_page import make_legible, remove_copy
from gateway.outbox.ledger import CLOCK_UNSET_MS, STANDING_ROWS, Cursor, KeptRow, Ledger
from gateway.outbox.schema import open_for_reading, open_for_writing, put_in_place, set_aside

NEW_FILE = "outbox.repairing.db"
WITHIN_S = 20.0  # gates wait behind this: the newest rows first, then as many as there is time for
ROWS = 1_000  # of one commit
ENDS = ("", "-wal", "-shm")

_BROKEN = {"SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS"}

MonotonicS = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of a damaged file: where it is now, and how much of it stands in the new one."""

    aside: Path
    saved: int
    whole: bool  # every row of it that can be read was

    def __str__(self) -> str:
        more = "" if self.whole else "; there was no time or room for more"
        return f"outbox: damaged; {self.saved} rows saved{more}; the old file is {self.aside.name}"


def repair(path: Path, now_ms: int, monotonic_s: MonotonicS = time.monotonic) -> Repair:
    """Put a new file in the damaged one's place, with what could be read of that."""
    new_path = path.with_name(NEW_FILE)
    for end in ENDS:
        path.with_name(NEW_FILE + end).unlink(missing_ok=True)
    with closing(Ledger(open_for_writing(new_path))) as new:
        legible = make_legible(path)
        saved, whole = _copy(legible, new, now_ms, monotonic_s() + WITHIN_S, monotonic_s)
        new.checkpoint(truncate=True)
    remove_copy(path)
    put_in_place(new_path, path.with_name(f"outbox.repaired-{now_ms}.db"))
    return Repair(finish_repair(path) or path, saved, whole)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell a file that is broken, or on a broken sector, from one that can't be opened now."""
    name = getattr(error, "sqlite_errorname", "")
    return not isinstance(error, sqlite3.OperationalError) or name in _BROKEN


def finish_repair(path: Path) -> Path | None:
    """Put a finished file in its place, also where that was cut off; name the damaged one."""
    for done in path.parent.glob("outbox.repaired-*.db"):
        aside = set_aside(path, int(done.stem.rpartition("-")[2]))
        put_in_place(done, path)
        return aside
    return None


def _copy(
    path: Path, new: Ledger, now_ms: int, until_s: float, monotonic_s: MonotonicS
) -> tuple[int, bool]:
    with closing(open_for_reading(path)) as old:
        # No sequence number is ever given twice: no outbox has had as many events as there were
        # milliseconds, and none has more than it says itself.
        new.restart_at(max(now_ms, CLOCK_UNSET_MS, _last_seq(old)) + 1)
        saved = 0
        try:
            new.restore((), _cursors(old))
            saved += new.restore(list(_standing(old)))
            rows = _rows(old)
            while some := list(islice(rows, ROWS)):
                saved += new.restore(some)
                if monotonic_s() > until_s:
                    return saved, False
        except sqlite3.OperationalError:  # no room for two: gates come first
            return saved, False
    return saved, True


def _last_seq(old: sqlite3.Connection) -> int:
    found = 0
    for asked in (
        "SELECT seq FROM sqlite_sequence WHERE name = 'events'",
        "SELECT max(seq) FROM events",
    ):
        with suppress(sqlite3.Error):
            row = old.execute(asked).fetchone()
            found = max(found, int(row[0]) if row and row[0] else 0)
    return found


def _cursors(old: sqlite3.Connection) -> dict[str, Cursor]:
    with suppress(sqlite3.Error):
        rows = old.execute("SELECT name, sent, again FROM cursors").fetchall()
        return {
            name: Cursor(sent, again)
            for name, sent, again in rows
            if isinstance(name, str) and isinstance(sent, int) and isinstance(again, int)
        }
    return {}


def _standing(old: sqlite3.Connection) -> Iterator[KeptRow]:
    """Find the last word on all that stands first: it may be older than all else."""
    with suppress(sqlite3.Error):
        rows = old.execute(
            f"SELECT seq, point_ms, event FROM events WHERE seq IN ({STANDING_ROWS})"  # noqa: S608
        ).fetchall()
        yield from (KeptRow(*row) for row in rows)


def _rows(old: sqlite3.Connection) -> Iterator[KeptRow]:
    """Read rows, the newest first, around every page that can't be read."""
    at = 2**62
    while True:
        try:
            for row in old.execute(
                "SELECT seq, point_ms, event FROM events NOT INDEXED WHERE seq < ?"
                " ORDER BY seq DESC",
                (at,),
            ):
                at = row[0]
                yield KeptRow(*row)
        except sqlite3.DatabaseError:
            below = _below_the_damage(old, at)
            if below is None:
                return
            at = below + 1
        else:
            return


def _below_the_damage(old: sqlite3.Connection, at: int) -> int | None:
    """Find the highest sequence under `at` where rows can be read again; None where there is none.

    Damage is taken to be in one piece: strides that double find its far side, halving its edge.
    """
    bad = _last_seq(old) + 1 if at == 2**62 else at - 1  # one row less, so that it always goes on
    stride = 1
    while (good := bad - stride) > 0 and not _readable(old, good):
        bad, stride = good, 2 * stride
    if good <= 0:
        return None if not _readable(old, 1) else _edge(old, 1, bad)
    return _edge(old, good, bad)


def _edge(old: sqlite3.Connection, good: int, bad: int) -> int:
    while bad - good > 1:
        middle = (good + bad) // 2
        if _readable(old, middle):
            good = middle
        else:
            bad = middle
    return good


def _readable(old: sqlite3.Connection, seq: int) -> bool:
    try:
        old.execute("SELECT event FROM events WHERE seq = ?", (seq,)).fetchone()
    except sqlite3.DatabaseError:
        return False
    return True
