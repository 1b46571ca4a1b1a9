"""A policy to one Python code object that decides.

The object holds one fast function over all rules, which leaves at the first error, and one careful
function a rule, for facts that are not all there.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_rules.cel.environment import Shape
from edge_rules.cel.errors import FactsMissingError
from edge_rules.cel.generator import Generator
from edge_rules.cel.python_code import Namespace, assign, attempt, constant, define, extend, load
from edge_rules.decision import Decision
from edge_rules.policy.collecting import without_collection
from edge_rules.policy.decisions import Decisions, Unjudged
from edge_rules.policy.fact_access import FACTS, CarefulFacts, FastFacts, sure_facts
from edge_rules.policy.index import Index, Planner
from edge_rules.policy.meaning import hash_of
from edge_rules.policy.rules import Policy, Rule

FIRED = "fired"
HOLES = "holes"
CAREFULLY = "carefully"  # the global that the fast function leaves to

Careful = tuple[Callable[[Mapping[str, Any], tuple[str, ...]], bool], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Code:
    """What the rules were compiled to; each careful function goes with the words of its rule."""

    careful: tuple[Careful, ...]
    others: tuple[int, ...]
    indexes: tuple[Index, ...]

    def candidates(self, facts: Mapping[str, Any]) -> Sequence[int]:
        """List the rules to ask, in policy order: those that no index rules out."""
        if not self.indexes:
            return self.others
        try:
            found = [number for index in self.indexes for number in index.candidates(facts)]
        except Exception:  # facts of no shape that we know: ask every rule
            return range(len(self.careful))
        return sorted([*self.others, *found])

    def fired(self, facts: Mapping[str, Any]) -> tuple[int | Unjudged, ...]:
        """Ask rule by rule: which hold, and which can't be judged."""
        fired: list[int | Unjudged] = []
        for number in self.candidates(facts):
            judge, words = self.careful[number]
            try:
                if judge(facts, words):
                    fired.append(number)
            except FactsMissingError as error:
                fired.append((number, error.facts))
            except Exception:  # a rule that fails in whatever way refers, it never admits
                fired.append((number, ()))
        return tuple(fired)


class CompiledPolicy:
    """A policy ready to decide; safe to share, since it remembers nothing of any facts.

    `decide` judges facts that went through `clean_facts`; it is the generated function itself, and
    every rule that fires is in the decision.
    """

    def __init__(
        self, policy: Policy, code: Code, decide: Callable[[Mapping[str, Any]], Decision]
    ) -> None:
        self.name = policy.name
        self.hash = hash_of(policy)
        self.decide = decide
        self._code = code

    def asked(self, facts: Mapping[str, Any]) -> Sequence[int]:
        """List the numbers of the rules that these facts leave in question, in policy order."""
        return self._code.candidates(facts)


def compile_policy(policy: Policy, *, indexed: bool = True) -> CompiledPolicy:
    """Write the code of a policy and load it; without an index each rule is asked in turn."""
    with without_collection():
        return _compiled(policy, indexed=indexed)


def _compiled(policy: Policy, *, indexed: bool) -> CompiledPolicy:
    space = Namespace()
    planner = Planner(policy.rules, space, indexed=indexed)
    careful = _CarefulCode(space)
    names = [careful.name_of(rule) for rule in policy.rules]
    decisions = Decisions(policy.rules, policy.otherwise)
    decide = _decide_function(policy.rules, planner, decisions, space)
    made = space.run([decide, *planner.functions, *careful.functions], f"policy {policy.name}")
    judges = [
        (made[name], rule.when.values) for name, rule in zip(names, policy.rules, strict=True)
    ]
    code = Code(tuple(judges), planner.others, tuple(planner.build(made)))
    made.update({f"index_{at}": index.tree for at, index in enumerate(code.indexes)})

    def carefully(facts: Mapping[str, Any]) -> Decision:
        fired = code.fired(facts)
        return decisions.known.get(fired) or decisions.make(fired)

    made[CAREFULLY] = carefully
    return CompiledPolicy(policy, code, made["decide"])


def _decide_function(
    rules: tuple[Rule, ...], planner: Planner, decisions: Decisions, space: Namespace
) -> ast.stmt:
    """Write the fast function, whole: a call of one more function would cost a fifth of it."""
    plain = [(number, rules[number].when) for number in planner.others]
    sure = [fact for _, when in plain for fact in sure_facts(when.root, when)]
    sure += [keys[0].fact for keys in planner.groups if not keys[0].guarded]
    facts = FastFacts(space, sure)
    tests: list[ast.stmt] = [
        ast.If(
            Generator(when, facts, space, careful=False).condition(when.root),
            [extend(FIRED, constant((number,)))],
            [],
        )
        for number, when in plain
    ]
    tests += planner.lookups(facts, FIRED)
    if not planner.in_order:
        tests.append(assign(FIRED, space.call(_in_order, load(FIRED))))
    start = [*facts.statements(), assign(FIRED, ast.Tuple([], ast.Load()))]
    leave = ast.Return(ast.Call(load(CAREFULLY), [load(FACTS)], []))
    decided = [space.call(each, load(FIRED)) for each in (decisions.known.get, decisions.make)]
    judge = attempt([*start, *tests], space.held(Exception), [leave])
    return define("decide", [FACTS], [judge, ast.Return(ast.BoolOp(ast.Or(), decided))])


def _in_order(fired: tuple[int, ...]) -> tuple[int, ...]:
    return fired if len(fired) < 2 else tuple(sorted(fired))


class _CarefulCode:
    """The careful functions, one for all rules of a shape."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._names: dict[Shape, str] = {}
        self.functions: list[ast.stmt] = []

    def name_of(self, rule: Rule) -> str:
        shape = rule.when.shape
        if shape in self._names:
            return self._names[shape]
        name = f"rule_{len(self.functions)}"
        ids = shape.holes if shape else ()
        holes: dict[int, ast.expr] = {
            id_: ast.Subscript(load(HOLES), ast.Constant(at), ast.Load())
            for at, id_ in enumerate(ids)
        }
        facts = CarefulFacts(self._space)
        generator = Generator(rule.when, facts, self._space, careful=True, holes=holes)
        body = ast.Return(generator.condition(rule.when.root))
        self.functions.append(define(name, [FACTS, HOLES], [body]))
        if shape:
            self._names[shape] = name
        return name
