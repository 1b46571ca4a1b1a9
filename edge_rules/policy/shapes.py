"""Rules that differ only in the words they compare facts with: read once, and then filled in.

Ten thousand rules for ten thousand doors are one text with a gap. What is read, checked and
reckoned of the first holds of all: gaps are short texts that a fact is compared with, no more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge_rules.cel.environment import Checked, Shape
from edge_rules.cel.syntax import Call, Literal
from edge_rules.policy.cost import TEXT_UNIT
from edge_rules.policy.index_keys import conjuncts, plan_of

_QUOTED: Final = re.compile(r"""("[^"\\\n]*"|'[^'\\\n]*')""")
_INTRICATE: Final = re.compile(r"""[\\`]|"{3}|'{3}""")  # texts with these are read one by one

_Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """The first rule of a shape, and the words that each gap may take, None for any."""

    checked: Checked
    units: int
    words: tuple[frozenset[str] | None, ...]


class Shapes:
    """The shapes of one policy."""

    def __init__(self, words: Mapping[str, frozenset[str]]) -> None:
        self._words = words
        self._gaps: dict[_Texts, tuple[int, ...]] = {}
        self._kept: dict[tuple[_Texts, _Texts], _Kept] = {}

    def find(self, text: str) -> tuple[Checked, int] | None:
        """Return a condition of a known shape with its cost, None if it must be read."""
        parts = _QUOTED.split(text)
        around = tuple(parts[::2])
        gaps = self._gaps.get(around)
        if gaps is None:
            return None
        kept = self._kept.get((around, _others(parts[1::2], gaps)))
        if kept is None:
            return None
        values = tuple([parts[2 * gap + 1][1:-1] for gap in gaps])
        for value, words in zip(values, kept.words, strict=True):
            if len(value) >= TEXT_UNIT or (words is not None and value not in words):
                return None
        first = kept.checked
        checked = Checked(first.written, first.types, first.references, first.shape, values)
        return checked, kept.units

    def keep(self, text: str, checked: Checked, units: int) -> Checked:
        """Remember the shape of a condition that was read."""
        parts = _QUOTED.split(text)
        around = tuple(parts[::2])
        if _INTRICATE.search(text) or any("//" in part for part in around):
            return checked
        starts, at = {}, 0
        for number, part in enumerate(parts):
            if number % 2:
                starts[at] = number // 2
            at += len(part)
        plan = plan_of(checked)
        literals = {node.id: node for node in _literals(checked)}
        holes = {
            id_: (starts[literals[id_].at], key.fact)
            for id_, key in zip(plan.literals, plan.keys, strict=True)
            if id_ in literals and literals[id_].at in starts
        }
        ordered = sorted(holes, key=lambda id_: holes[id_][0])
        values = tuple(literals[id_].value for id_ in ordered)
        if not ordered or any(len(value) >= TEXT_UNIT for value in values):
            return checked
        shape = Shape(checked.root, tuple(ordered))
        shaped = replace(checked, shape=shape, values=values)
        gaps = tuple(holes[id_][0] for id_ in ordered)
        words = tuple(self._words.get(holes[id_][1]) for id_ in ordered)
        self._gaps[around] = gaps
        self._kept[around, _others(parts[1::2], gaps)] = _Kept(shaped, units, words)
        return shaped


def _others(quoted: list[str], gaps: tuple[int, ...]) -> _Texts:
    if len(quoted) == len(gaps):
        return ()
    return tuple([text for number, text in enumerate(quoted) if number not in gaps])


def _literals(checked: Checked) -> list[Literal]:
    """List the texts that facts are compared with."""
    return [
        side
        for node in conjuncts(checked.root)
        if isinstance(node, Call) and node.function == "_==_"
        for side in node.args
        if isinstance(side, Literal) and type(side.value) is str
    ]
