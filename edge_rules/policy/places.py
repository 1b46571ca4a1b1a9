"""Where a character of an expression stands in the YAML file that holds it.

YAML folds lines, drops indentation and has escapes, so the text of an expression and the text of
the file differ; but what is not blank stands in both, in the same order.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

_ESCAPED = {"x": 3, "u": 5, "U": 9}  # characters of an escape in double quotes, after the backslash


class Places:
    """The lines of one file, for finding line and column of what its values hold."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def within(self, start: tuple[int, int], value: str) -> list[tuple[int, int]]:
        """Give the line and column of each character of a value, and of its end."""
        offsets = list(self._offsets(self._starts[start[0] - 1] + start[1] - 1, value))
        return [self._place(offset) for offset in offsets]

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def _offsets(self, at: int, value: str) -> Iterator[int]:
        at = self._skip_properties(at)
        style = self._text[at : at + 1]
        if style in "|>" and style:
            at = self._text.find("\n", at) + 1 or len(self._text)
        elif style in "'\"" and style:
            at += 1
        last = at
        for char in value:
            if char.isspace():
                yield last
                continue
            at = self._find(char, at, style)
            yield at
            at += self._width(at, style)
            last = at
        yield last

    def _skip_properties(self, at: int) -> int:
        """Step over an anchor or tag before the value."""
        while self._text[at : at + 1] in ("&", "!"):
            while at < len(self._text) and not self._text[at].isspace():
                at += 1
            while self._text[at : at + 1] in (" ", "\n"):
                at += 1
        return at

    def _find(self, char: str, at: int, style: str) -> int:
        """Find the next place that stands for a character; an escape stands for any."""
        text = self._text
        while at < len(text) - 1:
            if text[at] == char or (style == '"' and self._escape(at)):
                return at
            at += 2 if style == '"' and text[at] == "\\" else 1
        return at

    def _escape(self, at: int) -> bool:
        return self._text[at] == "\\" and self._text[at + 1 : at + 2] not in ("\n", "n", "t", " ")

    def _width(self, at: int, style: str) -> int:
        if style == "'" and self._text[at : at + 2] == "''":
            return 2
        if style == '"' and self._text[at : at + 1] == "\\":
            return 1 + _ESCAPED.get(self._text[at + 1 : at + 2], 1)
        return 1
