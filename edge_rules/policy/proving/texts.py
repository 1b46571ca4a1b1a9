"""Texts as formulas, in one of two manners.

Where texts are only compared, each is a place on a line of rationals in the order of texts. The
line is dense and texts are not, so what is proved holds, while a case may ask for a text between
two that have none between them; `TextlessError` says so. Where more is asked of them texts are
sequences of characters in z3's own theory.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final, Protocol

import z3

from edge_rules.facts import MAX_TEXT

_LAST_CHAR: Final = 0x2FFFF  # of z3's alphabet
_ORDERED_CHAR: Final = 0xD7FF  # above it z3 has more characters than all facts together can hold
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_ENDINGS: Final = ("-1", "1", "a", " ", "!", "\t", "\0")


class TextlessError(Exception):
    """A place on the line at which no text stands."""


class UnwritableTextError(Exception):
    """A text of characters that z3's theory does not have."""


class Texts(Protocol):
    """A manner of writing texts."""

    sort: z3.SortRef

    def constant(self, value: str) -> Any:  # noqa: ANN401 - a formula
        """Write a text that is known."""
        ...

    def sound(self, value: Any, *, fact: bool) -> Iterable[z3.BoolRef]:  # noqa: ANN401 - a formula
        """Say that something is a text, of a fact one of bounded length."""
        ...

    def less(self, one: Any, other: Any, *, equal: bool) -> z3.BoolRef:  # noqa: ANN401 - formulas
        """Whether one stands before another in the order of their characters."""
        ...

    def read(self, value: Any) -> str:  # noqa: ANN401 - a value out of a model
        """Return the text that a model gives."""
        ...


class Line:
    """Texts that are only compared; a beginning is two comparisons."""

    sort: z3.SortRef = z3.RealSort()

    def __init__(self, known: Iterable[str]) -> None:
        """Lay out the texts that are known beforehand, evenly."""
        self._texts = sorted({"", *known})
        self._places = [Fraction(at) for at in range(len(self._texts))]
        self._written: dict[str, z3.RatNumRef] = {}

    def constant(self, value: str) -> z3.RatNumRef:
        """Find its place, a new one if it has none."""
        written = self._written.get(value)
        if written is None:
            written = self._written[value] = z3.RealVal(self._place(value))
        return written

    def sound(self, value: z3.ArithRef, *, fact: bool) -> Iterable[z3.BoolRef]:
        """Keep to the line, and off the texts that are too long for a fact."""
        yield value >= 0  # the place of the empty text
        if fact:
            for text in self._texts:
                if len(text) > MAX_TEXT:
                    yield value != self.constant(text)

    def less(self, one: z3.ArithRef, other: z3.ArithRef, *, equal: bool) -> z3.BoolRef:
        """Compare places."""
        return one <= other if equal else one < other

    def begins(self, value: z3.ArithRef, start: str) -> z3.BoolRef:
        """Whether a text begins with another: it lies between that and what comes after all such.

        UnwritableTextError where nothing does.
        """
        if not start:
            return z3.BoolVal(val=True)
        last = ord(start[-1]) + 1
        if last > 0x10FFFF:
            raise UnwritableTextError
        return z3.And(value >= self.constant(start), value < self.constant(start[:-1] + chr(last)))

    def read(self, value: z3.RatNumRef) -> str:
        """Return the text at a place; TextlessError if there can be none.

        A text that is made for a place stays there.
        """
        place = value.as_fraction()
        at = bisect_left(self._places, place)
        if at < len(self._places) and self._places[at] == place:
            return self._texts[at]
        after = self._texts[at] if at < len(self._texts) else None
        text = _between(self._texts[at - 1], after)
        self._texts.insert(at, text)
        self._places.insert(at, place)
        return text

    def _place(self, text: str) -> Fraction:
        at = bisect_left(self._texts, text)
        if at < len(self._texts) and self._texts[at] == text:
            return self._places[at]
        before = self._places[at - 1]
        after = self._places[at] if at < len(self._places) else before + 2
        place = (before + after) / 2
        self._texts.insert(at, text)
        self._places.insert(at, place)
        return place


class Sequences:
    """Texts of which beginnings, ends, parts or lengths are asked."""

    sort: z3.SortRef = z3.StringSort()

    def __init__(self, *, ordered: bool) -> None:
        """With `ordered` texts are compared by `<` too: fewer characters can be written then."""
        self._last = _ORDERED_CHAR if ordered else _LAST_CHAR

    def constant(self, value: str) -> z3.SeqRef:
        """Write a text; UnwritableTextError where z3 has no such characters."""
        if any(ord(char) > self._last for char in value):
            raise UnwritableTextError
        return z3.StringVal("".join(map(_escaped, value)))

    def sound(self, value: z3.SeqRef, *, fact: bool) -> Iterable[z3.BoolRef]:
        """Bound the length of a fact."""
        if fact:
            yield z3.Length(value) <= MAX_TEXT

    def less(self, one: z3.SeqRef, other: z3.SeqRef, *, equal: bool) -> z3.BoolRef:
        """Compare by characters."""
        return one <= other if equal else one < other

    def read(self, value: z3.SeqRef) -> str:
        """Return the characters."""
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value.as_string())


def _escaped(char: str) -> str:
    return (
        char if char.isascii() and char.isprintable() and char != "\\" else f"\\u{{{ord(char):x}}}"
    )


def _between(before: str, after: str | None) -> str:
    """Find a text between two, one that reads well if there is any."""
    for text in ("elsewhere", *(before + ending for ending in _ENDINGS)):
        if before < text and (after is None or text < after) and len(text) <= MAX_TEXT:
            return text
    raise TextlessError
