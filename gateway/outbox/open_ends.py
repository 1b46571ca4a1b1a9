"""What the last run left unfinished, found at start with bounded work."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.ports import Event

LOOK_BACK = 100_000  # events: minutes at the fullest load, days on a quiet estate
IDS_PER_DEVICE = 20_000
IDS_LOOKED_AT = 200_000

_ENDED = frozenset({"scan", "temperature"})  # kinds of reading that some visit must end
_KINDS = (
    "reading-received",
    "passage-decided",
    "visit-abandoned",
    "passage-completed",
    "passage-not-taken",
    "gate-commanded",
    "gate-opened",
    "gate-unknown",
)


@dataclass(frozen=True, slots=True)
class OpenEnds:
    """Everything that was under way when the outbox was last written.

    `seen` has each device's latest reading ids, oldest first. `readings` are scans and
    temperatures whose visit has no ending. `grants` maps a grant to the event that gave it,
    `commands` a command to its `gate-commanded`, `modes` a lane to `lockdown` or `released`.
    """

    seen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    readings: tuple[Event, ...] = ()
    grants: Mapping[str, Event] = field(default_factory=dict)
    commands: Mapping[str, Event] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)


def find_open_ends(
    db: sqlite3.Connection,
    *,
    look_back: int = LOOK_BACK,
    ids_per_device: int = IDS_PER_DEVICE,
) -> OpenEnds:
    """Read back over the newest events; a duty older than `look_back` events is not found."""
    trail = _Trail()
    for event in _recent(db, look_back):
        trail.follow(event)
    readings = sorted((e for held in trail.readings.values() for e in held), key=_seq)
    return OpenEnds(
        _seen(db, ids_per_device), tuple(readings), trail.grants, trail.commands, _modes(db)
    )


class _Trail:
    def __init__(self) -> None:
        self.readings: dict[tuple[str | None, str], list[Event]] = {}
        self.grants: dict[str, Event] = {}
        self.commands: dict[str, Event] = {}

    def follow(self, event: Event) -> None:
        type_ = event["type"]
        if type_ == "reading-received" and event.get("kind") in _ENDED:
            self.readings.setdefault((event.get("lane"), event["reading"]), []).append(event)
        elif type_ in {"passage-decided", "visit-abandoned"}:
            self._end_readings(event)
        grant, command = event.get("grant"), event.get("command") or ""
        if type_ == "passage-decided" and grant:
            self.grants[grant] = event
        elif type_ == "gate-commanded":
            self.commands[command] = event
            if grant:
                self.grants.setdefault(grant, event)
        elif type_ in {"gate-opened", "gate-unknown"}:
            self.commands.pop(command, None)
        elif type_ in {"passage-completed", "passage-not-taken", "visit-abandoned"} and grant:
            self.grants.pop(grant, None)

    def _end_readings(self, event: Event) -> None:
        """Two devices of a lane may use the same id: each time it is listed ends one of them."""
        for reading in event.get("readings") or ():
            key = (event.get("lane"), reading)
            if held := self.readings.get(key):
                held.pop(0)
                if not held:
                    del self.readings[key]


def _recent(db: sqlite3.Connection, look_back: int) -> Iterator[Event]:
    marks = ", ".join("?" * len(_KINDS))
    rows = db.execute(
        f"SELECT event FROM events NOT INDEXED WHERE type IN ({marks})"  # noqa: S608
        " AND seq > (SELECT coalesce(max(seq), 0) FROM events) - ? ORDER BY seq",
        (*_KINDS, look_back),
    )
    return (json.loads(text) for (text,) in rows)


def _seen(db: sqlite3.Connection, ids_per_device: int) -> dict[str, tuple[str, ...]]:
    rows = db.execute(
        "SELECT device, reading FROM events INDEXED BY by_type"
        " WHERE type = 'reading-received' ORDER BY seq DESC LIMIT ?",
        (IDS_LOOKED_AT,),
    )
    seen: dict[str, list[str]] = {}
    for device, reading in rows:
        ids = seen.setdefault(device, [])
        if reading is not None and len(ids) < ids_per_device:
            ids.append(reading)
    return {device: tuple(reversed(ids)) for device, ids in seen.items()}


def _modes(db: sqlite3.Connection) -> dict[str, str]:
    rows = db.execute(
        "SELECT lane, mode FROM events WHERE seq IN"
        " (SELECT max(seq) FROM events WHERE mode IS NOT NULL GROUP BY lane)"
    )
    return {lane: mode for lane, mode in rows if mode != "normal"}


def _seq(event: Event) -> int:
    seq: int = event["seq"]
    return seq
