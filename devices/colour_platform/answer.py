"""What a platform says of a code, in our words."""

from dataclasses import dataclass, field
from enum import StrEnum


class Said(StrEnum):
    """Everything that may come of asking."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    EXPIRED = "expired"
    NOT_FOUND = "not-found"
    FAILED = "failed"
    TIMEOUT = "timeout"


COLOURS = frozenset({Said.GREEN, Said.YELLOW, Said.RED})
OF_PLATFORMS = frozenset(Said) - {Said.TIMEOUT}  # what a mapping may make of an answer

TIMED_OUT = "platform-timeout"
OFFLINE = "platform-offline"  # asked in vain so often that it is left alone for a while
UNREACHABLE = "platform-unreachable"
FAILING = "platform-failing"
REFUSES = "platform-refuses"
NOT_UNDERSTOOD = "answer-not-understood"
OF_ANOTHER = "answer-of-another"


@dataclass(frozen=True, slots=True)
class PlatformAnswer:
    """One answer; `why` there is no usable one, `identity` whose code it is, hashed at once.

    `sound`: the platform itself is well, whatever it says of this code. `again`: the next try
    may go better.
    """

    said: Said
    why: str | None = None
    identity: str | None = field(default=None, repr=False)
    sound: bool = True
    again: bool = False


def failed(why: str, *, sound: bool = False, again: bool = False) -> PlatformAnswer:
    """Return what comes of an answer that is none."""
    return PlatformAnswer(Said.FAILED, why, sound=sound, again=again)
