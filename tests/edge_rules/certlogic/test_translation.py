"""edge_rules.certlogic.translation: compiled rules mean what a plain walk over them finds."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.certlogic.date_times import UNITS
from edge_rules.certlogic.errors import RuleFailedError
from edge_rules.certlogic.expression import Expression, compile_rules, evaluate
from edge_rules.certlogic.function_code import MAX_FETCHES, MAX_INLINE
from edge_rules.certlogic.validation import COMPARISONS, DATE_COMPARISONS, MAX_DEPTH, MAX_SIZE
from edge_rules.certlogic.values import MAX_STEPS, as_json
from tests.edge_rules.certlogic.foreign import evaluations, national_tests
from tests.edge_rules.certlogic.plain import walk

TEXTS = st.sampled_from(
    ["", "a", "b", "1", "2021", "2021-02-28", "2021-02-29", "2021-06-01T00:00:00Z",
     "URN:UVCI:01:NL:187/3#4", "x" * 40]
)  # fmt: skip
NUMBERS = st.integers(-2, 3) | st.sampled_from([1.0, 2**53 - 1, 10**30])
FRACTIONS = st.sampled_from([0.5, -0.0, 1e300, float("nan"), float("inf")])
KEYS = st.sampled_from(["a", "b", "0", "1", "accumulator", "current"])
DATA = st.recursive(
    st.none() | st.booleans() | NUMBERS | FRACTIONS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
PATHS = st.lists(KEYS, max_size=3).map(lambda keys: {"var": ".".join(keys)})
LEAVES = st.booleans() | NUMBERS | TEXTS | PATHS | PATHS | st.lists(TEXTS, max_size=4)


def operations(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def some(names: list[str], least: int, most: int) -> st.SearchStrategy[Any]:
        operands = st.lists(inner, min_size=least, max_size=most)
        return st.builds(lambda name, given: {name: given}, st.sampled_from(names), operands)

    moved = st.builds(
        lambda text, amount, unit: {"plusTime": [text, amount, unit]},
        inner, NUMBERS, st.sampled_from(UNITS),
    )  # fmt: skip
    born = some(["dccDateOfBirth", "!"], 1, 1)
    dates = st.lists(moved | born | inner, min_size=2, max_size=3)
    compared = st.builds(
        lambda name, given: {name: given}, st.sampled_from(DATE_COMPARISONS), dates
    )
    parts = st.builds(lambda uvci, at: {"extractFromUVCI": [uvci, at]}, inner, st.integers(-1, 4))
    return (
        some(["if", "reduce"], 3, 3)
        | some(["===", "in", "+"], 2, 2)
        | some(["and"], 2, 4)
        | some([*COMPARISONS, *DATE_COMPARISONS], 2, 3)
        | moved
        | born
        | compared
        | parts
        | st.lists(inner, max_size=3)
    )


RULES = st.recursive(LEAVES, operations, max_leaves=20)


def operation(name: str, *operands: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(*operands).map(lambda given: {name: list(given)})


# Rules whose types fit, so that most have a value.
INTS: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        st.integers(-2, 3)
        | st.sampled_from([{"var": "n"}, {"var": "list.1"}])
        | operation("+", INTS, INTS)
        | operation("if", BOOLS, INTS, INTS)
        | st.builds(lambda step, start: {"reduce": [{"var": "list"}, step, start]}, STEPS, INTS)
    )
)
STEPS: st.SearchStrategy[Any] = operation(
    "+", st.just({"var": "accumulator"}), st.just({"var": "current"})
) | operation(
    "if", st.just({"<": [{"var": "current"}, 2]}), st.just({"var": "accumulator"}), st.just(7)
)
DATES: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        st.builds(
            lambda text, amount, unit: {"plusTime": [text, amount, unit]},
            st.sampled_from(["2021-06-01", {"var": "date"}, {"var": "born"}]),
            st.integers(-40, 40),
            st.sampled_from(UNITS),
        )
        | st.just({"dccDateOfBirth": [{"var": "born"}]})
        | operation("if", BOOLS, DATES, DATES)
    )
)
BOOLS: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        st.booleans()
        | st.sampled_from([{"var": "yes"}, {"var": "none.0"}, {"var": "list"}, {"var": "text"}])
        | operation("!", BOOLS)
        | operation("and", BOOLS, BOOLS, BOOLS)
        | st.builds(lambda name, given: {name: given}, st.sampled_from(COMPARISONS), several(INTS))
        | st.builds(
            lambda name, given: {name: given}, st.sampled_from(DATE_COMPARISONS), several(DATES)
        )
        | operation("===", INTS | BOOLS | DATES, INTS | BOOLS | DATES | st.just("text"))
        | operation("in", INTS | st.just({"var": "text"}), st.sampled_from(LISTS))
    )
)
LISTS: list[Any] = [
    {"var": "list"},
    ["text", "other"],
    [],
    [1, True, {"var": "n"}],
    {"var": "codes"},
]
SOUND = st.fixed_dictionaries(
    {
        "n": st.integers(-3, 3),
        "list": st.lists(st.integers(-1, 3), max_size=4),
        "yes": st.booleans(),
        "text": st.sampled_from(["text", "", "z"]),
        "date": st.sampled_from(["2021-02-28", "2020-02-29T23:59:59.5+02:00"]),
        "born": st.sampled_from(["1998", "1998-06", "1998-06-30"]),
        "codes": st.just(["z", "text"]),
    }
)


def several(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(of, min_size=2, max_size=3)


def outcome(run: Callable[[object, object], object], rule: object, data: object) -> str:
    """Write down a value with its types, or why there is none."""
    try:
        return json.dumps(["value", as_json(run(rule, data))])
    except RuleFailedError as error:
        return f"failed: {error}"


@settings(max_examples=1500, deadline=None)
@given(RULES, DATA)
def test_a_compiled_rule_means_what_a_plain_walk_finds(rule: object, data: object) -> None:
    assert outcome(evaluate, rule, data) == outcome(walk, rule, data)


@settings(max_examples=1000, deadline=None)
@given(BOOLS | INTS | DATES, SOUND)
def test_a_compiled_rule_of_fitting_types_means_what_a_plain_walk_finds(
    rule: object, data: object
) -> None:
    assert outcome(evaluate, rule, data) == outcome(walk, rule, data)


@settings(max_examples=100, deadline=None)
@given(st.lists(RULES, max_size=6), DATA)
def test_rules_in_one_code_object_do_not_meet(rules: list[Any], data: object) -> None:
    together = compile_rules(rules)
    for rule, expression in zip(rules, together, strict=True):
        one = partial(_evaluated, expression)
        assert outcome(one, rule, data) == outcome(walk, rule, data)


def _evaluated(expression: Expression, _: object, data: object) -> object:
    return expression.evaluate(data)


def test_foreign_rules_mean_what_a_plain_walk_finds(test_data: Path) -> None:
    for where, rule, data, _ in [*evaluations(test_data), *national_tests(test_data)]:
        assert outcome(evaluate, rule, data) == outcome(walk, rule, data), where


def chain(operator: str, depth: int, *others: object, at: int = 0) -> object:
    """Nest one operation in itself as deep as it may be."""
    rule: object = {"var": "a"}
    for _ in range(depth):
        rule = {operator: [*others[:at], rule, *others[at:]]}
    return rule


DEEPEST = MAX_DEPTH // 2 - 2  # what is nested has levels of its own
DEEP = [
    chain("!", DEEPEST),
    chain("and", DEEPEST, {"var": "b"}),
    chain("and", DEEPEST, {"var": "b"}, at=1),
    chain("if", DEEPEST, {"reduce": [{"var": "c"}, 1, 2]}, 2),
    chain("if", DEEPEST, True, {"and": [{"var": "b"}, 1]}, at=2),
    chain("===", DEEPEST, {"var": "b"}),
    chain("in", DEEPEST, [{"var": "b"}], at=0),
    chain("+", DEEPEST, 1),
    chain("<", DEEPEST, 3, {"if": [{"var": "b"}, 1, 2]}),
    chain("reduce", DEEPEST, {"var": "current"}, 1),
    chain("reduce", DEEPEST, [1], 1, at=1),
    chain("reduce", DEEPEST, [1], {"var": "accumulator"}, at=2),
    chain("plusTime", DEEPEST, 1, "day"),
    chain("extractFromUVCI", DEEPEST, 1),
]


@pytest.mark.parametrize("rule", DEEP)
def test_what_is_as_deep_as_allowed_compiles(rule: object) -> None:
    for data in ({"a": 1, "b": [1], "c": [1]}, {"a": ["x"], "b": "x"}, None):
        assert outcome(evaluate, rule, data) == outcome(walk, rule, data)


WIDE: dict[str, Any] = {
    "conditions": {"and": [{"var": "a"}] * (MAX_SIZE // 2 - 5)},
    "guarded conditions": {"and": [{"if": [{"var": "a"}, [1], 2]}] * (MAX_SIZE // 8)},
    "paths": [{"var": f"a.{number}"} for number in range(MAX_SIZE // 2 - 5)],
    "long paths": [{"var": ".".join(["a"] * length)} for length in range(1, 12 * MAX_INLINE)],
    "numbers": list(range(MAX_SIZE - 5)),
    "loops": [{"reduce": [{"var": "a"}, {"+": [{"var": "current"}, 1]}, 0]}] * (MAX_SIZE // 12),
}


@pytest.mark.parametrize("name", WIDE)
def test_what_is_as_large_as_allowed_compiles(name: str) -> None:
    nested: Any = 7
    for _ in range(20):
        nested = {"a": nested}
    for data in (nested, {"a": [1, 2, 3]}, None):
        assert outcome(evaluate, WIDE[name], data) == outcome(walk, WIDE[name], data)
    assert len(WIDE["paths"]) > MAX_FETCHES


def test_many_long_paths_do_not_outgrow_their_rule() -> None:
    paths = [{"var": f"{number}.a.b.c.d.e.f"} for number in range(MAX_SIZE // 2 - 5)]
    (many,) = compile_rules([paths])
    (few,) = compile_rules([paths[: MAX_FETCHES // MAX_INLINE]])
    size = len(few._run.__code__.co_code) / MAX_FETCHES
    assert len(many._run.__code__.co_code) < size * 3 * MAX_SIZE


def test_a_path_without_end_costs_its_steps() -> None:
    endless = {"var": ".".join(["a"] * MAX_STEPS)}
    with pytest.raises(RuleFailedError, match="steps"):
        evaluate(endless, None)
    with pytest.raises(RuleFailedError, match="steps"):
        evaluate({"reduce": [[1] * 9, {"var": "current" + ".a" * (MAX_STEPS // 9)}, 0]}, None)


def test_a_loop_is_paid_for_before_it_runs() -> None:
    step = {"and": [{"===": [{"var": "current"}, 1]}, {"var": "accumulator"}]}
    rule = {"reduce": [{"var": ""}, step, True]}
    assert evaluate(rule, [1] * 1000) is True
    with pytest.raises(RuleFailedError, match="steps"):
        evaluate(rule, [1] * (MAX_STEPS // 10))


@pytest.mark.parametrize(
    "text", ["__import__", "'); quit()", "data", "budget", "k0", "\ud800", "\0"]
)
def test_no_text_of_a_rule_is_ever_code(text: str) -> None:
    rule = [
        {"var": text},
        {"var": f"a.{text}.0"},
        {"===": [{"var": "a"}, text]},
        {"in": [text, [text]]},
    ]
    data = {"a": {text: [1]}, text: text}
    wanted = walk(rule, data) if "." not in text else None
    assert evaluate(rule, data) == wanted
