"""CloudEvents 1.0 in structured JSON, as they travel to the HQ. Pure.

Source: CloudEvents 1.0.2, "JSON Event Format" and "MQTT Protocol Binding" (structured mode).
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from devices.native.topics import ROOT, VERSION

Channel = Literal["aggregate", "alarm", "status"]


def hq_topic(site: str, channel: Channel) -> str:
    """Name a channel to the HQ."""
    return f"{ROOT}/{VERSION}/{site}/hq/{channel}"


def received_topic(site: str) -> str:
    """Name the channel on which the HQ confirms."""
    return f"{ROOT}/{VERSION}/{site}/order/received"


def source_of(site: str, lane: str | None = None) -> str:
    """Name who speaks: an estate, or one of its lanes; a URI reference."""
    return f"/{ROOT}/{VERSION}/{site}" + (f"/{lane}" if lane else "")


def cloud_event(
    channel: Channel,
    id_: str,
    time: str,
    data: Mapping[str, Any],
    *,
    site: str,
    lane: str | None = None,
) -> bytes:
    """Write one event; `source` and `id` together name it for good."""
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": source_of(site, lane),
        "type": f"{ROOT}.{channel}",
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
