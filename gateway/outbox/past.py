"""What a new run still has to know of those before it, read at start with bounded work."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.outbox.ledger import STANDING_POLICIES, STANDING_SHADOW
from gateway.outbox.schema import open_for_reading
from gateway.ports import Event

RECENT = 100_000  # events: minutes at the fullest load, days on a quiet estate
READINGS_LOOKED_AT = 20_000  # further back than those: of devices that seldom say anything
IDS_PER_DEVICE = 2_000
ADMISSIONS = 50_000
A_DAY_MS = 26 * 3_600_000  # one that a change of the zone's clocks made longer, with an hour over


@dataclass(frozen=True, slots=True)
class Past:
    """The record as `restarting.resume` takes it.

    `modes` maps a lane to the `lockdown` or `released` that stands there, however old. `earlier`
    holds what lies before `recent` and still counts: readings whose ids must be known again, and
    the admissions of the last day; both oldest first. `policies` is the last event that says which
    policies stand, `shadow` the last that says which one is tried, both however old.
    """

    path: Path
    modes: Mapping[str, str]
    earlier: tuple[Event, ...]
    after: int
    policies: Event | None = None
    shadow: Event | None = None

    @property
    def recent(self) -> Iterator[Event]:
        """Read the last events, oldest first, one at a time."""
        with closing(open_for_reading(self.path)) as db:
            yield from events_of(db, self.after)


def events_of(db: sqlite3.Connection, after: int = 0) -> Iterator[Event]:
    """Read a record's events in order, one at a time."""
    rows = db.execute("SELECT event FROM events NOT INDEXED WHERE seq > ? ORDER BY seq", (after,))
    return (json.loads(text) for (text,) in rows)


def read_past(path: Path, now_ms: int, *, recent: int = RECENT) -> Past:
    """Find what stands, where the recent part begins, and what counts of the part before it."""
    with closing(open_for_reading(path)) as db:
        row = db.execute(
            "SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET ?", (recent,)
        ).fetchone()
        after = int(row[0]) if row else 0
        earlier = {**_readings(db, after), **_admissions(db, after, now_ms)}
        return Past(
            path,
            _modes(db),
            tuple(earlier[seq] for seq in sorted(earlier)),
            after,
            _last(db, STANDING_POLICIES),
            _last(db, STANDING_SHADOW),
        )


def _last(db: sqlite3.Connection, types: tuple[str, ...]) -> Event | None:
    marks = ", ".join("?" * len(types))
    asked = f"SELECT max(seq) FROM events INDEXED BY by_type WHERE type IN ({marks})"  # noqa: S608
    seq = db.execute(asked, types).fetchone()[0]
    row = db.execute("SELECT event FROM events WHERE seq = ?", (seq,)).fetchone()
    event: Event | None = json.loads(row[0]) if row else None
    return event


def _modes(db: sqlite3.Connection) -> dict[str, str]:
    rows = db.execute(
        "SELECT lane, mode FROM events WHERE seq IN"
        " (SELECT max(seq) FROM events WHERE mode IS NOT NULL GROUP BY lane)"
    )
    return {lane: mode for lane, mode in rows if mode != "normal"}


def _readings(db: sqlite3.Connection, through: int) -> dict[int, Event]:
    rows = db.execute(
        "SELECT seq, device, event FROM events INDEXED BY by_type"
        " WHERE type = 'reading-received' AND seq <= ? ORDER BY seq DESC LIMIT ?",
        (through, READINGS_LOOKED_AT),
    )
    found: dict[int, Event] = {}
    count: dict[str, int] = {}
    for seq, device, text in rows:
        count[device] = count.get(device, 0) + 1
        if count[device] <= IDS_PER_DEVICE:
            found[seq] = json.loads(text)
    return found


def _admissions(db: sqlite3.Connection, through: int, now_ms: int) -> dict[int, Event]:
    rows = db.execute(
        "SELECT seq, event FROM events INDEXED BY by_admission"
        " WHERE decision = 'admit' AND at_ms >= ? AND seq <= ? ORDER BY at_ms DESC LIMIT ?",
        (now_ms - A_DAY_MS, through, ADMISSIONS),
    )
    return {seq: json.loads(text) for seq, text in rows}
