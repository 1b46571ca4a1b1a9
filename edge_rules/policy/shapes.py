"""Rules that differ only in the words they compare facts with: read once, and then filled in.

Ten thousand rules for ten thousand doors are one text with a gap. What is read, checked and
reckoned of the first holds of all: gaps are short texts that a fact is compared with, no more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge_rules.policy.cost import TEXT_UNIT
from edge_rules.policy.environment import Checked, Shape
from edge_rules.policy.index_keys import conjuncts, plan_of
from edge_rules.policy.syntax import Call, Expr, Literal

_QUOTED: Final = re.compile(r"""("[^"\\\n]*"|'[^'\\\n]*')""")
_INTRICATE: Final = re.compile(r"""[\\`]|"{3}|'{3}""")  # texts with these are read one by one

_Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """The first rule of a shape, and the words that each gap may take, None for any."""

    checked: Checked
    shape: Shape
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
        return _filled(kept.checked, kept.shape, values), kept.units

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
        self._kept[around, _others(parts[1::2], gaps)] = _Kept(shaped, shape, units, words)
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


def _filled(first: Checked, shape: Shape, values: _Texts) -> Checked:
    """Put other words into the gaps of a shape."""
    root = first.root
    given = dict(zip(shape.holes, values, strict=True))
    if type(root) is Call and root.function == "_&&_":
        args = tuple([_put(node, given) if _gapped(node) else node for node in root.args])
        return Checked(
            Call(root.id, root.at, root.function, args),
            first.types,
            first.references,
            shape,
            values,
        )
    return Checked(_put(root, given), first.types, first.references, shape, values)


def _gapped(node: Expr) -> bool:
    return type(node) is Call and node.function == "_==_"


def _put(node: Expr, given: dict[int, str]) -> Expr:
    assert isinstance(node, Call)  # noqa: S101 - gaps stand in comparisons
    left, right = node.args
    if right.id in given:
        right = Literal(right.id, right.at, given[right.id])
    elif left.id in given:
        left = Literal(left.id, left.at, given[left.id])
    else:
        return node
    return Call(node.id, node.at, node.function, (left, right))
