"""One expression over bindings of any names: the language without a policy around it."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edge_rules.cel.checker import check
from edge_rules.cel.environment import Checked, Environment
from edge_rules.cel.errors import EvaluationError, ExpressionRefusedError
from edge_rules.cel.generator import Generator
from edge_rules.cel.parser import parse
from edge_rules.cel.python_code import Namespace, define, load
from edge_rules.cel.types import DYN
from edge_rules.cel.values import Value


def check_expression(text: str, environment: Environment) -> Checked:
    """Parse and check an expression; ExpressionRefusedError lists its faults."""
    root, _ = parse(text, environment.dialect)
    checked, faults = check(root, environment)
    if faults:
        raise ExpressionRefusedError(faults)
    return checked


def parse_leniently(text: str, environment: Environment, names: Mapping[str, Any]) -> Checked:
    """Parse an expression without a check: its types are known when it is evaluated."""
    variables = {**dict.fromkeys(names, DYN), **environment.variables}
    loose = replace(environment, variables=variables)
    root, _ = parse(text, environment.dialect)
    return check(root, loose, lenient=True)[0]


def compile_expression(
    checked: Checked, *, careful: bool = True
) -> Callable[[Mapping[str, Any]], Any]:
    """Turn an expression into a function of its bindings; it raises EvaluationError."""
    space = Namespace()
    code = Generator(checked, _Bound(space), space, careful=careful).expression(checked.root)
    space.run([define("evaluate", ["bindings"], [ast.Return(code)])], "expression")
    function: Callable[[Mapping[str, Any]], Any] = space.globals["evaluate"]
    return function


class _Bound:
    """Names that are looked up in the bindings."""

    def __init__(self, space: Namespace) -> None:
        self._space = space

    def value(self, name: str) -> ast.expr:
        return self._space.call(_binding, load("bindings"), ast.Constant(name))

    def present(self, name: str) -> ast.expr:
        return ast.Compare(ast.Constant(name), [ast.In()], [load("bindings")])


def _binding(bindings: Mapping[str, Any], name: str) -> Value:
    try:
        return bindings[name]
    except KeyError:
        msg = f"nothing is bound to {name}"
        raise EvaluationError(msg) from None
