"""What the doctor found, one thing at a time, with its remedy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is: `bad` keeps the gateway from doing its work, `warn` will hurt some day."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; whatever is not ok says what to do."""

    check: str
    state: State
    said: str
    remedy: str = ""
    missing: bool = False  # a needed program is not here


def ok(check: str, said: str) -> Finding:
    """Say that it is as it should be."""
    return Finding(check, State.OK, said)


def warn(check: str, said: str, remedy: str) -> Finding:
    """Say what will hurt some day."""
    return Finding(check, State.WARN, said, remedy)


def bad(check: str, said: str, remedy: str) -> Finding:
    """Say what keeps the gateway from its work."""
    return Finding(check, State.BAD, said, remedy)


def missing(check: str, said: str, remedy: str) -> Finding:
    """Say which needed program is not here; the remedy is the command that installs it."""
    return Finding(check, State.BAD, said, remedy, missing=True)


def worst(findings: Iterable[Finding]) -> State:
    """Return the worst state among findings, ok when there are none."""
    order: Sequence[State] = (State.OK, State.WARN, State.BAD)
    return max((finding.state for finding in findings), key=order.index, default=State.OK)
