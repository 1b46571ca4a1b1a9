"""A policy to one Python code object that decides.

The object holds one fast function over all rules, which stops at the first error and gives the
numbers of the rules that fired, and one careful function a rule, for facts that are not all there.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from edge_rules.decision import Decision
from edge_rules.policy.combining import Firing, combine, unjudged
from edge_rules.policy.errors import FactsMissingError
from edge_rules.policy.fact_access import FACTS, CarefulFacts, FastFacts, sure_facts
from edge_rules.policy.generator import Generator
from edge_rules.policy.meaning import hash_of
from edge_rules.policy.python_code import Namespace, assign, constant, define, load
from edge_rules.policy.rules import Policy, Rule

FIRED = "fired"
MAX_KNOWN = 4096  # decisions kept ready, one for each set of rules that fired together

Unjudged = tuple[int, tuple[str, ...]]  # the number of a rule, and the facts it lacks
Fired = tuple[int | Unjudged, ...]  # in policy order


class CompiledPolicy:
    """A policy ready to decide; safe to share, since it remembers nothing of any facts."""

    def __init__(
        self,
        policy: Policy,
        fast: Callable[[Mapping[str, Any]], Fired],
        careful: tuple[Callable[[Mapping[str, Any]], bool], ...],
    ) -> None:
        self.name = policy.name
        self.hash = hash_of(policy)
        self._rules = policy.rules
        self._otherwise = policy.otherwise
        self._fast = fast
        self._careful = careful
        self._known: dict[Fired, Decision] = {}

    def decide(self, facts: Mapping[str, Any], /) -> Decision:
        """Judge facts that went through `clean_facts`; every rule that fires is in the decision."""
        try:
            fired = self._fast(facts)
        except Exception:
            return self._decide_carefully(facts)
        return self._known.get(fired) or self._decision(fired)

    def _decide_carefully(self, facts: Mapping[str, Any]) -> Decision:
        fired: list[int | Unjudged] = []
        for number, judge in enumerate(self._careful):
            try:
                if judge(facts):
                    fired.append(number)
            except FactsMissingError as error:
                fired.append((number, error.facts))
            except Exception:  # a rule that fails in whatever way refers, it never admits
                fired.append((number, ()))
        key = tuple(fired)
        return self._known.get(key) or self._decision(key)

    def _decision(self, fired: Fired) -> Decision:
        decision = combine([self._firing(each) for each in fired], self._otherwise)
        if len(self._known) < MAX_KNOWN:
            self._known[fired] = decision
        return decision

    def _firing(self, fired: int | Unjudged) -> Firing:
        if isinstance(fired, tuple):
            number, missing = fired
            return unjudged(self._rules[number].id, missing)
        rule = self._rules[fired]
        return Firing(rule.id, rule.then, rule.reason, rule.say)


def compile_policy(policy: Policy) -> CompiledPolicy:
    """Write the code of a policy and load it."""
    space = Namespace()
    names = [f"rule_{number}" for number in range(len(policy.rules))]
    code = [_fast_function(policy.rules, space)]
    code += [_careful_function(*each, space) for each in zip(names, policy.rules, strict=True)]
    made = space.run(code, f"policy {policy.name}")
    return CompiledPolicy(policy, made["judge"], tuple(made[name] for name in names))


def _fast_function(rules: tuple[Rule, ...], space: Namespace) -> ast.stmt:
    sure = (fact for rule in rules for fact in sure_facts(rule.when.root, rule.when))
    facts = FastFacts(space, sure)
    tests = [
        ast.If(
            Generator(rule.when, facts, space, careful=False).condition(rule.when.root),
            [_append(number)],
            [],
        )
        for number, rule in enumerate(rules)
    ]
    start = [*facts.statements(), assign(FIRED, ast.Tuple([], ast.Load()))]
    return define("judge", [FACTS], [*start, *tests, ast.Return(load(FIRED))])


def _append(number: int) -> ast.stmt:
    return ast.AugAssign(ast.Name(FIRED, ast.Store()), ast.Add(), constant((number,)))


def _careful_function(name: str, rule: Rule, space: Namespace) -> ast.stmt:
    generator = Generator(rule.when, CarefulFacts(space), space, careful=True)
    return define(name, [FACTS], [ast.Return(generator.condition(rule.when.root))])
