"""What simulated devices write on the wire, spelt out anew from docs/protocol.md.

It shares no codec with `devices/native`, so that a fault on one side can't hide on the other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devices.moment import Moment

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message on a device's own channel, always at QoS 1."""

    channel: str
    body: Body
    retained: bool = False

    @property
    def payload(self) -> bytes:
        """The bytes on the wire."""
        return json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands: its part of the topics."""

    site: str
    lane: str
    device: str

    def topic(self, channel: str) -> str:
        """Return the topic of one of its channels."""
        return f"menshen/1/{self.site}/{self.lane}/{self.device}/{channel}"

    @property
    def gateway_online(self) -> str:
        """Return the topic on which the gateway says that it is there."""
        return f"menshen/1/{self.site}/gateway/online"


def stamp(now: Moment) -> str:
    """Write the wall clock as RFC 3339 in UTC with milliseconds."""
    at = datetime.fromtimestamp(now.wall_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def online_message(*, online: bool, now: Moment) -> Message:
    """Say that a device is there, or is not."""
    return Message("online", {"online": online, "at": stamp(now)}, retained=True)


def scan_message(id_: str, text: str, now: Moment) -> Message:
    """Say what a scanner read."""
    return Message("scan", {"id": id_, "at": stamp(now), "text": text, "symbology": "qr"})


def temperature_message(id_: str, celsius: float, spot: str, kind: str, now: Moment) -> Message:
    """Say what a thermometer measured."""
    body = {"id": id_, "at": stamp(now), "celsius": celsius, "spot": spot, "kind": kind}
    return Message("temperature", {**body, "uncertainty": 0.2, "quality": "good"})


def read_object(payload: bytes) -> Body | None:
    """Read a payload that must be a JSON object; None for anything else."""
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def says_online(payload: bytes) -> bool | None:
    """Read an `online` payload; None when it can't be told."""
    body = read_object(payload)
    online = body.get("online") if body else None
    return online if isinstance(online, bool) else None
