"""Texts that a pattern is found in, and texts that just miss it: from its plain parts."""

import re
from collections.abc import Iterator
from typing import Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.texts import pattern

MAX_PIECES = 256  # of one pattern; what is longer is not tried
MAX_TEXTS = 64

_PIECE: Final = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|\\(?P<escape>.)|(?P<times>[*+?]\??|\{\d+(?:,\d*)?\}\??)"
    r"|(?P<open>\((?:\?[:a-zA-Z<>-]*)?)|(?P<close>\))|(?P<or>\|)|(?P<anchor>[\^$])|(?P<plain>.)",
    re.DOTALL,
)
_CLASSES: Final = {"d": "0", "w": "a", "s": " ", "D": "x", "W": "-", "S": "a"}
_ZERO_WIDTH: Final = frozenset("bBAzQEC")
_SAMPLES: Final = "aA0z9Z-_ .x~\u4e2d"


def texts_like(wanted: str) -> Iterator[str]:
    """Give a few texts about a pattern; that none is found in it can't be ruled out."""
    pieces = list(_PIECE.finditer(wanted))
    if len(pieces) > MAX_PIECES:
        return
    try:
        found = pattern(wanted)
    except EvaluationError:
        return
    tried = dict.fromkeys(text for text in _sequence(pieces, [0]) if len(text) <= 256)
    hits = [text for text in tried if found.search(text) is not None]
    yield from hits
    for text in hits[:4]:
        yield from (f"{text}x", f"x{text}", text[:-1], text[1:], text.upper(), text.lower())


def _sequence(pieces: list[re.Match[str]], at: list[int]) -> list[str]:
    """Read alternatives up to a closing bracket: the texts each of them stands for."""
    branches: list[str] = []
    texts = [""]
    while at[0] < len(pieces):
        piece = pieces[at[0]]
        at[0] += 1
        if piece["close"]:
            break
        if piece["or"]:
            branches += texts
            texts = [""]
            continue
        options = _sequence(pieces, at) if piece["open"] else _options(piece)
        options = _repeated(options, pieces, at)
        texts = [text + option for text in texts for option in options][:MAX_TEXTS]
    return [*branches, *texts][:MAX_TEXTS]


def _options(piece: re.Match[str]) -> list[str]:
    if piece["anchor"] or piece["times"]:
        return [""]
    if piece["set"]:
        return _members(piece["set"])
    escape = piece["escape"]
    if escape:
        return [""] if escape in _ZERO_WIDTH else [_CLASSES.get(escape, escape)]
    return ["a"] if piece["plain"] == "." else [piece["plain"]]


def _members(text: str) -> list[str]:
    """Pick members of a set: the first of a few plain characters, and the ends of a range."""
    try:
        found = pattern(text)
    except EvaluationError:
        return [""]
    tried = dict.fromkeys([*text.strip("[]^\\"), *_SAMPLES])
    return [each for each in tried if found.search(each) is not None][:2] or [""]


def _repeated(options: list[str], pieces: list[re.Match[str]], at: list[int]) -> list[str]:
    times = pieces[at[0]]["times"] if at[0] < len(pieces) else None
    if not times:
        return options
    at[0] += 1
    if times[0] in "*?":
        return [*options, ""]
    if times[0] == "+":
        return options
    least = min(int(re.findall(r"\d+", times)[0]), 64)
    return [option * least for option in options]
