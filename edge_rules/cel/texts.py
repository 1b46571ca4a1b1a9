"""CEL's functions on strings and sizes. Patterns run on RE2, whose time is linear in the text."""

from functools import lru_cache
from typing import Any, Final

import re2

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.operators import no_overload
from edge_rules.cel.values import Value

MAX_PATTERN_MEMORY = 1 << 20  # bytes; a pattern that a person can read needs far less
MAX_SEARCH = 1 << 22  # instructions times characters, since some patterns try each at every one
_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = MAX_PATTERN_MEMORY
_OPTIONS.never_capture = True  # nobody asks for groups, and finding them is the slow part


@lru_cache(maxsize=512)
def pattern(text: str) -> Any:  # noqa: ANN401 - RE2's module has no types
    """Compile a pattern of RE2."""
    try:
        return re2.compile(text, _OPTIONS)
    except (re2.error, UnicodeError) as error:
        msg = f"not a pattern of RE2: {_reason(error)}"
        raise EvaluationError(msg) from error


def size(value: Value) -> int:
    """Count characters, bytes, items or keys."""
    if type(value) in (str, bytes, tuple, dict):
        return len(value)
    msg = "size"
    raise no_overload(msg, value)


def contains(text: Value, part: Value) -> bool:
    """Whether a string holds another."""
    _strings("contains", text, part)
    return part in text


def starts_with(text: Value, part: Value) -> bool:
    """Whether a string begins with another."""
    _strings("startsWith", text, part)
    return bool(text.startswith(part))


def ends_with(text: Value, part: Value) -> bool:
    """Whether a string ends with another."""
    _strings("endsWith", text, part)
    return bool(text.endswith(part))


def matches(text: Value, wanted: Value) -> bool:
    """Whether a pattern is found anywhere in a string."""
    _strings("matches", text, wanted)
    found = pattern(wanted)
    if found.programsize * len(text) > MAX_SEARCH:
        msg = "too much work: a pattern of this size in a text of this length"
        raise EvaluationError(msg)
    try:
        return found.search(text) is not None
    except UnicodeError as error:
        msg = "half of a surrogate pair is no text"
        raise EvaluationError(msg) from error


def _strings(name: str, *values: Value) -> None:
    if any(type(value) is not str for value in values):
        raise no_overload(name, *values)


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace")[:80] if isinstance(said, bytes) else "not Unicode"
