"""What a proof ends in."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something holds of all facts: None where that can't be said, and then `why`.

    `facts`, written as in a policy's tests, are a case in which it does not hold. What holds is
    `vacuous` if its premise can never be met.
    """

    holds: bool | None
    facts: dict[str, Any] | None = None
    why: str = ""
    vacuous: bool = False
