"""Looks for facts on which one rule fires, and for what lies next to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice, product
from math import prod
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from edge_rules.cel.syntax import Call, Expr
from edge_rules.decision import Decision
from edge_rules.policy.atoms import Atom, atom_nodes, atoms_of
from edge_rules.policy.probe_values import nested, rule_values
from edge_rules.policy.rules import Rule

MAX_SEARCHED: Final = 2_000  # values of one condition's facts, together
MAX_TRIED: Final = 24  # values of one fact on the way to facts on which no other rule fires
MAX_NEARBY: Final = 64  # values of a fact that other rules brought along
MAX_WAYS: Final = 8  # to make one rule fire

Flat: TypeAlias = dict[str, Any]  # facts by their full names
_Goal: TypeAlias = tuple[Atom, bool]
_Item = TypeVar("_Item")


class Chance(Protocol):
    """What is asked of a seeded `random.Random`."""

    def random(self) -> float:
        """Return a number from 0 to 1."""
        ...

    def choice(self, items: Sequence[_Item], /) -> _Item:
        """Return one of them."""
        ...

    def sample(self, items: Sequence[_Item], k: int, /) -> list[_Item]:
        """Return some of them, in any order."""
        ...


class Search:
    """The facts about one rule; each of its iterators goes on where the others found something."""

    def __init__(
        self,
        rule: Rule,
        decide: Callable[[Mapping[str, Any]], Decision],
        values: Mapping[str, tuple[Any, ...]],
        chance: Chance,
    ) -> None:
        self._rule = rule
        self._decide = decide
        self._values = values
        self._chance = chance
        self._own = rule_values(rule)
        self._found: list[tuple[Flat, list[_Goal]]] = []

    def firing(self) -> Iterator[Flat]:
        """Give facts on which the rule fires, alone where that is found cheaply."""
        root = self._rule.when.root
        atoms = dict(zip([n.id for n in atom_nodes(root)], atoms_of([self._rule]), strict=True))
        for way in islice(_ways(root, wanted=True, atoms=atoms), MAX_WAYS):
            start = {name: values[0] for name, values in self._values.items()}
            flat = self._reached(start, way)
            if flat is not None and self._others_firing(flat) is not None:
                flat = self._alone(flat)
                self._found.append((flat, way))
                yield flat

    def turned(self) -> Iterator[Flat]:
        """Give the same with one condition turned round, the others left as they are."""
        for flat, way in self._found:
            for at, (atom, wanted) in enumerate(way):
                turned = [*way[:at], (atom, not wanted), *way[at + 1 :]]
                reached = self._reached(flat, turned)
                if reached is not None:
                    yield reached

    def nearby(self) -> Iterator[Flat]:
        """Give the same with each value of each of the rule's facts, and without it."""
        for flat, way in self._found:
            names = dict.fromkeys(name for atom, _ in way for name in atom.facts)
            for name in names:
                others = self._values[name][:MAX_NEARBY]
                tried = dict.fromkeys([*self._own[name], *others])
                yield from ({**flat, name: value} for value in tried)

    def _reached(self, flat: Flat, way: Sequence[_Goal]) -> Flat | None:
        """Change facts, one condition after the other, until all say what they should."""
        for at, goal in enumerate(way):
            own = goal[0].facts
            goals = [goal, *(before for before in way[:at] if set(before[0].facts) & set(own))]
            names = list(dict.fromkeys(name for each, _ in goals for name in each.facts))
            changed = self._meeting(flat, goals, own) or self._meeting(flat, goals, names)
            if changed is None:
                return None
            flat = changed
        return flat

    def _meeting(self, flat: Flat, goals: Sequence[_Goal], names: Sequence[str]) -> Flat | None:
        tried = ({**flat, **dict(zip(names, some, strict=True))} for some in self._combined(names))
        for candidate in chain((flat,), tried):
            facts = nested(candidate)
            if all(atom.verdict(facts).holds is wanted for atom, wanted in goals):
                return candidate
        return None

    def _combined(self, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        options = [self._own[name][:-1] for name in names]
        if prod(map(len, options)) <= MAX_SEARCHED:
            yield from product(*options)
            return
        for _ in range(MAX_SEARCHED):
            yield tuple(self._chance.choice(values) for values in options)

    def _alone(self, flat: Flat) -> Flat:
        """Change facts one by one as long as fewer other rules fire."""
        fewest = self._others_firing(flat)
        for name, values in self._values.items():
            if not fewest:
                break
            for value in values[:MAX_TRIED]:
                candidate = {**flat, name: value}
                others = self._others_firing(candidate)
                if others is not None and fewest is not None and others < fewest:
                    flat, fewest = candidate, others
        return flat

    def _others_firing(self, flat: Flat) -> int | None:
        """Count the other rules that fire, or can't be judged; None if this one does not fire."""
        decision = self._decide(nested(flat))
        unjudged = {missing.rule for missing in decision.missing}
        if self._rule.id not in decision.rules or self._rule.id in unjudged:
            return None
        return len(decision.rules) - 1


def _ways(node: Expr, *, wanted: bool, atoms: Mapping[int, Atom]) -> Iterator[list[_Goal]]:
    """List what the conditions of an expression must say for it to be what is wanted."""
    if node.id in atoms:
        yield [(atoms[node.id], wanted)]
        return
    assert isinstance(node, Call)  # noqa: S101 - only calls join conditions
    if node.function == "!_":
        yield from _ways(node.args[0], wanted=not wanted, atoms=atoms)
    elif (node.function == "_&&_") is wanted:
        parts = [
            list(islice(_ways(arg, wanted=wanted, atoms=atoms), MAX_WAYS)) for arg in node.args
        ]
        for some in islice(product(*parts), MAX_WAYS):
            yield [goal for part in some for goal in part]
    else:
        for arg in node.args:
            yield from _ways(arg, wanted=wanted, atoms=atoms)
