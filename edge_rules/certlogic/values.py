"""JSON values as CertLogic sees them: truth, equality, what a path leads to."""

import re
from collections.abc import Sequence
from typing import Any

from edge_rules.certlogic.date_times import DateTime
from edge_rules.certlogic.errors import RuleFailedError
from edge_rules.certlogic.validation import is_integer

MAX_STEPS = 100_000  # of one evaluation; the national rules stay under 1,000
MAX_RESULT = 100_000  # parts of a value that is given out
MAX_RESULT_DEPTH = 200  # levels of it, so that it can be written as JSON
MAX_SUM = 2**53 - 1  # beyond it the numbers of JSON's own language are no longer exact
CHARACTERS_A_STEP = 16

_INDEX = re.compile(r"\d{1,9}", re.ASCII)
_SEPARATOR = re.compile(r"[/#:]")
UVCI_PREFIX = "URN:UVCI:"


class Budget:
    """Counts the steps of one evaluation, so that none runs on for ever."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take steps; RuleFailedError when there are no more."""
        self.left -= steps
        if self.left < 0:
            msg = f"the rule takes more than {MAX_STEPS} steps for this data"
            raise RuleFailedError(msg)


def truth(value: object) -> bool | None:
    """Tell truthy from falsy; None for what is neither: date-times, fractions."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str | list | dict) or is_integer(value):
        return bool(value)
    return None


def integer(value: object) -> int | None:
    """Return an integer, or None for any other value."""
    return int(value) if isinstance(value, int | float) and is_integer(value) else None


def same(left: object, right: object, budget: Budget) -> bool:
    """Compare without conversion: true is not 1, "1" is not 1; lists and objects by content."""
    pending = [(left, right)]
    while pending:
        one, other = pending.pop()
        budget.spend(1)
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            budget.spend(len(one))
            pending += zip(one, other, strict=True)
        elif isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            budget.spend(len(one))
            pending += [(value, other[key]) for key, value in one.items()]
        elif not _same_plain(one, other, budget):
            return False
    return True


def _same_plain(one: object, other: object, budget: Budget) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        budget.spend(min(len(one), len(other)) // CHARACTERS_A_STEP)
        return one == other
    if type(one) in (int, float) and type(other) in (int, float):
        return one == other
    if one is None or isinstance(one, bool | DateTime):
        return type(one) is type(other) and one == other
    return False


def index_of(fragment: str) -> int | None:
    """Read a step of a path as a place in a list; None for a word."""
    return int(fragment) if _INDEX.fullmatch(fragment) else None


def reach(data: object, fragments: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Follow a path into the data; null where it leads nowhere."""
    for fragment in fragments:
        if isinstance(data, dict):
            data = data.get(fragment)
        elif isinstance(data, list) and (index := index_of(fragment)) is not None:
            data = data[index] if index < len(data) else None
        else:
            return None
    return data


def uvci_fragment(uvci: str, index: int) -> str | None:
    """Return one part of a certificate's identifier, or None where there is no such part."""
    if not 0 <= index <= len(uvci):  # `maxsplit` takes no number without end
        return None
    fragments = _SEPARATOR.split(uvci.removeprefix(UVCI_PREFIX), maxsplit=index + 1)
    return fragments[index] if index < len(fragments) else None


def given_out(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value whose size is bounded; RuleFailedError for one that outgrows JSON.

    A rule can nest its own lists (`[accumulator, accumulator]`), which double at every item.
    """
    if not isinstance(value, list | dict):
        return value
    pending: list[tuple[object, int]] = [(value, 1)]
    size = 0
    while pending:
        part, depth = pending.pop()
        size += 1
        children: Sequence[object] = ()
        if isinstance(part, dict):
            children = list(part.values())
        elif isinstance(part, list):
            children = part
        if size + len(pending) + len(children) > MAX_RESULT or depth > MAX_RESULT_DEPTH:
            msg = f"the value has more than {MAX_RESULT} parts or {MAX_RESULT_DEPTH} levels"
            raise RuleFailedError(msg)
        pending += [(child, depth + 1) for child in children]
    return value


def as_json(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Write date-times, which JSON has no type for, as RFC 3339 texts."""
    if isinstance(value, DateTime):
        return str(value)
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value
