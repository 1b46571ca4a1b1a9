"""Checked expressions to formulas: what they are of all facts at once, by the careful code's logic.

Formulas follow `generator` with its careful manner, node by node: `&&` and `||` by CEL's logic of
errors, everything else from left to right, the first that has no value deciding what is wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import z3

from edge_rules.cel.environment import Checked, Local, Variable
from edge_rules.cel.generator import UNKNOWN, constant_of
from edge_rules.cel.syntax import Call, Expr, ListOf, Loop, Select, children
from edge_rules.cel.types import BOOL
from edge_rules.cel.wording import written
from edge_rules.policy.meaning import written_meaning
from edge_rules.policy.proving.comparing import COMPARING
from edge_rules.policy.proving.fact_model import FactModel
from edge_rules.policy.proving.given import Given, Handler, OpaqueError, all_of, lifted
from edge_rules.policy.proving.holding import HOLDING
from edge_rules.policy.proving.manner import Manner
from edge_rules.policy.proving.opaque import Lacks, Opaque
from edge_rules.policy.proving.reckoning import RECKONING
from edge_rules.policy.proving.terms import (
    Items,
    Term,
    all_hold,
    any_holds,
    both,
    chosen,
    guarded,
    in_turn,
    negation,
    tried,
)

MAX_PARTS: Final = 500_000  # of all formulas of one question, loops unrolled: some 10 s of work
MAX_SHOWN: Final = 80  # characters of a construct, in a sentence

_HANDLERS: Final[Mapping[str, Handler]] = {**COMPARING, **RECKONING, **HOLDING}


class TooLargeError(Exception):
    """A question of more parts than can be proved in any time."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What all expressions of one question share; `said` are names beside the facts."""

    manner: Manner
    facts: FactModel
    opaque: Opaque
    said: Mapping[str, Callable[[], Term]]
    parts: list[int]

    @property
    def constraints(self) -> list[z3.BoolRef]:
        """What is true of every case."""
        return [*self.facts.constraints, *self.opaque.constraints]


def scene_of(manner: Manner, said: Mapping[str, Callable[[], Term]]) -> Scene:
    """Begin a question."""
    return Scene(manner, FactModel(manner.doubles, manner.texts), Opaque(manner), said, [0])


class Translator:
    """Writes one expression; `where` says in a sentence where it stands."""

    def __init__(self, checked: Checked, scene: Scene, where: str) -> None:
        self._checked = checked
        self._scene = scene
        self._where = where
        self._loops: list[tuple[str, Term]] = []

    def whole(self) -> Term:
        """Write all of it, as something true or false."""
        return self.term(self._checked.root)

    def term(self, node: Expr) -> Term:
        """Write a part; TooLargeError where there are too many."""
        self._scene.parts[0] += 1
        if self._scene.parts[0] > MAX_PARTS:
            raise TooLargeError
        known = constant_of(node, self._checked)
        try:
            if known is not UNKNOWN:
                return Term(lifted(known, self._scene.manner))
            return self._term(node)
        except OpaqueError:
            return self._anything(node)

    def _term(self, node: Expr) -> Term:
        reference = self._checked.references.get(node.id)
        if isinstance(reference, Variable):
            return self._variable(reference.name, asked=isinstance(node, Select) and node.test)
        if isinstance(reference, Local):
            return next(term for name, term in reversed(self._loops) if name == reference.name)
        match node:
            case Call():
                return self._call(node)
            case ListOf():
                terms = [self.term(item) for item in node.items]
                return in_turn(terms, all_of([term.value for term in terms]))
            case Loop():
                return self._loop(node)
        raise OpaqueError

    def _variable(self, name: str, *, asked: bool) -> Term:
        if name in self._scene.said:
            return self._scene.said[name]()
        return Term(self._scene.facts.there(name)) if asked else self._scene.facts.fact(name)

    def _call(self, node: Call) -> Term:
        nodes = (*((node.target,) if node.target else ()), *node.args)
        if node.function in ("_&&_", "_||_"):
            join = all_hold if node.function == "_&&_" else any_holds
            return join([self._truth(each) for each in nodes])
        if node.function == "_?_:_":
            test, yes, no = (self.term(each) for each in nodes)
            return chosen(test, yes, no)
        given = Given(
            node.function,
            tuple(self._checked.types[each.id] for each in nodes),
            tuple(self.term(each) for each in nodes),
            tuple(constant_of(each, self._checked) for each in nodes),
            self._scene.manner,
        )
        try:
            return _HANDLERS.get(node.function, _no_formula)(given)
        except OpaqueError:
            kind = self._checked.types[node.id]
            return self._scene.opaque.apply(given, kind, self._place(node))

    def _truth(self, node: Expr) -> Term:
        if self._checked.types[node.id] != BOOL:
            raise OpaqueError  # whether it is true or false is known only in the end
        return self.term(node)

    def _loop(self, node: Loop) -> Term:
        over = self.term(node.over)
        if not isinstance(over.value, Items) or node.second:
            raise OpaqueError
        steps = [self._step(node, Term(value)) for value in over.value.values]
        pairs = list(zip(over.value.guards, steps, strict=True))
        if node.kind in ("all", "exists"):
            wanted = node.kind == "all"
            tests = [guarded(test, guard, otherwise=wanted) for guard, (test, _) in pairs]
            found = all_hold(tests) if wanted else any_holds(tests)
            return in_turn((over, found), found.value)
        if node.kind not in ("exists_one", "filter", "map"):
            raise OpaqueError
        kept = tuple(both((guard, test.value)) for guard, (test, _) in pairs)
        tries = [tried(test, guard) for guard, (test, _) in pairs]
        if node.kind == "exists_one":
            one = z3.PbEq([(each, 1) for each in kept], 1) if kept else z3.BoolVal(val=False)
            return in_turn((over, *tries), one)
        return self._made(node, over, pairs, kept)

    def _step(self, node: Loop, item: Term) -> tuple[Term, Term]:
        """Write what a loop asks of one item, and what it makes of it."""
        self._loops.append((node.variable, item))
        try:
            if node.kind != "map":
                return self._truth(node.body), item
            test = self._truth(node.condition) if node.condition else Term(z3.BoolVal(val=True))
            return test, self.term(node.body)
        finally:
            self._loops.pop()

    def _made(
        self,
        node: Loop,
        over: Term,
        pairs: Sequence[tuple[z3.BoolRef, tuple[Term, Term]]],
        kept: tuple[z3.BoolRef, ...],
    ) -> Term:
        items: Items = over.value
        tries = []
        for (guard, (test, made)), keep in zip(pairs, kept, strict=True):
            tries += [tried(test, guard), tried(made, keep)]
        whole = node.kind == "map" and node.condition is None
        values = tuple(made.value for _, (_, made) in pairs)
        count = items.length if whole else None
        made_items = Items(kept, values, items.dense and whole, items.ordered, count)
        return in_turn((over, *tries), made_items)

    def _anything(self, node: Expr) -> Term:
        """Give up on a part: it may be anything of its type, or lack any of its facts."""
        kind = self._checked.types[node.id]
        lacks = Lacks(self._absent(node, needed=False), self._absent(node, needed=True))
        meaning = None if self._loops else written_meaning(node, self._checked)
        return self._scene.opaque.anything(kind, lacks, self._place(node), meaning)

    def _absent(self, node: Expr, *, needed: bool) -> list[z3.BoolRef]:
        """Say of the facts a part reads, or only of those that it needs, that they lack."""
        names: dict[str, None] = {}
        waiting = [node]
        while waiting:
            part = waiting.pop()
            reference = self._checked.references.get(part.id)
            asked = isinstance(part, Select) and part.test
            if isinstance(reference, Variable) and not (asked and needed):
                names[reference.name] = None
            waiting += _needed(part) if needed else children(part)
        facts = sorted(names.keys() - self._scene.said)
        return [negation(self._scene.facts.there(name)) for name in facts]

    def _place(self, node: Expr) -> str:
        text = written(node)
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
        return f"{self._where}: `{shown}`"


def _needed(node: Expr) -> tuple[Expr, ...]:
    """List the parts without whose values a part has none, whatever the others are."""
    if isinstance(node, Call) and node.function in ("_&&_", "_||_"):
        return ()
    if isinstance(node, Call) and node.function == "_?_:_":
        return node.args[:1]
    return (node.over,) if isinstance(node, Loop) else children(node)


def _no_formula(_given: Given) -> Term:
    raise OpaqueError
