"""Compiled expressions against Google's own engine for the language, where it is installed."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge_rules.cel.environment import Environment
from edge_rules.cel.errors import EvaluationError, ExpressionRefusedError
from edge_rules.cel.evaluation import check_expression, compile_expression
from edge_rules.cel.types import BOOL, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT
from edge_rules.cel.values import UInt, Value
from edge_rules.facts import FIELDS, Kind
from edge_rules.policy.conditions import VARIABLES
from tests.edge_rules.cel.bindings import as_cel
from tests.edge_rules.cel.foreign import same
from tests.edge_rules.cel.random_expressions import INTS, STRINGS, expressions, facts

cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python is not installed")

TYPES = {
    Kind.BOOL: cel.Type.BOOL, Kind.INT: cel.Type.INT, Kind.DOUBLE: cel.Type.DOUBLE,
    Kind.STRING: cel.Type.STRING, Kind.TIMESTAMP: cel.Type.TIMESTAMP,
    Kind.DURATION: cel.Type.DURATION, Kind.STRINGS: cel.Type.List(cel.Type.STRING),
}  # fmt: skip
ENGINE = cel.NewEnv(
    variables={name.replace(".", "_"): TYPES[field.kind] for name, field in FIELDS.items()}
)
KINDS = (BOOL, INT, UINT, DOUBLE, STRING, TIMESTAMP, DURATION, INTS, STRINGS)
FACT = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in FIELDS if "." in name))
PRESENCE = re.compile(r"has\(([a-z_.]+)\)")
YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)  # which it takes for an endless past


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(KINDS).flatmap(expressions), facts())
def test_both_engines_find_the_same_value_or_none(text: str, known: dict[str, Any]) -> None:
    known = {name: value for name, value in known.items() if value != YEAR_1}
    try:
        ours = check_expression(text, Environment(VARIABLES))
    except ExpressionRefusedError:
        assume(False)
    theirs = _evaluated(text, known)
    bindings = {name: as_cel(value) for name, value in known.items()}
    try:
        value = compile_expression(ours)(bindings)
    except EvaluationError:
        assert theirs.type() == cel.Type.ERROR
        return
    assert same(value, _as_ours(theirs)), theirs.value()


def _evaluated(text: str, known: dict[str, Any]) -> Any:  # noqa: ANN401 - it has no types
    """Let it evaluate over plain variables: it takes no times inside of a map."""
    text = PRESENCE.sub(lambda found: "true" if found[1] in known else "false", text)
    text = FACT.sub(lambda found: found[0].replace(".", "_"), text)
    data = {
        name.replace(".", "_"): list(value) if isinstance(value, tuple) else value
        for name, value in known.items()
    }
    try:
        compiled = ENGINE.compile(text)
    except RuntimeError as error:  # its checker compares numbers of one type alone
        assume(" overload for '_<_'" not in str(error) and " overload for '_>=_'" not in str(error))
        raise
    return compiled.eval(data=data)


def _as_ours(theirs: Any) -> Value:  # noqa: ANN401 - it has no types
    """Read its value as one of ours; it tells unsigned numbers by their type alone."""
    plain = theirs.value() if isinstance(theirs, cel.Value) else theirs
    if isinstance(plain, list):
        return tuple(map(_as_ours, plain))
    if isinstance(theirs, cel.Value) and theirs.type() == cel.Type.UINT:
        return UInt(plain)
    return as_cel(plain)
