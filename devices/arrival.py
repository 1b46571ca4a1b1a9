"""A reading as it reached the gateway: from whom, when, and whether it may be old."""

from dataclasses import dataclass
from enum import StrEnum

from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import Reading


class Fence(StrEnum):
    """How far a message can be trusted to be fresh (the reconnect fence of docs/protocol.md)."""

    LIVE = "live"  # arrived behind the marker: the broker handed it on as it was sent
    QUEUED = "queued"  # arrived before the marker: it waited somewhere while the link was down
    BEFORE_START = "before-start"  # queued, and this process had not lived when it was sent


@dataclass(frozen=True, slots=True)
class Arrival:
    """One reading of one device at one lane; `at` is when its last byte was here."""

    lane: LaneId
    device: DeviceId
    reading: Reading
    at: Moment
    fence: Fence = Fence.LIVE
    retained: bool = False
