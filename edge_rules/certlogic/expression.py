"""CertLogic rules made ready once and evaluated often: compiled to one Python code object."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge_rules.cel.python_code import Namespace
from edge_rules.certlogic.errors import RuleInvalidError
from edge_rules.certlogic.operations import Value
from edge_rules.certlogic.translation import Translator
from edge_rules.certlogic.validation import validate
from edge_rules.certlogic.values import Budget, given_out

SPECIFICATION = (1, 3, 3)  # the version of the language that is spoken here


@dataclass(frozen=True, slots=True)
class Expression:
    """A rule that keeps to the specification; `cost` is the steps it takes whatever the data."""

    _run: Callable[[Value, Budget], Value] = field(repr=False)
    cost: int

    def evaluate(self, data: object) -> Any:  # noqa: ANN401 - any JSON value or a DateTime
        """Return the value for this data; RuleFailedError where it has none."""
        return given_out(self._value(data, Budget()))

    def holds(self, data: object, budget: Budget) -> bool:
        """Tell whether the value is true itself; RuleFailedError where there is none."""
        return self._value(data, budget) is True

    def _value(self, data: object, budget: Budget) -> Value:
        budget.spend(self.cost)
        return self._run(data, budget)


def compile_rules(rules: Sequence[object]) -> list[Expression]:
    """Compile rules that are valid, all of them to one code object."""
    space = Namespace()
    translator = Translator(space)
    costs = {f"rule_{number}": rule for number, rule in enumerate(rules)}
    steps = {name: translator.rule(name, rule) for name, rule in costs.items()}
    made = space.run(translator.functions, "CertLogic rules")
    return [Expression(made[name], cost) for name, cost in steps.items()]


def make_expression(rule: object) -> Expression:
    """Make a rule ready; RuleInvalidError tells everything that breaks the specification."""
    if faults := validate(rule):
        raise RuleInvalidError(faults)
    (expression,) = compile_rules([rule])
    return expression


def evaluate(rule: object, data: object) -> Any:  # noqa: ANN401 - any JSON value or a DateTime
    """Evaluate a rule once; RuleInvalidError or RuleFailedError where it has no value."""
    return make_expression(rule).evaluate(data)
