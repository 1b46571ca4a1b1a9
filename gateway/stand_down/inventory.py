"""What a data folder holds about persons, before any of it goes."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.moment import format_stamp
from gateway.outbox.ledger import Cursor
from gateway.outbox.past import events_of
from gateway.outbox.schema import FILE, open_for_reading
from gateway.passes.pass_files import FOLDER as PASSES
from gateway.people.people_list import FOLDER as PEOPLE
from gateway.stand_down.kept import kept_counts

# Records with all their copies and remnants, the key of the subjects, pictures, and what a broker
# that was made to keep things would have kept: texts of codes; passes, whose numbers are persons;
# the list of people.
ABOUT_PERSONS = (
    "outbox*", "subject.key", ".subject.key.*", "*.cptv", "broker/*.db", "*.bak", "*.sqlite*",
    f"{PASSES}/*", f"{PEOPLE}/*", f"{PEOPLE}/.*",
)  # fmt: skip
NOT_ABOUT_PERSONS = ("outbox.lock",)
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """A record in figures: nothing in here is about one person."""

    rows: int
    first: str | None
    last: str | None
    last_seq: int
    standing: dict[str, str]
    cursors: dict[str, Cursor]
    waiting: dict[str, int]
    kept: list[dict[str, Any]]


def about_persons(folder: Path, recordings: tuple[Path, ...] = ()) -> list[Path]:
    """List every file to destroy: those of the folder, and recordings named elsewhere."""
    found = {path for pattern in ABOUT_PERSONS for path in folder.glob(pattern) if path.is_file()}
    found -= {folder / name for name in NOT_ABOUT_PERSONS}
    return sorted(found | {path for path in recordings if path.is_file()})


def describe(path: Path) -> dict[str, Any]:
    """Give a file's name, size and SHA-256, so that a copy found later can be told for one."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def read_record(folder: Path, forwarders: tuple[str, ...]) -> Record | None:
    """Count what the record holds; None where there is none. sqlite3.DatabaseError: damaged."""
    path = folder / FILE
    if not path.exists():
        return None
    with closing(open_for_reading(path)) as db:
        rows, first_ms, last_ms = db.execute(
            "SELECT count(*), min(at_ms), max(at_ms) FROM events"
        ).fetchone()
        cursors = {
            name: Cursor(sent, again)
            for name, sent, again in db.execute("SELECT name, sent, again FROM cursors")
        }
        counter = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return Record(
            rows,
            None if first_ms is None else format_stamp(first_ms),
            None if last_ms is None else format_stamp(last_ms),
            int(counter[0]) if counter else 0,
            _standing(db),
            cursors,
            dict(_waiting(db, cursors, forwarders)),
            kept_counts(events_of(db)),
        )


def _standing(db: sqlite3.Connection) -> dict[str, str]:
    rows = db.execute(
        "SELECT lane, mode FROM events WHERE seq IN"
        " (SELECT max(seq) FROM events WHERE mode IS NOT NULL GROUP BY lane)"
    )
    return {lane: mode for lane, mode in rows if mode != "normal"}


def _waiting(
    db: sqlite3.Connection, cursors: dict[str, Cursor], forwarders: tuple[str, ...]
) -> Iterator[tuple[str, int]]:
    for name in forwarders:
        asked = "SELECT count(*) FROM events WHERE seq > ? AND point_ms IS NOT NULL"
        again = cursors.get(name, Cursor()).again
        if count := db.execute(asked, (again,)).fetchone()[0]:
            yield name, count
