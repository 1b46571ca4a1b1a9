"""What a reading is worth on arrival: known already or new, fresh or stale, and put on record."""

from collections.abc import Mapping
from typing import Any

from devices.arrival import Fence
from devices.readings import Button, Passage, Presence, Temperature
from edge_rules.inputs import CredentialShown, ReadingArrived
from edge_rules.lane import LaneState
from edge_rules.turn import Turn

CLOCK_AHEAD_MS = 2000  # a device's clock further ahead than this is wrong

STALE = "reading-stale"
CLOCK_SUSPECT = "clock-suspect"

_KINDS = {
    CredentialShown: "scan",
    Temperature: "temperature",
    Presence: "presence",
    Passage: "passage",
    Button: "button",
}


def identity(reading: object) -> str | None:
    """Name a reading so that a redelivered one is known for one; None where nothing names it."""
    kind = _KINDS.get(type(reading))
    if kind is None:
        return None
    return _identity(kind, getattr(reading, "id", ""), getattr(reading, "at_ms", None))


def identity_on_record(event: Mapping[str, Any]) -> str:
    """Name the reading of a `reading-received` event as `identity` does."""
    return _identity(event["kind"], event["reading"], event.get("said_ms"))


def _identity(kind: str, id_: str, said_ms: int | None) -> str:
    # A gate that counts its ids from 1 after each power cut must not make its buttons dead.
    return f"{kind}/{id_}/{said_ms}" if kind == "button" else f"{kind}/{id_}"


def journal(given: ReadingArrived, turn: Turn, **more: object) -> None:
    """Put a reading on record; it was acknowledged to nobody before."""
    reading = given.reading
    body = {
        "reading": getattr(reading, "id", None),
        "kind": _KINDS[type(reading)],
        "fenced": given.fence is not Fence.LIVE,
        **more,
    }
    turn.record("reading-received", body, lane=given.lane, device=given.device)


def staleness(lane: LaneState, given: ReadingArrived, turn: Turn) -> list[str]:
    """Say why a reading can't stand for a person who is there now; empty when it can."""
    at_ms: int | None = getattr(given.reading, "at_ms", None)
    age_ms = None if at_ms is None else given.arrived.wall_ms - at_ms
    if age_ms is not None and age_ms < -CLOCK_AHEAD_MS:
        return [STALE, CLOCK_SUSPECT]
    # On one clock that never steps: also after the wall clock was set, what a device sent before
    # this run began is known for it.
    running_ms = given.arrived.boot_ms - turn.rules.started.boot_ms
    stale = given.fence is Fence.BEFORE_START or (
        _queued(lane, given)
        if age_ms is None
        else age_ms > min(running_ms, lane.rules.reading_max_age_ms)
    )
    return [STALE] if stale else []


def happens_now(lane: LaneState, given: ReadingArrived, turn: Turn) -> bool:
    """Tell what is live, whatever the device's clock says, from what waited too long in a queue."""
    return not _queued(lane, given) or not staleness(lane, given, turn)


def _queued(lane: LaneState, given: ReadingArrived) -> bool:
    """Whether a reading waited somewhere: at the broker, or at a device that had no link."""
    announced = not lane.rules.devices[given.device].announces or lane.online.get(given.device)
    return given.fence is not Fence.LIVE or not announced
