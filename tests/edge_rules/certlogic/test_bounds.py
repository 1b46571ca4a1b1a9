"""CertLogic under hostile rules and data: an error or a value, soon, and never a crash."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.certlogic.errors import MAX_TOLD, RuleFailedError, RuleFault, RuleInvalidError
from edge_rules.certlogic.expression import evaluate
from edge_rules.certlogic.validation import MAX_DEPTH, MAX_SIZE, OPERANDS, validate
from edge_rules.certlogic.values import MAX_RESULT_DEPTH, MAX_STEPS, as_json

HANG_S = 10.0  # of CPU time; a bound that holds ends within a fraction of a second

ACCUMULATOR: Any = {"var": "accumulator"}
WORDS = st.sampled_from(
    ["", "a", "0", "1", "a.0", "current", "accumulator", "day", "year", "2021", "2021-02-29",
     "2021-06-01T00:00:00+1", "URN:UVCI:01:NL:187/3#4", "x.", "\ud800", "٣"]
)  # fmt: skip
PLAIN = st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.floats() | WORDS
DATA = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3)
)
OPERATORS = st.sampled_from([*OPERANDS, "var", "all", "extractFromUCI", ""])


def operations(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    anything = st.builds(lambda key, value: {key: value}, OPERATORS, st.lists(inner, max_size=4))
    sound = st.sampled_from([*OPERANDS]).flatmap(
        lambda name: st.lists(inner, min_size=OPERANDS[name][0], max_size=OPERANDS[name][0]).map(
            lambda operands: {name: operands}
        )
    )
    moved = st.builds(
        lambda text, amount, unit: {"plusTime": [text, amount, unit]},
        inner, st.integers(), st.sampled_from(["day", "hour", "month", "year", "week"]),
    )  # fmt: skip
    paths = st.builds(lambda path: {"var": path}, PLAIN | inner)
    return anything | sound | moved | paths | st.lists(inner, max_size=3)


RULES = st.recursive(PLAIN | DATA, operations, max_leaves=25)


@settings(max_examples=600, deadline=None)
@given(RULES, DATA)
def test_any_json_gives_a_value_or_one_of_our_errors(rule: object, data: object) -> None:
    refused: list[RuleFault] = []
    try:
        json.dumps(as_json(evaluate(rule, data)))
    except RuleInvalidError as error:
        refused = list(error.faults)
    except RuleFailedError:
        pass
    assert refused == validate(rule)


def nested(depth: int) -> object:
    rule: Any = True
    for _ in range(depth // 2):
        rule = {"!": [rule]}
    return rule


def test_a_rule_as_deep_as_allowed_is_evaluated_and_a_deeper_one_refused() -> None:
    assert evaluate(nested(MAX_DEPTH), None) is True
    arrays: Any = 1
    for _ in range(MAX_DEPTH):
        arrays = [arrays]
    assert evaluate(arrays, None) == arrays
    for rule in (nested(MAX_DEPTH + 2), nested(MAX_SIZE // 2), [arrays]):
        with pytest.raises(RuleInvalidError, match="deeper than"):
            evaluate(rule, None)


def test_a_rule_too_large_is_refused_and_told_in_one_sentence() -> None:
    (fault,) = validate([1] * MAX_SIZE)
    assert "more than" in fault.what
    with pytest.raises(RuleInvalidError, match="and 9 more") as caught:
        evaluate([None] * (MAX_TOLD + 9), None)
    assert len(caught.value.faults) == MAX_TOLD + 9


def folded(step: object, initial: object = 0) -> dict[str, Any]:
    return {"reduce": [{"var": ""}, step, initial]}


IN: Any = {"in": ["z", {"var": "current"}]}
LONG: Any = {"extractFromUVCI": [{"var": "current"}, 0]}


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        (folded({"+": [ACCUMULATOR, 1]}), [0] * MAX_STEPS),
        (folded(1), [0] * MAX_STEPS),
        (folded(IN), [["a"] * 1000] * 1000),
        (folded({"===": [{"var": "current"}, {"var": "current"}]}), [["a"] * 1000] * 1000),
        (folded({"in": [{"var": "current"}, ["a"] * 1900]}), ["z"] * 1000),
        (folded({"in": [{"var": "current"}, ["a" * 9000]]}), ["z" * 9000] * 1000),
        (folded(LONG), ["a:" * 500_000] * 1000),
        (folded({"===": [{"var": "current"}, "a" * 9000]}), ["a" * 9000] * 9000),
        (folded([ACCUMULATOR, ACCUMULATOR]), [0] * 60),
        ({"===": [folded([ACCUMULATOR, ACCUMULATOR]), folded([ACCUMULATOR] * 2)]}, [0] * 60),
        (folded([ACCUMULATOR]), [0] * (MAX_RESULT_DEPTH + 1)),
        (folded({"+": [ACCUMULATOR, ACCUMULATOR]}, 1), [0] * 60),
    ],
)
def test_a_bomb_ends_in_an_error(rule: object, data: object) -> None:
    began = time.process_time()
    with pytest.raises(RuleFailedError):
        evaluate(rule, data)
    assert time.process_time() - began < HANG_S


def test_what_nations_ask_for_stays_within_the_bounds() -> None:
    assert evaluate(folded({"+": [ACCUMULATOR, {"var": "current"}]}), [1] * 1000) == 1000
    assert evaluate({"in": ["b", {"var": ""}]}, ["a"] * 50_000) is False
