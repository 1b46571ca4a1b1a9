"""One lane's window of work: counts of events, and how things stood at its end. No reasons."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.ports import Event

_COUNTED = {
    "passage-not-taken": "not_taken",
    "visit-abandoned": "abandoned",
    "gate-opened": "openings",
    "gate-unknown": "unconfirmed",
    "gate-alarm": "gate_alarms",
    "alarm-raised": "alarms",
    "device-offline": "outages",
}
_NAMES = ("admitted", "refused", "passages_in", "passages_out", *_COUNTED.values())


@dataclass(slots=True)
class LaneMinute:
    """What one lane did since the last mark."""

    counts: Counter[str] = field(default_factory=Counter)
    latencies_ms: int = 0  # admissions' sum in whole ms: no rounding that order could change
    latency_ms: int = 0  # the longest

    def take(self, event: Event) -> None:
        """Count one event; what a refusal was for, and whether somebody measured again, is not."""
        type_ = event["type"]
        if type_ == "passage-decided":
            self._decided(event)
        elif type_ == "passage-completed":
            way = "out" if event.get("direction") == "out" else "in"
            self.counts[f"passages_{way}"] += 1
        elif type_ in _COUNTED:
            self.counts[_COUNTED[type_]] += 1

    def told(self, span_ms: int, stood: Mapping[str, Any]) -> dict[str, Any]:
        """Lay out the window's data; `stood` is the lane's part of the closing mark."""
        counts, admitted = self.counts, self.counts["admitted"]
        passages = counts["passages_in"] + counts["passages_out"]
        mean = round(self.latencies_ms / admitted) if admitted else None
        return {
            **{name: counts[name] for name in _NAMES},
            "passages_per_minute": round(passages * 60_000 / span_ms, 2),
            "latency_ms": {"mean": mean, "most": self.latency_ms if admitted else None},
            "waiting": stood.get("waiting"),
            "door": stood.get("door"),
            "mode": stood.get("mode"),
            "devices": dict(stood.get("devices") or {}),
        }

    def _decided(self, event: Event) -> None:
        if event.get("decision") != "admit":
            self.counts["refused"] += 1
            return
        self.counts["admitted"] += 1
        took = event.get("latency_ms")
        took_ms = round(took) if isinstance(took, int | float) else 0
        self.latencies_ms += took_ms
        self.latency_ms = max(self.latency_ms, took_ms)
