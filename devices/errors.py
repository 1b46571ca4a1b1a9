"""Errors every layer may raise; each names the place, the fault and the next step.

MenshenError
├── DeviceProtocolError   a device said something its protocol forbids
├── DeviceLinkError       a device or broker can't be reached
├── SetupError           a file of ours is wrong: every fault with line and column
└── PartMissingError           a program or library this machine lacks
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_WHAT = 1000  # characters of a fault's sentence


class MenshenError(Exception):
    """Base of every error this project raises on purpose."""


class DeviceProtocolError(MenshenError):
    """A device sent, or was about to be sent, something its protocol forbids.

    `fault` never quotes what was sent: it may hold a person's credential.
    `position` is the offset in bytes of the fault, where one is known.
    """

    def __init__(self, fault: str, *, position: int | None = None) -> None:
        self.fault = fault
        self.position = position
        super().__init__(fault if position is None else f"{fault} (at byte {position})")


class DeviceLinkError(MenshenError):
    """A device, port or broker can't be reached; the sentence carries the remedy."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: where, what, and what would be right.

    It is one printable line, whatever words of the file it repeats.
    """

    source: str
    line: int
    column: int
    what: str

    def __post_init__(self) -> None:
        if not self.what.isprintable() or len(self.what) > MAX_WHAT:
            shown = "".join(map(_shown, self.what[:MAX_WHAT]))
            object.__setattr__(self, "what", shown)

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}: {self.what}"


class SetupError(MenshenError):
    """Everything wrong with the files a person wrote, found in one go."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class PartMissingError(MenshenError):
    """A needed program or library is not here; `remedy` is the command that installs it."""

    def __init__(self, part: str, remedy: str) -> None:
        self.part = part
        self.remedy = remedy
        super().__init__(f"{part} is missing; install it with: {remedy}")


def _shown(char: str) -> str:
    return char if char.isprintable() else f"\\u{ord(char):04x}"
