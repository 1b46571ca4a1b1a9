"""A policy to one Python code object that decides.

The object holds one fast function over all rules, which stops at the first error and gives the
numbers of the rules that fired, and one careful function a rule, for facts that are not all there.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_rules.decision import Decision
from edge_rules.policy.collecting import without_collection
from edge_rules.policy.combining import Firing, combine, unjudged
from edge_rules.policy.environment import Shape
from edge_rules.policy.errors import FactsMissingError
from edge_rules.policy.fact_access import FACTS, CarefulFacts, FastFacts, sure_facts
from edge_rules.policy.generator import Generator
from edge_rules.policy.index import Index, Planner, lookups
from edge_rules.policy.meaning import hash_of
from edge_rules.policy.python_code import Namespace, assign, constant, define, load
from edge_rules.policy.rules import Policy, Rule

FIRED = "fired"
MAX_KNOWN = 4096  # decisions kept ready, one for each set of rules that fired together
MAX_KEPT = 64  # rules of such a set: larger ones would fill the memory
HOLES = "holes"

Unjudged = tuple[int, tuple[str, ...]]  # the number of a rule, and the facts it lacks
Fired = tuple[int | Unjudged, ...]  # in policy order


Careful = tuple[Callable[[Mapping[str, Any], tuple[str, ...]], bool], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Code:
    """What a policy was compiled to; each careful function goes with the words of its rule."""

    fast: Callable[[Mapping[str, Any]], Fired]
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


class CompiledPolicy:
    """A policy ready to decide; safe to share, since it remembers nothing of any facts."""

    def __init__(self, policy: Policy, code: Code) -> None:
        self.name = policy.name
        self.hash = hash_of(policy)
        self._rules = policy.rules
        self._otherwise = policy.otherwise
        self._code = code
        self._fast = code.fast
        self._known: dict[Fired, Decision] = {}
        self._max_known = MAX_KNOWN + 2 * len(policy.rules)

    def decide(self, facts: Mapping[str, Any], /) -> Decision:
        """Judge facts that went through `clean_facts`; every rule that fires is in the decision."""
        try:
            fired = self._fast(facts)
        except Exception:
            return self._decide_carefully(facts)
        return self._known.get(fired) or self._decision(fired)

    def asked(self, facts: Mapping[str, Any]) -> Sequence[int]:
        """List the numbers of the rules that these facts leave in question, in policy order."""
        return self._code.candidates(facts)

    def _decide_carefully(self, facts: Mapping[str, Any]) -> Decision:
        fired: list[int | Unjudged] = []
        for number in self._code.candidates(facts):
            judge, words = self._code.careful[number]
            try:
                if judge(facts, words):
                    fired.append(number)
            except FactsMissingError as error:
                fired.append((number, error.facts))
            except Exception:  # a rule that fails in whatever way refers, it never admits
                fired.append((number, ()))
        key = tuple(fired)
        return self._known.get(key) or self._decision(key)

    def _decision(self, fired: Fired) -> Decision:
        if len(fired) == 1 and isinstance(fired[0], int):  # most often, so it is made directly
            rule = self._rules[fired[0]]
            decision = Decision(rule.then, (rule.reason,), (rule.id,), (), rule.say)
        else:
            decision = combine([self._firing(each) for each in fired], self._otherwise)
        if len(self._known) < self._max_known and len(fired) <= MAX_KEPT:
            self._known[fired] = decision
        return decision

    def _firing(self, fired: int | Unjudged) -> Firing:
        if isinstance(fired, tuple):
            number, missing = fired
            return unjudged(self._rules[number].id, missing)
        rule = self._rules[fired]
        return Firing(rule.id, rule.then, rule.reason, rule.say)


def compile_policy(policy: Policy, *, indexed: bool = True) -> CompiledPolicy:
    """Write the code of a policy and load it; without an index each rule is asked in turn."""
    with without_collection():
        return _compiled(policy, indexed=indexed)


def _compiled(policy: Policy, *, indexed: bool) -> CompiledPolicy:
    space = Namespace()
    planner = Planner(policy.rules, space, indexed=indexed)
    careful = _CarefulCode(space)
    names = [careful.name_of(rule) for rule in policy.rules]
    judge = _fast_function(policy.rules, planner, space)
    made = space.run([judge, *planner.functions, *careful.functions], f"policy {policy.name}")
    indexes = tuple(planner.build(made))
    made.update({f"index_{at}": index.tree for at, index in enumerate(indexes)})
    judges = tuple(
        [(made[name], rule.when.values) for name, rule in zip(names, policy.rules, strict=True)]
    )
    return CompiledPolicy(policy, Code(made["judge"], judges, planner.others, indexes))


def _fast_function(rules: tuple[Rule, ...], planner: Planner, space: Namespace) -> ast.stmt:
    plain = [(number, rules[number].when) for number in planner.others]
    sure = [fact for _, when in plain for fact in sure_facts(when.root, when)]
    sure += [keys[0].fact for keys in planner.groups if not keys[0].guarded]
    facts = FastFacts(space, sure)
    tests: list[ast.stmt] = [
        ast.If(
            Generator(when, facts, space, careful=False).condition(when.root), [_append(number)], []
        )
        for number, when in plain
    ]
    tests += lookups(planner.groups, facts, FIRED)
    start = [*facts.statements(), assign(FIRED, ast.Tuple([], ast.Load()))]
    end = space.call(_in_order, load(FIRED)) if planner.groups else load(FIRED)
    return define("judge", [FACTS], [*start, *tests, ast.Return(end)])


def _in_order(fired: tuple[int, ...]) -> tuple[int, ...]:
    return fired if len(fired) < 2 else tuple(sorted(fired))


def _append(number: int) -> ast.stmt:
    return ast.AugAssign(ast.Name(FIRED, ast.Store()), ast.Add(), constant((number,)))


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
