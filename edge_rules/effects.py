"""What the site reducer gives back: records, commands, words for the lane's display."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.commands import Command, Show
from devices.ids import DeviceId, LaneId


@dataclass(frozen=True, slots=True)
class Record:
    """One event for the outbox, which adds `seq`, `site` and keeps it for good.

    `body` is JSON: str, int, float, bool, None, lists and maps of these; never a person.
    """

    id: str
    type: str
    at_ms: int
    body: Mapping[str, Any]
    lane: LaneId | None = None
    device: DeviceId | None = None
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class SendCommand:
    """Let a gate move, after every record before this effect is on disk.

    `waits_ms` bounds that wait: past it an admission comes back as RecordLate, while an operator's,
    an exit's or a release's command leaves all the same (`give_up` false). 0 waits for nothing.
    `show` is told to the person as the command leaves, and not before.
    """

    lane: LaneId
    device: DeviceId
    command: Command
    waits_ms: int
    give_up: bool
    show: Show | None = None


@dataclass(frozen=True, slots=True)
class WithdrawCommand:
    """Stop repeating a command."""

    device: DeviceId
    command: str


@dataclass(frozen=True, slots=True)
class ShowAtLane:
    """Tell the person at the lane what happens."""

    lane: LaneId
    show: Show


@dataclass(frozen=True, slots=True)
class AskPlatform:
    """Ask the platform about a text that was scanned; its answer comes back as PlatformAnswered.

    The rules never had the text: whoever took the reading keeps it for this.
    """

    query: str
    lane: LaneId
    device: DeviceId
    reading: str


@dataclass(frozen=True, slots=True)
class DropQuery:
    """Nobody waits for this answer any more: forget the text."""

    query: str


Effect = Record | SendCommand | WithdrawCommand | ShowAtLane | AskPlatform | DropQuery
