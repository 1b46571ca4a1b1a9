"""Rules found by what they compare facts with, instead of asked one after the other.

For each list of facts that enough rules compare with constants there is one dict, nested in the
order of the rules' own comparisons; at its leaves stand the rules and what is left to ask of them.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge_rules.policy.environment import Checked
from edge_rules.policy.fact_access import FACTS, FastFacts, sure_facts
from edge_rules.policy.generator import Generator
from edge_rules.policy.index_keys import Key, Plan, plan_of
from edge_rules.policy.python_code import Namespace, compare, define, load, method
from edge_rules.policy.rules import Rule

MIN_RULES = 8  # of one list of facts; fewer are asked as fast as they are found


_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Index:
    """The rules that are found by one list of facts."""

    keys: tuple[Key, ...]
    numbers: tuple[int, ...]
    tree: dict[Any, Any]

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
        return [number for _, number in held]


class Planner:
    """Sorts the rules of a policy into indexes; each shape is looked at once."""

    def __init__(self, rules: Sequence[Rule], space: Namespace, *, indexed: bool) -> None:
        self._rules = rules
        self._space = space
        self._plans: dict[int, Plan] = {}
        self._tests: dict[int, str | None] = {}
        self.functions: list[ast.stmt] = []
        groups: dict[tuple[Key, ...], list[int]] = {}
        for number, rule in enumerate(rules if indexed else ()):
            groups.setdefault(self.plan(rule.when).keys, []).append(number)
        self.groups = {
            keys: tuple(numbers)
            for keys, numbers in groups.items()
            if keys and len(numbers) >= MIN_RULES
        }
        found = {number for numbers in self.groups.values() for number in numbers}
        self.others = tuple(number for number in range(len(rules)) if number not in found)
        self._names = {number: self._test(rules[number].when) for number in sorted(found)}

    def plan(self, checked: Checked) -> Plan:
        """Take a condition apart, or remember how one of its shape was."""
        known = id(checked.shape or checked)
        if known not in self._plans:
            self._plans[known] = plan_of(checked)
        return self._plans[known]

    def build(self, functions: Mapping[str, Any]) -> list[Index]:
        """Make the indexes, once the code of what is left to ask was run."""
        return [
            Index(keys, numbers, self._tree(numbers, functions))
            for keys, numbers in self.groups.items()
        ]

    def _test(self, checked: Checked) -> str | None:
        """Write the function of what is left to ask, once a shape; return its name."""
        known = id(checked.shape or checked)
        if known in self._tests:
            return self._tests[known]
        rest = self.plan(checked).rest
        name = None
        if rest:
            name = f"rest_{len(self.functions)}"
            facts = FastFacts(self._space, sure_facts(rest[0], checked))
            generator = Generator(checked, facts, self._space, careful=False)
            parts = [generator.condition(node) for node in rest]
            whole = ast.BoolOp(ast.And(), parts) if len(parts) > 1 else parts[0]
            body = [*facts.statements(), ast.Return(whole)]
            self.functions.append(define(name, [FACTS], body))
        self._tests[known] = name
        return name

    def _tree(self, numbers: Iterable[int], functions: Mapping[str, Any]) -> dict[Any, Any]:
        tree: dict[Any, Any] = {}
        gaps: dict[int, tuple[int | None, ...]] = {}
        for number in numbers:
            when = self._rules[number].when
            plan = self.plan(when)
            if id(plan) not in gaps:
                gaps[id(plan)] = plan.gaps(when.shape.holes if when.shape else ())
            name = self._names[number]
            leaf = (functions[name] if name else None, number)
            for path in plan.paths(gaps[id(plan)], when.values):
                held = tree
                for value in path[:-1]:
                    held = held.setdefault(value, {})
                held.setdefault(path[-1], []).append(leaf)
        return tree


def lookups(groups: Iterable[tuple[Key, ...]], facts: FastFacts, fired: str) -> Iterator[ast.stmt]:
    """Write how each index is asked; its tree is the global `index_` and its number."""
    for at, keys in enumerate(groups):
        yield from _lookup(f"index_{at}", keys, facts, fired)


def _lookup(held: str, keys: tuple[Key, ...], facts: FastFacts, fired: str) -> list[ast.stmt]:
    key, later = keys[0], keys[1:]
    value = facts.value_or_none(key.fact) if key.guarded else facts.value(key.fact)
    found = ast.Assign([ast.Name("h", ast.Store())], method(load(held), "get", value))
    inner = _lookup("h", later, facts, fired) if later else [_leaf(fired)]
    return [found, ast.If(compare(load("h"), ast.IsNot(), ast.Constant(None)), inner, [])]


def _leaf(fired: str) -> ast.stmt:
    """`for t, n in h: if t is None or t(facts): fired += (n,)`."""
    unasked = compare(load("t"), ast.Is(), ast.Constant(None))
    test = ast.BoolOp(ast.Or(), [unasked, ast.Call(load("t"), [load(FACTS)], [])])
    item = ast.Tuple([load("n")], ast.Load())
    add = ast.AugAssign(ast.Name(fired, ast.Store()), ast.Add(), item)
    names: list[ast.expr] = [ast.Name(name, ast.Store()) for name in ("t", "n")]
    return ast.For(ast.Tuple(names, ast.Store()), load("h"), [ast.If(test, [add], [])], [])
