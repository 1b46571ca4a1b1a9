"""One line of `policy eval`: values and types in JSON, declarations, and whatever is no line."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.cel.encoded_types import read_type, write_type
from edge_rules.cel.encoded_values import ValueWriter, read_value
from edge_rules.cel.eval_line import evaluate_line
from edge_rules.cel.values import Duration, Timestamp, TypeValue, UInt, make_map
from tests.edge_rules.cel.foreign import same

INT = {"primitive": "INT64"}
KEYS = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=5))
VALUES = st.recursive(
    st.one_of(
        st.none(),
        KEYS,
        st.floats(),
        st.binary(max_size=5),
        st.integers(0, 2**64 - 1).map(UInt),
        st.integers(-(2**62), 2**62).map(Duration),
        st.integers(-(2**62), 2**62).map(Timestamp),
        st.sampled_from(["int", "list"]).map(TypeValue),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS.filter(lambda key: key not in (0, 1)), inner, max_size=3).map(
            lambda held: make_map(*held.items())
        ),
    ),
    max_leaves=8,
)
TYPES = st.recursive(
    st.sampled_from(
        [
            *({"primitive": name} for name in ("BOOL", "INT64", "UINT64", "DOUBLE", "STRING")),
            *({"wellKnown": name} for name in ("TIMESTAMP", "DURATION")),
            *({"null": None}, {"dyn": {}}, {"wrapper": "BOOL"}, {"messageType": "a.b.C"}),
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda item: {"listType": {"elemType": item}}),
        st.tuples(inner, inner).map(
            lambda pair: {"mapType": {"keyType": pair[0], "valueType": pair[1]}}
        ),
        inner.map(lambda item: {"abstractType": {"name": "t", "parameterTypes": [item]}}),
    ),
    max_leaves=6,
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["list", "map", "int", "double", "object", "json", "x", "type"]), inner
        ),
    ),
)


@given(VALUES)
def test_values_come_back_as_they_were_written(value: Any) -> None:  # noqa: ANN401 - any value
    assert same(read_value(json.loads(json.dumps(ValueWriter().write(value)))), value)


@given(TYPES)
def test_types_come_back_as_they_were_written(encoded: dict[str, Any]) -> None:
    assert write_type(read_type(encoded)) == encoded


@given(ANYTHING, ANYTHING, ANYTHING)
def test_what_is_no_line_is_one_error(bindings: Any, types: Any, line: Any) -> None:  # noqa: ANN401
    assert "error" in evaluate_line({"expr": "undeclared", "bindings": bindings, "type_env": types})
    assert "error" in evaluate_line(line)


def test_numbers_are_written_as_the_tests_of_the_language_do() -> None:
    assert evaluate_line({"expr": "[1, 2u, 1e300, -0.0, b'\\xff', type(1)]"})["value"] == {
        "list": [
            {"int": "1"},
            {"uint": "2"},
            {"double": "1e+300"},
            {"double": "-0.0"},
            {"bytes_b64": "/w=="},
            {"type": "int"},
        ]
    }
    for text, number in (("NaN", math.nan), ("Infinity", math.inf), ("-Infinity", -math.inf)):
        line = {"expr": "x", "disable_check": True, "bindings": {"x": {"double": text}}}
        assert evaluate_line(line) == {"value": {"double": text}}
        assert same(read_value({"double": text}), number)


def test_times_are_written_as_messages() -> None:
    assert evaluate_line({"expr": "duration('123.321456789s')"})["value"] == {
        "object": "google.protobuf.Duration",
        "json": {
            "@type": "type.googleapis.com/google.protobuf.Duration",
            "value": "123.321456789s",
        },
        "b64": "CHsQlZWkmQE=",
    }


def test_an_unchecked_line_has_no_type() -> None:
    assert evaluate_line({"expr": "1", "disable_check": True}) == {"value": {"int": "1"}}
    assert evaluate_line({"expr": "1"}) == {"value": {"int": "1"}, "deduced_type": INT}
    assert evaluate_line({"expr": "1", "check_only": True}) == {"deduced_type": INT}


def test_a_name_that_nobody_declared_fails_only_where_its_value_counts() -> None:
    for expression in ("x.y", "has(x.y)", "x.y.z == 1", "[x]", "{1: x.y}.size()"):
        answer = evaluate_line({"expr": expression, "disable_check": True})
        assert answer == {"error": "undeclared reference"}
    line = {"expr": "x.y && false", "disable_check": True}
    assert evaluate_line(line) == {"value": {"bool": False}}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("true ? x : 1", {"wrapper": "INT64"}),
        ("[x, null][0]", {"wrapper": "INT64"}),
        ("x + 1", INT),
        ("of(1)", {"listType": {"elemType": INT}}),
        ("my.of(x)", {"primitive": "BOOL"}),
        ("1.to('a')", {"primitive": "STRING"}),
        ("[timestamp(0), null]", {"listType": {"elemType": {"wellKnown": "TIMESTAMP"}}}),
        ("[1, null]", {"listType": {"elemType": {"dyn": {}}}}),
    ],
)
def test_declared_names_and_functions_have_their_types(
    expression: str, wanted: dict[str, Any]
) -> None:
    param = {"typeParam": "T"}
    ways = {
        "of": {"params": [param], "resultType": {"listType": {"elemType": param}}},
        "my.of": {"params": [INT], "resultType": {"primitive": "BOOL"}},
        "to": {"params": [INT, param], "resultType": param, "isInstanceFunction": True},
    }
    declared = [{"name": name, "function": {"overloads": [way]}} for name, way in ways.items()]
    declared.append({"name": "x", "ident": {"type": {"wrapper": "INT64"}}})
    line = {"expr": expression, "type_env": declared, "check_only": True}
    assert evaluate_line(line) == {"deduced_type": wanted}


def test_deep_and_large_lines_are_errors() -> None:
    deep: dict[str, Any] = {"int": "1"}
    for _ in range(500):
        deep = {"list": [deep]}
    for bindings in ({"x": deep}, {"x": {"int": "9" * 5000}}, {"x": {"int": str(2**63)}}):
        line = {"expr": "x", "disable_check": True, "bindings": bindings}
        assert "error" in evaluate_line(line)


def test_a_declared_type_that_is_too_large_is_an_error() -> None:
    large = {"abstractType": {"name": "t", "parameterTypes": [{"dyn": {}}] * 2000}}
    answer = evaluate_line({"expr": "x", "type_env": [{"name": "x", "ident": {"type": large}}]})
    assert "a type of more than 1024 parts" in answer["error"]
