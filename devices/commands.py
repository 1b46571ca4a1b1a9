"""What the gateway tells devices."""

from dataclasses import dataclass
from enum import StrEnum

from devices.moment import Moment


class Do(StrEnum):
    """The verbs a gate obeys."""

    OPEN = "open"
    LOCK = "lock"
    UNLOCK = "unlock"
    RELEASE = "release"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Command:
    """One order to one gate; past `until` it must never be obeyed, however late it arrives."""

    id: str
    do: Do
    until: Moment
    hold_ms: int
    grant: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """What the lane's display and voice tell the person: colour, shape and words in both tongues.

    Colour never stands alone: `shape` says the same to those who can't tell red from green.
    """

    colour: str
    shape: str
    zh: str
    en: str
    tone: str | None = None
