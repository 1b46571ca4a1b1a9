"""What can be wrong with an expression: as it is written, and when it is judged.

MenshenError
├── ExpressionRefusedError     the text can't be a rule: every fault with its position
└── EvaluationError            the text is sound, but has no value for these facts
    └── FactsMissingError      because facts that it needs are missing
"""

from collections.abc import Sequence
from dataclasses import dataclass

from devices.errors import MenshenError


@dataclass(frozen=True, slots=True)
class ExpressionFault:
    """One thing wrong in an expression; `at` counts characters from its start."""

    at: int
    what: str


class ExpressionRefusedError(MenshenError):
    """An expression can't be used; nothing of it was evaluated."""

    def __init__(self, faults: Sequence[ExpressionFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.what} (at {fault.at})" for fault in faults))


class EvaluationError(MenshenError):
    """An expression has no value: overflow, division by zero, no such key and the like."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


class FactsMissingError(EvaluationError):
    """Facts that the value depends on are missing.

    It is made on the way to decisions, so its sentence is written only when somebody reads it.
    """

    def __init__(self, facts: tuple[str, ...]) -> None:
        self.facts = facts

    def __str__(self) -> str:
        return f"missing: {', '.join(self.facts)}"


def worst(errors: Sequence[EvaluationError]) -> EvaluationError:
    """Make one error of those that nothing outweighs; missing facts come first, all of them."""
    missing = [
        fact for error in errors if isinstance(error, FactsMissingError) for fact in error.facts
    ]
    return FactsMissingError(tuple(dict.fromkeys(missing))) if missing else errors[0]
