"""Decisions told in groups, each about ten people or more, also not by subtraction. Pure.

The groups of one window are a partition: whatever is added or subtracted is a union of them. A
cell that is too small joins its nearest neighbour and loses the words in which the two differ.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

FEWEST_PEOPLE = 10
OTHER = "other"
ADMIT = "admit"
REFUSED = "refused"

Key = tuple[str, str, str]
"""Decision, first reason, kind of credential."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Decisions that are told alike."""

    keys: frozenset[Key]
    count: int
    people: frozenset[str]  # who can't be told apart from himself is nobody here

    @property
    def small(self) -> bool:
        """Whether it is about too few people to be told."""
        return len(self.people) < FEWEST_PEOPLE

    def word(self, place: int) -> str:
        """Return what all decisions in it have in common there."""
        words = {key[place] for key in self.keys}
        return words.pop() if len(words) == 1 else OTHER

    @property
    def side(self) -> str:
        """Tell admissions from refusals, which the lanes' counts tell too."""
        sides = {ADMIT if key[0] == ADMIT else REFUSED for key in self.keys}
        return sides.pop() if len(sides) == 1 else OTHER


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a health aggregate."""

    decision: str
    reason: str
    credential: str
    count: int


def group(cells: Mapping[Key, tuple[int, frozenset[str]]]) -> list[Cell]:
    """Merge cells until each is about ten people; of fewer people altogether nothing is told."""
    groups = [Cell(frozenset({k}), n, people) for k, (n, people) in sorted(cells.items())]
    nearness: list[Callable[[Cell], object]] = [
        lambda cell: (cell.word(0), cell.word(1)),
        lambda cell: cell.word(0),
        lambda cell: cell.side,
        lambda _: None,
    ]
    for near in nearness:
        groups = _merge_small(groups, near)
    small = [cell for cell in groups if cell.small]
    large = [cell for cell in groups if not cell.small]
    if not large:
        return []
    for cell in small:  # one at most
        host = _nearest(cell, large, nearness)
        large[large.index(host)] = _merged([host, cell])
    return large


def tell(groups: Sequence[Cell], refusals: Mapping[Key, int], most_refused: int) -> list[Told]:
    """Write groups down; no word stands that would say why each of a lane's refusals was one.

    A lane's minute may hold one refusal. If all refusals of the window had one reason, that
    minute would tell one person's: so a word needs as many refusals beside it that it does not
    fit as the nine people refused most often have together (`most_refused`).
    """
    total = sum(refusals.values())
    enough = max(FEWEST_PEOPLE, most_refused)
    lines: Counter[tuple[str, str, str]] = Counter()
    for cell in groups:
        words = [cell.word(0), cell.word(1), cell.word(2)]
        if cell.side != ADMIT:
            for place, instead in ((0, cell.side), (1, OTHER)):
                if words[place] != OTHER:
                    named = _refused_under(words[place], place, groups, refusals)
                    if total - named < enough:
                        words[place] = instead
        lines[(words[0], words[1], words[2])] += cell.count
    return [Told(*words, count) for words, count in sorted(lines.items())]


def _refused_under(
    word: str, place: int, groups: Iterable[Cell], refusals: Mapping[Key, int]
) -> int:
    named = [cell for cell in groups if cell.side != ADMIT and cell.word(place) == word]
    return sum(refusals.get(key, 0) for cell in named for key in cell.keys)


def _merge_small(groups: list[Cell], near: Callable[[Cell], object]) -> list[Cell]:
    bins: dict[object, list[Cell]] = {}
    for cell in groups:
        if cell.small:
            bins.setdefault(near(cell), []).append(cell)
    merged = [_merged(cells) for cells in bins.values()]
    return sorted([c for c in groups if not c.small] + merged, key=lambda c: sorted(c.keys))


def _nearest(
    cell: Cell, hosts: Sequence[Cell], nearness: Sequence[Callable[[Cell], object]]
) -> Cell:
    for near in nearness:
        if found := [host for host in hosts if near(host) == near(cell)]:
            return min(found, key=lambda host: (len(host.people), sorted(host.keys)))
    return hosts[0]


def _merged(cells: Sequence[Cell]) -> Cell:
    return Cell(
        frozenset().union(*(cell.keys for cell in cells)),
        sum(cell.count for cell in cells),
        frozenset().union(*(cell.people for cell in cells)),
    )
