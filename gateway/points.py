"""Points for the time-series store: numbers of an event, under tags that name nobody."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeGuard

Event = Mapping[str, Any]

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps makes a new one a call
_WORD = re.compile(r"[a-z0-9-]{1,64}")

SERIES = 4096  # of an estate: some lanes times the words of one policy
_LARGEST = 1e300
NONE = "none"  # a tag that does not apply; an absent tag would make another kind of series


@dataclass(frozen=True, slots=True)
class Point:
    """One point before it has its millisecond; tags are sorted, every field is a float."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, float], ...]

    @property
    def series(self) -> str:
        """What two points must share to overwrite each other within one millisecond."""
        return _heads(self.measurement, self.tags).series

    def to_text(self) -> str:
        """Write the point as its outbox row keeps it."""
        return f"{_heads(self.measurement, self.tags).text}{_ENCODE(dict(self.fields))}]"

    def line(self, at_ms: int) -> str:
        """Write the point in line protocol; its words hold nothing that needs an escape."""
        fields = ",".join([f"{key}={value!r}" for key, value in self.fields])
        return f"{_heads(self.measurement, self.tags).line} {fields} {at_ms}"


@dataclass(frozen=True, slots=True)
class _Heads:
    """What the points of one series have in common."""

    series: str
    text: str
    line: str


@lru_cache(maxsize=SERIES)
def _heads(measurement: str, tags: tuple[tuple[str, str], ...]) -> _Heads:
    return _Heads(
        _ENCODE([measurement, *tags]),
        f"[{_ENCODE(measurement)},{_ENCODE(dict(tags))},",
        measurement + "".join(f",{key}={value}" for key, value in tags),
    )


def point_from_text(text: str) -> Point:
    """Read what `to_text` wrote."""
    head, _, fields = text.rpartition("{")  # fields are flat: no brace stands behind theirs
    measurement, tags = _head_from_text(head)
    return Point(measurement, tags, tuple(json.loads("{" + fields[:-1]).items()))


@lru_cache(maxsize=SERIES)
def _head_from_text(head: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    measurement, tags, _ = json.loads(head + "{}]")
    return measurement, tuple(tags.items())


def point_of(event: Event) -> Point | None:
    """Return the point that stands for an event in the store; None for types that have none."""
    make = _POINTS.get(event["type"])
    return make(event) if make else None


def queue_point(site: str, *, waiting: int, behind: int) -> Point:
    """Describe the outbox: records not on disk yet, and events not yet in the store."""
    return _point("queue", {"site": site}, {"waiting": waiting, "behind": behind})


def _passage(event: Event) -> Point:
    reasons = event.get("reasons") or [NONE]
    credential = event.get("credential") or {}
    tags = {
        "site": event["site"],
        "lane": event.get("lane"),
        "decision": event.get("decision"),
        "reason": reasons[0],
        "credential": credential.get("kind"),
    }
    fields = {"count": 1, "celsius": event.get("celsius"), "latency_ms": event.get("latency_ms")}
    return _point("passage", tags, fields)


def _gate(event: Event) -> Point:
    tags = {"site": event["site"], "lane": event.get("lane"), "event": event["type"]}
    if event["type"] == "gate-alarm":
        tags["reason"] = event.get("alarm")
    return _point("gate", tags, {"count": 1})


def _device(event: Event) -> Point:
    word = event["type"].removeprefix("device-")
    tags = {"site": event["site"], "lane": event.get("lane"), "event": word}
    return _point("device", tags, {"count": 1})


def _store(event: Event) -> Point:
    word = event["type"].removeprefix("store-")
    if word == "degraded" and event.get("degraded") is False:
        word = "recovered"
    return _point("store", {"site": event["site"], "event": word}, {"count": 1})


_POINTS: Mapping[str, Callable[[Event], Point]] = {
    "passage-decided": _passage,
    "gate-commanded": _gate,
    "gate-opened": _gate,
    "gate-unknown": _gate,
    "gate-alarm": _gate,
    "passage-completed": _gate,
    "passage-not-taken": _gate,
    "device-online": _device,
    "device-offline": _device,
    "store-degraded": _store,
    "store-refused": _store,
}


def _point(measurement: str, tags: Mapping[str, object], fields: Mapping[str, object]) -> Point:
    named = tuple(sorted((key, _word(value)) for key, value in tags.items()))
    # Always floats: a store refuses a field that is an integer in one point and not in the next.
    numbers = tuple((key, float(x)) for key, x in fields.items() if _is_number(x))
    return Point(measurement, named, numbers)


def _word(value: object) -> str:
    """Keep one of our own words as a tag; free text that somebody could have typed never is one."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else NONE


def _is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_LARGEST < value < _LARGEST  # false for NaN and infinities too
