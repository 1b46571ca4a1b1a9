"""How an estate stands at an instant, as the HQ hears of it: doors and devices, nobody's visit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds at the end of a window."""

    policy: str  # its hash
    level: str
    clock_trusted: bool
    lanes: Mapping[str, Mapping[str, Any]]

    @property
    def lasting(self) -> object:
        """What a change of is worth a word of its own: not a door, nor who waits."""
        lanes = {lane: (stood["mode"], stood["devices"]) for lane, stood in self.lanes.items()}
        return self.policy, self.level, self.clock_trusted, lanes

    @property
    def told(self) -> dict[str, Any]:
        """Lay it out as JSON."""
        return {
            "policy": self.policy,
            "level": self.level,
            "clock": {"trusted": self.clock_trusted},
            "lanes": {lane: dict(stood) for lane, stood in self.lanes.items()},
        }


def standing(
    lanes: Iterable[Mapping[str, Any]], *, policy: str, level: str, clock_trusted: bool
) -> Standing:
    """Draw it from the lanes as the page shows them, leaving out everybody at them."""
    return Standing(policy, level, clock_trusted, {x["lane"]: _lane(x) for x in lanes})


def _lane(view: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "door": view["gate"]["door"],
        "mode": view["mode"],
        "waiting": view["waiting"] + (view["visit"] is not None),
        "devices": {device["device"]: device["online"] for device in view["devices"]},
    }
