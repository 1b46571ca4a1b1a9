"""The conditions a rule is made of, between its `&&`, `||` and `!`, judged one by one."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_rules.cel.environment import Checked, Constant, Variable
from edge_rules.cel.errors import EvaluationError, FactsMissingError
from edge_rules.cel.generator import Generator
from edge_rules.cel.python_code import Namespace, define
from edge_rules.cel.syntax import Call, Expr, Select, children
from edge_rules.cel.wording import written
from edge_rules.policy.fact_access import FACTS, CarefulFacts
from edge_rules.policy.rules import Rule

_JOINING = ("_&&_", "_||_", "!_")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one condition holds: None where that can't be said, for lack of facts or an error."""

    holds: bool | None
    missing: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Atom:
    """One condition of a rule: its text, the facts and constants it reads, and its judge."""

    rule: str
    text: str
    facts: tuple[str, ...]
    constants: Mapping[str, Any]
    judge: Callable[[Mapping[str, Any]], bool]

    def verdict(self, facts: Mapping[str, Any]) -> Verdict:
        """Judge facts that went through `clean_facts`."""
        try:
            return Verdict(bool(self.judge(facts)))
        except FactsMissingError as error:
            return Verdict(None, error.facts)
        except EvaluationError as error:
            return Verdict(None, error=error.what)
        except Exception:  # whatever fails, it can't be said
            return Verdict(None, error="no value")


def atoms_of(rules: Sequence[Rule]) -> list[Atom]:
    """Take rules apart, in policy order; their code is compiled in one go."""
    space = Namespace()
    nodes = [(rule, node) for rule in rules for node in atom_nodes(rule.when.root)]
    code = [_judge(f"atom_{at}", rule.when, node, space) for at, (rule, node) in enumerate(nodes)]
    made = space.run(code, "conditions")
    return [_atom(rule, node, made[f"atom_{at}"]) for at, (rule, node) in enumerate(nodes)]


def whole_of(rule: Rule) -> Atom:
    """Take a rule as one condition."""
    space = Namespace()
    made = space.run([_judge("whole", rule.when, rule.when.root, space)], "rule")
    return _atom(rule, rule.when.root, made["whole"])


def atom_nodes(node: Expr) -> Iterator[Expr]:
    """List what `&&`, `||` and `!` join, in the order of the text."""
    if isinstance(node, Call) and node.function in _JOINING:
        for child in children(node):
            yield from atom_nodes(child)
    else:
        yield node


def _judge(name: str, checked: Checked, node: Expr, space: Namespace) -> ast.stmt:
    generator = Generator(checked, CarefulFacts(space), space, careful=True)
    return define(name, [FACTS], [ast.Return(generator.condition(node))])


def _atom(rule: Rule, root: Expr, judge: Callable[[Mapping[str, Any]], bool]) -> Atom:
    facts: dict[str, None] = {}
    constants: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        reference = rule.when.references.get(node.id)
        if isinstance(reference, Variable):
            facts[reference.name] = None
        elif isinstance(reference, Constant) and isinstance(node, Select):
            constants[written(node)] = reference.value
        else:
            waiting += children(node)
    return Atom(rule.id, written(root), tuple(facts), constants, judge)
