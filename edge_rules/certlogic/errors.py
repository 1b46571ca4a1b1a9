"""What can be wrong with a CertLogic rule: as it is written, and for the data it meets.

MenshenError
├── RuleInvalidError           the rule breaks the specification: every fault with its path
└── RuleFailedError            the rule is sound, but has no value for this data

No sentence quotes the data: it is a person's certificate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devices.errors import MenshenError

MAX_TOLD = 20  # faults in one sentence; `faults` holds all


@dataclass(frozen=True, slots=True)
class RuleFault:
    """One thing wrong in a rule; `path` is the JSON pointer of `expr`, the part that is wrong."""

    path: str
    expr: Any
    what: str

    def __str__(self) -> str:
        return f"rule{self.path}: {self.what}"


class RuleInvalidError(MenshenError):
    """A rule breaks the specification; nothing of it was evaluated."""

    def __init__(self, faults: Sequence[RuleFault]) -> None:
        self.faults = tuple(faults)
        told = "; ".join(map(str, self.faults[:MAX_TOLD]))
        rest = len(self.faults) - MAX_TOLD
        super().__init__(f"{told}; and {rest} more" if rest > 0 else told)


class RuleFailedError(MenshenError):
    """A rule has no value: wrong types, an unreadable date, a bound passed."""
