"""Rules found by what they compare facts with, instead of asked one after the other.

For each list of facts that enough rules compare with constants there is one dict, nested in the
order of the rules' own comparisons; at its leaves stand the rules and what is left to ask of them.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final

from edge_rules.cel.environment import Checked
from edge_rules.cel.generator import Generator
from edge_rules.cel.python_code import Namespace, compare, define, extend, load, method
from edge_rules.cel.values import Value
from edge_rules.policy.fact_access import FACTS, FastFacts, sure_facts
from edge_rules.policy.index_keys import Key, Plan, plan_of
from edge_rules.policy.rules import Rule

MIN_RULES = 8  # of one list of facts; fewer are asked as fast as they are found


_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Index:
    """The rules that are found by one list of facts.

    A leaf of the tree lists rules, in policy order: their numbers where nothing is left to ask of
    any rule here, else pairs of what is left to ask, or None, and the number.
    """

    keys: tuple[Key, ...]
    numbers: tuple[int, ...]
    tree: dict[Any, Any]
    tested: bool

    def candidates(self, facts: Mapping[str, Any]) -> Iterable[int]:
        """List the rules that may hold or lack something; no other of these can do either."""
        held: Any = self.tree
        for key in self.keys:
            group, _, field = key.fact.rpartition(".")
            given = facts.get(group, {}) if group else facts
            value = given.get(field, _ABSENT)
            if value is _ABSENT and key.guarded:
                return ()
            if type(value) is not key.kind:
                return self.numbers
            held = held.get(value)
            if held is None:
                return ()
        return [number for _, number in held] if self.tested else held


@dataclass(frozen=True, slots=True)
class Alike:
    """Rules that share a shape, or one rule alone: how they are found, and their numbers."""

    first: Checked
    plan: Plan
    numbers: list[int]

    @property
    def tested(self) -> bool:
        """Whether something is left to ask of a rule that was found."""
        return bool(self.plan.rest)


class Planner:
    """Sorts the rules of a policy into indexes; each shape is looked at once."""

    def __init__(self, rules: Sequence[Rule], space: Namespace, *, indexed: bool) -> None:
        self._rules = rules
        self._space = space
        self.functions: list[ast.stmt] = []
        self.groups: dict[tuple[Key, ...], list[Alike]] = {}
        for alike in _alike(rules) if indexed else ():
            self.groups.setdefault(alike.plan.keys, []).append(alike)
        for keys, group in list(self.groups.items()):
            if not keys or len(_numbers(group)) < MIN_RULES:
                del self.groups[keys]
        found = {number for group in self.groups.values() for number in _numbers(group)}
        self.others = tuple(number for number in range(len(rules)) if number not in found)
        self._names = {
            id(alike): self._test(alike) for group in self.groups.values() for alike in group
        }

    @property
    def in_order(self) -> bool:
        """Whether the rules outside of all indexes, then those of each, are in policy order."""
        runs = [run for run in (self.others, *map(_numbers, self.groups.values())) if run]
        return all(before[-1] < after[0] for before, after in pairwise(runs))

    def lookups(self, facts: FastFacts, fired: str) -> Iterator[ast.stmt]:
        """Write how each index is asked; its tree is the global `index_` and its number."""
        for at, (keys, group) in enumerate(self.groups.items()):
            yield from _lookup(f"index_{at}", keys, facts, _leaf(fired, tested=_tested(group)))

    def build(self, functions: Mapping[str, Any]) -> list[Index]:
        """Make the indexes, once the code of what is left to ask was run."""
        return [
            Index(keys, _numbers(group), self._tree(group, functions), _tested(group))
            for keys, group in self.groups.items()
        ]

    def _test(self, alike: Alike) -> str:
        """Write the function of what is left to ask; return its name."""
        if not alike.tested:
            return ""
        rest = alike.plan.rest
        name = f"rest_{len(self.functions)}"
        facts = FastFacts(self._space, sure_facts(rest[0], alike.first))
        generator = Generator(alike.first, facts, self._space, careful=False)
        parts = [generator.condition(node) for node in rest]
        whole = ast.BoolOp(ast.And(), parts) if len(parts) > 1 else parts[0]
        self.functions.append(define(name, [FACTS], [*facts.statements(), ast.Return(whole)]))
        return name

    def _tree(self, group: Sequence[Alike], functions: Mapping[str, Any]) -> dict[Any, Any]:
        leaves: dict[tuple[Value, ...], list[tuple[int, Any]]] = {}
        for alike in group:
            test = functions[self._names[id(alike)]] if alike.tested else None
            shape = alike.first.shape
            gaps = alike.plan.gaps(shape.holes if shape else ())
            for number in alike.numbers:
                for path in alike.plan.paths(gaps, self._rules[number].when.values):
                    leaves.setdefault(path, []).append((number, test))
        tree: dict[Any, Any] = {}
        tested = _tested(group)
        for path, leaf in leaves.items():
            leaf.sort(key=itemgetter(0))
            held = tree
            for value in path[:-1]:
                held = held.setdefault(value, {})
            held[path[-1]] = tuple([(t, n) for n, t in leaf] if tested else [n for n, _ in leaf])
        return tree


def _alike(rules: Sequence[Rule]) -> Iterable[Alike]:
    found: dict[int, Alike] = {}
    for number, rule in enumerate(rules):
        known = id(rule.when.shape or rule.when)
        if known not in found:
            found[known] = Alike(rule.when, plan_of(rule.when), [])
        found[known].numbers.append(number)
    return found.values()


def _numbers(group: Sequence[Alike]) -> tuple[int, ...]:
    return tuple(sorted(number for alike in group for number in alike.numbers))


def _tested(group: Sequence[Alike]) -> bool:
    return any(alike.tested for alike in group)


def _lookup(held: str, keys: tuple[Key, ...], facts: FastFacts, leaf: ast.stmt) -> list[ast.stmt]:
    key, later = keys[0], keys[1:]
    value = facts.value_or_none(key.fact) if key.guarded else facts.value(key.fact)
    found = ast.Assign([ast.Name("h", ast.Store())], method(load(held), "get", value))
    inner = _lookup("h", later, facts, leaf) if later else [leaf]
    return [found, ast.If(compare(load("h"), ast.IsNot(), ast.Constant(None)), inner, [])]


def _leaf(fired: str, *, tested: bool) -> ast.stmt:
    """Write `fired += h`, or `for t, n in h: if t is None or t(facts): fired += (n,)`."""
    if not tested:
        return extend(fired, load("h"))
    unasked = compare(load("t"), ast.Is(), ast.Constant(None))
    test = ast.BoolOp(ast.Or(), [unasked, ast.Call(load("t"), [load(FACTS)], [])])
    add = extend(fired, ast.Tuple([load("n")], ast.Load()))
    names: list[ast.expr] = [ast.Name(name, ast.Store()) for name in ("t", "n")]
    return ast.For(ast.Tuple(names, ast.Store()), load("h"), [ast.If(test, [add], [])], [])
