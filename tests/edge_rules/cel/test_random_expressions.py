"""Compiled expressions against a plain walk over the tree."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge_rules.cel.environment import Checked, Environment
from edge_rules.cel.errors import EvaluationError, ExpressionRefusedError
from edge_rules.cel.evaluation import check_expression, compile_expression
from edge_rules.cel.types import BOOL, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT
from edge_rules.cel.values import Value
from edge_rules.decision import Outcome
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.conditions import VARIABLES
from edge_rules.policy.rules import Policy, Rule
from tests.edge_rules.cel.bindings import as_cel, flat, nested
from tests.edge_rules.cel.foreign import same
from tests.edge_rules.cel.plain import Failed, walk
from tests.edge_rules.cel.random_expressions import INTS, STRINGS, expressions, facts

FACTS = Environment(VARIABLES)
KINDS = (BOOL, INT, UINT, DOUBLE, STRING, TIMESTAMP, DURATION, INTS, STRINGS)


def checked(text: str) -> Checked:
    try:
        return check_expression(text, FACTS)
    except ExpressionRefusedError:
        assume(condition=False)
        raise


def walked(expression: Checked, bindings: dict[str, Any]) -> Value | Failed:
    try:
        return walk(expression.root, bindings, {})
    except Failed as failure:
        return failure


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(KINDS).flatmap(expressions), facts())
def test_a_compiled_expression_has_the_value_of_a_plain_walk(
    text: str, known: dict[str, Any]
) -> None:
    expression = checked(text)
    bindings = {name: as_cel(value) for name, value in known.items()}
    careful, fast = (compile_expression(expression, careful=each) for each in (True, False))
    wanted = walked(expression, bindings)
    if isinstance(wanted, Failed):
        for run in (careful, fast):
            with pytest.raises(EvaluationError):
                run(bindings)
        return
    assert same(careful(bindings), wanted)
    with suppress(EvaluationError):  # fast code may give up where careful code does not
        assert same(fast(bindings), wanted)


@settings(max_examples=250, deadline=None)
@given(expressions(BOOL), facts())
def test_a_policy_admits_only_what_a_plain_walk_finds_true(
    text: str, known: dict[str, Any]
) -> None:
    expression = checked(text)
    rule = Rule("only", expression, Outcome.ADMIT, "healthy", None, (1, 1))
    policy = compile_policy(Policy("p", "x", "checkpoint/1", (rule,), Outcome.REFER, ()))
    cleaned = clean_facts(nested(known))
    decision = policy.decide(cleaned)
    bindings = {name: as_cel(value) for name, value in flat(cleaned).items()}
    holds = walked(expression, bindings)
    if isinstance(holds, Failed):
        reason = "fact-missing" if holds.facts else "rule-error"
        assert (decision.outcome, decision.reasons) == (Outcome.REFER, (reason,))
        assert {each.fact for each in decision.missing} == holds.facts
        return
    wanted = (Outcome.ADMIT, ("healthy",)) if holds else (Outcome.REFER, ("no-rule-admits",))
    assert (decision.outcome, decision.reasons) == wanted
    assert decision.missing == ()
