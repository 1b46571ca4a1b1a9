"""edge_rules.facts: what a policy may see of a visit, and what becomes missing."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.facts import (
    FIELDS,
    GROUPS,
    MAX_ITEMS,
    MAX_SPAN,
    MAX_TEXT,
    TOP,
    Kind,
    clean_facts,
)


class Word(StrEnum):
    VALID = "valid"


GOOD: dict[Kind, Any] = {
    Kind.BOOL: False,
    Kind.INT: 1,
    Kind.DOUBLE: 36.5,
    Kind.STRING: "a",
    Kind.TIMESTAMP: datetime(2026, 11, 23, tzinfo=UTC),
    Kind.DURATION: timedelta(seconds=5),
    Kind.STRINGS: ("a", "b"),
}
BAD: dict[Kind, list[Any]] = {
    Kind.BOOL: [0, 1, "true", 1.0],
    Kind.INT: [True, 1.0, "1", 2**63, -(2**63) - 1, 10**400],
    Kind.DOUBLE: ["36.5", True, float("nan"), float("inf"), -float("inf"), 10**400, 2**53 + 1],
    Kind.STRING: [1, b"a", ["a"], "a" * (MAX_TEXT + 1), "a\ud800"],
    Kind.TIMESTAMP: [
        1,
        "2026-11-23T00:00:00Z",
        datetime(2026, 11, 23),  # noqa: DTZ001
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-1))),  # at UTC no year has it
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
    Kind.DURATION: [1, "5s", 5.0, timedelta.max, -MAX_SPAN - timedelta(microseconds=1)],
    Kind.STRINGS: [
        "a",
        [1],
        ["a", None],
        ["a"] * (MAX_ITEMS + 1),
        {"a": 1},
        ("a" * 2000,),
        ("\ud800",),
    ],
}


def nested(name: str, value: object) -> dict[str, Any]:
    group, _, field = name.rpartition(".")
    return {group: {field: value}} if group else {field: value}


def held(facts: dict[str, Any], name: str) -> dict[str, Any]:
    group, _, _ = name.rpartition(".")
    return facts[group] if group else {k: v for k, v in facts.items() if k in TOP}


def good(name: str) -> Any:  # noqa: ANN401
    field = FIELDS[name]
    return sorted(field.words)[0] if field.words else GOOD[field.kind]


@pytest.mark.parametrize("name", FIELDS)
def test_each_fact_is_kept_as_it_is(name: str) -> None:
    field = name.rpartition(".")[2]
    assert held(clean_facts(nested(name, good(name))), name) == {field: good(name)}


@pytest.mark.parametrize("name", FIELDS)
def test_each_fact_of_a_wrong_type_is_missing(name: str) -> None:
    for value in [None, object(), {}, [], *BAD[FIELDS[name].kind]]:
        if value == [] and FIELDS[name].kind is Kind.STRINGS:
            continue
        assert held(clean_facts(nested(name, value)), name) == {}, value


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.words])
def test_a_word_outside_its_vocabulary_is_missing(name: str) -> None:
    for word in ("", "Valid", "green ", "n/a"):
        assert held(clean_facts(nested(name, word)), name) == {}


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("level.severity", (0, 4), (-1, 5)),
        ("local.hour", (0, 23), (-1, 24)),
        ("local.minute", (0, 59), (-1, 60)),
        ("local.weekday", (1, 7), (0, 8)),
    ],
)
def test_a_number_outside_its_range_is_missing(
    name: str, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    field = name.rpartition(".")[2]
    assert [held(clean_facts(nested(name, n)), name) for n in inside] == [
        {field: n} for n in inside
    ]
    assert [held(clean_facts(nested(name, n)), name) for n in outside] == [{}, {}]


def test_every_group_exists_and_nothing_else_does() -> None:
    empty = clean_facts({})
    assert empty == {group: {} for group in GROUPS}
    odd = {"credential": {"subject": "x"}, "name": "Ann", "gate": "open", "level": None, 7: 8}
    assert clean_facts(odd) == empty  # type: ignore[arg-type]


def test_json_may_write_a_whole_double_without_a_point() -> None:
    (celsius,) = clean_facts({"temperature": {"celsius": 37}})["temperature"].values()
    assert (type(celsius), celsius) == (float, 37.0)


def test_words_of_an_enum_become_plain_strings() -> None:
    cleaned = clean_facts({"credential": {"status": Word.VALID}, "site": Word.VALID})
    assert type(cleaned["credential"]["status"]) is type(cleaned["site"]) is str


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*TOP, *GROUPS, "x"]), ANYTHING))
def test_whatever_comes_in_only_sound_facts_come_out(facts: dict[str, Any]) -> None:
    cleaned = clean_facts(facts)
    assert clean_facts(cleaned) == cleaned
    assert set(cleaned) - set(TOP) == set(GROUPS)
    for group in GROUPS:
        assert set(cleaned[group]) <= set(GROUPS[group])
