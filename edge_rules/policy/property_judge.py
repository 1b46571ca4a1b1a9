"""Whether one decision breaches a property: the plain answer, on facts that are known."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.generator import Generator
from edge_rules.cel.python_code import Namespace, define, load
from edge_rules.decision import Decision
from edge_rules.policy.fact_access import FACTS, CarefulFacts, read_fact
from edge_rules.policy.property_text import SAID
from edge_rules.policy.rules import Property

Facts = Mapping[str, Any]


def judge_of(wanted: Property) -> Callable[[Facts, Decision], bool]:
    """Return a judge of facts, that went through `clean_facts`, and of what was decided on them.

    It says whether they breach the property: every premise holds, and what should follow does not.
    What can't be judged does not hold.
    """
    space = Namespace()
    functions = []
    for at, part in enumerate(wanted.parts):
        code = Generator(part, _Names(space), space, careful=True).condition(part.root)
        functions.append(define(f"part_{at}", [FACTS], [ast.Return(code)]))
    made = space.run(functions, "property")
    *premises, end = (made[f"part_{at}"] for at in range(len(wanted.parts)))

    def breached(facts: Facts, decision: Decision) -> bool:
        said = {
            **facts,
            "decision": decision.outcome.value,
            "reasons": decision.reasons,
            "rules": decision.rules,
        }
        return all(_holds(premise, said) for premise in premises) and not _holds(end, said)

    return breached


def _holds(part: Callable[[Facts], bool], said: Facts) -> bool:
    try:
        return part(said)
    except EvaluationError:
        return False


class _Names:
    """Facts, and what was decided on them."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._facts = CarefulFacts(space)

    def value(self, name: str) -> ast.expr:
        if name not in SAID:
            return self._facts.value(name)
        return self._space.call(read_fact, load(FACTS), ast.Constant(""), ast.Constant(name))

    def present(self, name: str) -> ast.expr:
        return ast.Constant(value=True) if name in SAID else self._facts.present(name)
