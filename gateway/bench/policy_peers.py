"""Other engines of rules, measured where the optional extra `bench` is installed."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

Decider = Callable[[Mapping[str, Any]], object]
Rules = Sequence[tuple[str, str]]  # reason and condition


def peers(rules: Rules) -> Iterator[tuple[str, Decider]]:
    """Give each engine that is here and takes the rules, by its package's name."""
    for name, make in (
        ("cel-expr-python", _cel_expr_python),
        ("common-expression-language", _common_expression_language),
        ("zen-engine", _zen_engine),
    ):
        try:
            yield name, make(rules)
        except ImportError:
            sys.stderr.write(f"{name} is not installed: left out (extra `bench`)\n")
        except Exception as error:  # another's package may fail in any way
            sys.stderr.write(f"{name} does not take the rules: left out ({type(error).__name__})\n")


def _cel_expr_python(rules: Rules) -> Decider:
    cel = import_module("cel_expr_python.cel")
    groups = ("credential", "temperature", "access", "person", "gate")
    env = cel.NewEnv(variables=dict.fromkeys(groups, cel.Type.DYN))
    compiled = [(reason, env.compile(when)) for reason, when in rules]

    def decide(facts: Mapping[str, Any]) -> list[str]:
        return [reason for reason, each in compiled if each.eval(data=facts).value()]

    return decide


def _common_expression_language(rules: Rules) -> Decider:
    cel = import_module("cel")
    compiled = [(reason, cel.compile(when)) for reason, when in rules]

    def decide(facts: Mapping[str, Any]) -> list[str]:
        return [reason for reason, each in compiled if each.execute(facts)]

    return decide


def _zen_engine(rules: Rules) -> Decider:
    """Ask its expressions one by one; its language writes and, or and not as words."""
    zen = import_module("zen")
    words = [
        (reason, when.replace("&&", "and").replace("||", "or").replace("!t", "not t"))
        for reason, when in rules
    ]
    compiled = [(reason, zen.compile_expression(when)) for reason, when in words]

    def decide(facts: Mapping[str, Any]) -> list[str]:
        return [reason for reason, each in compiled if each.evaluate(facts)]

    return decide
