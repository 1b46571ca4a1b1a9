"""At the end of a world: the record, the store and the gates, held against each other."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway.points import point_from_text
from simulators.audit import Audit
from simulators.virtual.promises import Promises
from simulators.virtual.store import VirtualStore

PROBES = "queue"  # points that are of no event


def events_of(path: Path) -> list[dict[str, Any]]:
    """Read what is still on record."""
    with closing(sqlite3.connect(path)) as db:
        return [json.loads(text) for (text,) in db.execute("SELECT event FROM events ORDER BY seq")]


def reckon(path: Path, store: VirtualStore, promises: Promises, dropped: int) -> int:
    """Complain of everything that is not as it should be once all is quiet; count the events."""
    events = promises.record
    kept = {event["seq"]: event for event in events_of(path)}
    if len(events) - len(kept) != dropped:
        gone = len(events) - len(kept)
        promises.complain(11, f"{gone} events have gone, of which {dropped} for want of room")
    if any(kept.get(event["seq"], event) != event for event in events):
        promises.complain(11, "an event on record is not what was written")
    for fault in Audit().read(events).end().faults:
        promises.complain(_promise_of(fault), fault)
    ids = Counter(event["id"] for event in events)
    for id_ in sorted(id_ for id_, count in ids.items() if count > 1):
        promises.complain(11, f"event {id_} is on record {ids[id_]} times")
    _compare_store(path, store, promises, dropped)
    _compare_gates(events, promises)
    return len(events)


def _promise_of(fault: str) -> int:
    if "twice" in fault or "without" in fault or "ending" in fault:
        return 11
    return 3 if "grant" in fault else 1


def _compare_store(path: Path, store: VirtualStore, promises: Promises, dropped: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT seq, point, point_ms FROM events WHERE point_ms IS NOT NULL ORDER BY seq"
        ).fetchall()
    wanted: dict[tuple[str, int], tuple[tuple[str, float], ...]] = {}
    for seq, text, ms in rows:
        point = point_from_text(text)
        if (point.series, ms) in wanted:
            promises.complain(11, f"event {seq}: its point's millisecond is another's")
        wanted[point.series, ms] = point.fields
    there = {key: value for key, value in store.points.items() if json.loads(key[0])[0] != PROBES}
    if lacking := len(wanted.keys() - there.keys()):
        promises.complain(11, f"the store lacks {lacking} of {len(wanted)} points")
    strange = len(there.keys() - wanted.keys())
    if strange > dropped:
        promises.complain(11, f"the store has {strange} points that no event stands for")
    if other := [key for key in wanted.keys() & there.keys() if wanted[key] != there[key]]:
        promises.complain(11, f"{len(other)} points of the store have other values")


def _compare_gates(events: Sequence[Mapping[str, Any]], promises: Promises) -> None:
    modes: dict[str, str] = {}
    for event in events:
        if event.get("mode") and event.get("lane"):
            modes[event["lane"]] = event["mode"]
    for lane, truth in promises.lanes.items():
        gate, mode = promises.gates[truth.gate], modes.get(lane, "normal")
        if mode == "released" and not gate.released:
            promises.complain(7, "a release stands on record, and the gate is shut", lane)
        if mode == "lockdown" and truth.inward and not gate.locked:
            promises.complain(7, "a lockdown stands on record, and the gate is not locked", lane)
        if mode == "normal" and gate.released and lane not in promises.released_by_hand:
            promises.complain(7, "restored on record, and the gate still stands released", lane)
        if mode == "normal" and gate.locked:
            promises.complain(7, "nothing stands on record, and the gate is locked", lane)
