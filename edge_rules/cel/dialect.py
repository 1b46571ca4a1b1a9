"""How much of CEL an expression may use: the standard language, or its extensions too."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the parser reads; `functions` are the dotted names that can be called.

    `extended` brings optional values (`?`) and the macros of CEL's extensions.
    """

    extended: bool = False
    macros: bool = True
    functions: frozenset[str] = frozenset()


STANDARD: Final = Dialect()
