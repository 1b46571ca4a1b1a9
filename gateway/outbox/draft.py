"""A record made ready for its row: everything of it but the sequence number."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.moment import format_stamp, parse_stamp
from edge_rules.effects import Record
from edge_rules.lane import Authority

MODES = frozenset({"normal", "lockdown", "released"})
_URGENT = frozenset({"operator-acted", "alarm-raised", "gate-opened", "gate-unknown"})

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Draft:
    """One event without its `seq`; the fields beside `tail` are columns to search by."""

    id: str
    type: str
    at_ms: int
    lane: str | None
    device: str | None
    visit: str | None
    decision: str | None
    mode: str | None  # what stands at the lane from here on, where the event says so
    reading: str | None
    tail: str  # the event's JSON behind its "seq"
    urgent: bool = False  # what a full disk's last room is for

    def text(self, seq: int) -> str:
        """Write the whole event as JSON."""
        return f'{{"seq":{seq},{self.tail}'


def draft_of(record: Record, site: str) -> Draft:
    """Encode a record now, so that neither a bad value nor a later change can reach the writer.

    ValueError or TypeError name a record that is not JSON or repeats a key of the event's head.
    """
    head: dict[str, Any] = {
        "id": record.id,
        "type": record.type,
        "at": format_stamp(record.at_ms),
        "site": site,
    }
    for key in ("lane", "device", "visit"):
        if (value := getattr(record, key)) is not None:
            head[key] = value
    if clash := (head.keys() | {"seq"}) & record.body.keys():
        msg = f"record {record.id} ({record.type}): {min(clash)} stands in head and body"
        raise ValueError(msg)
    text = _ENCODE({**head, **record.body})
    # A lone surrogate is no character: no UTF-8 file and no answer of the API could hold it.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return Draft(
        record.id,
        record.type,
        record.at_ms,
        record.lane,
        record.device,
        record.visit,
        _word(record.body, "decision"),
        _mode(record),
        _word(record.body, "reading") if record.type == "reading-received" else None,
        text[1:],
        _is_urgent(record),
    )


def _is_urgent(record: Record) -> bool:
    """Tell acts, exits, releases, what gates said to them, and alarms: a full disk keeps these."""
    if record.type == "gate-commanded":
        return record.body.get("authority") != Authority.POLICY
    return record.type in _URGENT or _mode(record) is not None


def draft_again(text: str, seq: int) -> Draft:
    """Read a stored event back; ValueError, TypeError or KeyError where it is not a whole one."""
    event = json.loads(text)
    if not isinstance(event, dict) or event["seq"] != seq or not text.startswith(f'{{"seq":{seq},'):
        msg = "not the event of its row"
        raise ValueError(msg)
    lane, device, visit = (_word(event, key) for key in ("lane", "device", "visit"))
    mode, reading = _word(event, "mode"), _word(event, "reading")
    type_, id_ = event["type"], event["id"]
    if not isinstance(type_, str) or not isinstance(id_, str):
        msg = "an event's type and id are words"
        raise TypeError(msg)
    return Draft(
        id_,
        type_,
        parse_stamp(event["at"]),
        lane,
        device,
        visit,
        _word(event, "decision"),
        mode if mode in MODES and lane is not None else None,
        reading if type_ == "reading-received" else None,
        text[len(f'{{"seq":{seq},') :],
    )


def _word(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    return str(value) if isinstance(value, str) else None


def _mode(record: Record) -> str | None:
    mode = _word(record.body, "mode")
    return mode if mode in MODES and record.lane is not None else None
