"""Windows of the record: what lies between two marks, always the same for the same rows. Pure.

A mark is a row too (`window-closed`, written by `minute_marks`), so a window is what the record
says it is: no clock, no restart and no delay changes what one holds. Order is the sequence; an
event stamped outside its window's minutes (the clock was set, the disk hung) counts in the window
where it stands, and is counted as `late` or `ahead`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devices.moment import format_stamp, parse_stamp
from gateway.ports import Event
from gateway.upwards.cloud_events import Channel, cloud_event
from gateway.upwards.health_hours import HOUR_MS, HealthHours
from gateway.upwards.lane_minutes import LaneMinute
from gateway.upwards.standing import Standing

MARK = "window-closed"
MINUTE_MS = 60_000
MOST_ALARMS = 256  # of one window: each has been sent on its own already


@dataclass(frozen=True, slots=True)
class Estate:
    """Whose windows, and how long they are."""

    site: str
    lanes: tuple[str, ...]
    hour_ms: int = HOUR_MS


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the HQ."""

    channel: Channel
    payload: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """All that one mark closes; the HQ has it once it has confirmed `through`."""

    through: int
    health_from: int  # where the health window that is open then began
    messages: tuple[Message, ...]


class WindowFold:
    """Takes the record's events in order and gives a batch at each mark.

    Rows up to `after` are confirmed: of them only the health window that is open is still needed.
    """

    def __init__(self, estate: Estate, *, after: int = 0, health_from: int = 0) -> None:
        self._estate = estate
        self._after = after
        self._confirmed = after
        self._health = HealthHours(health_from, estate.hour_ms)
        self._clear()

    def take(self, event: Event) -> Batch | None:
        """Take the next event."""
        confirmed = event["seq"] <= self._confirmed
        if event["type"] == MARK:
            return self._close(event, confirmed=confirmed)
        self._health.take(event)
        if not confirmed:
            self._count(event)
        return None

    def _clear(self) -> None:
        self._lanes = {lane: LaneMinute() for lane in self._estate.lanes}
        self._rows = 0
        self._stamps: Counter[int] = Counter()  # by second, so that no window is too large
        self._alarms: list[Message] = []
        self._unlisted_alarms = 0

    def _count(self, event: Event) -> None:
        self._rows += 1
        self._stamps[parse_stamp(event["at"]) // 1000] += 1
        if lane := event.get("lane"):
            self._lanes.setdefault(lane, LaneMinute()).take(event)
        if alarm := alarm_message(event):
            if len(self._alarms) < MOST_ALARMS:
                self._alarms.append(alarm)
            else:
                self._unlisted_alarms += 1

    def _close(self, mark: Event, *, confirmed: bool) -> Batch | None:
        from_ms, to_ms = parse_stamp(mark["from"]), parse_stamp(mark["to"])
        through = mark["seq"]
        self._health.take(mark)
        health = self._health.close(through, from_ms, to_ms)
        if confirmed:
            return None
        told = [*self._told(mark, from_ms, to_ms), *([(None, health)] if health else [])]
        whole = {"parts": len(told), "alarms": len(self._alarms) + self._unlisted_alarms}
        aggregates = [
            self._aggregate(lane, mark["to"], {**data, "part": part, **whole})
            for part, (lane, data) in enumerate(told, 1)
        ]
        batch = Batch(through, self._health.start, (*self._alarms, *aggregates))
        self._after = through
        self._clear()
        return batch

    def _told(
        self, mark: Event, from_ms: int, to_ms: int
    ) -> Iterator[tuple[str | None, dict[str, Any]]]:
        stood = mark.get("lanes") or {}
        whole = {
            "about": "lane",
            "from": mark["from"],
            "to": mark["to"],
            "after": self._after,
            "through": mark["seq"],
        }
        trusted = (mark.get("clock") or {}).get("trusted")
        site = {
            "policy": mark.get("policy"),
            "level": mark.get("level"),
            "clock": {
                "trusted": trusted,
                "late": self._stamped(lambda at_s: at_s < from_ms // 1000),
                "ahead": self._stamped(lambda at_s: at_s > parse_stamp(mark["at"]) // 1000),
            },
            # Rows may have expired while the HQ was away: then the counts are too small.
            "complete": self._rows == mark["seq"] - self._after - 1,
        }
        for lane, minute in self._lanes.items():
            data = minute.told(max(1, to_ms - from_ms), stood.get(lane) or {})
            yield lane, {**whole, **data, **site}

    def _stamped(self, when: Callable[[int], bool]) -> int:
        return sum(count for at_s, count in self._stamps.items() if when(at_s))

    def _aggregate(self, lane: str | None, to: str, data: Mapping[str, Any]) -> Message:
        id_ = f"{data['about']}-{data['after']}-{data['through']}-{to}"
        return Message(
            "aggregate", cloud_event("aggregate", id_, to, data, site=self._estate.site, lane=lane)
        )


def windows(events: Iterable[Event], estate: Estate) -> Iterator[Batch]:
    """Give all batches of a record, or of a part of one that begins at its first row."""
    fold = WindowFold(estate)
    for event in events:
        if batch := fold.take(event):
            yield batch


def alarm_message(event: Event) -> Message | None:
    """Write an alarm for the HQ: its word, where and when; neither the visit nor the sentence."""
    if event["type"] != "alarm-raised":
        return None
    data = {
        "alarm": event.get("alarm"),
        "severity": event.get("severity"),
        "lane": event.get("lane"),
        "device": event.get("device"),
        "at": event["at"],
        "seq": event["seq"],
    }
    return Message(
        "alarm", cloud_event("alarm", event["id"], event["at"], data, site=event["site"])
    )


def mark_body(from_ms: int, to_ms: int, stands: Standing) -> dict[str, Any]:
    """Lay out a mark's own keys: the minutes it closes, and how the estate stood at its end."""
    return {"from": format_stamp(from_ms), "to": format_stamp(to_ms), **stands.told}
