"""edge_rules.certlogic.date_times."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.certlogic.date_times import (
    FARTHEST_MS,
    UNITS,
    DateTime,
    plus_time,
    read_date_of_birth,
    read_date_time,
)
from edge_rules.certlogic.errors import RuleFailedError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2021", "2021-12-31T00:00:00.000Z"),
        ("2021-02", "2021-02-28T00:00:00.000Z"),
        ("2024-02", "2024-02-29T00:00:00.000Z"),
        ("2021-12", "2021-12-31T00:00:00.000Z"),
        ("2021-06-01", "2021-06-01T00:00:00.000Z"),
        ("2021-06-01T01:02:03", "2021-06-01T01:02:03.000Z"),
        ("2021-06-01T01:02:03Z", "2021-06-01T01:02:03.000Z"),
        ("2021-06-01T01:02:03+2", "2021-05-31T23:02:03.000Z"),
        ("2021-06-01T01:02:03-02", "2021-06-01T03:02:03.000Z"),
        ("2021-06-01T01:02:03+530", "2021-05-31T19:32:03.000Z"),
        ("2021-06-01T01:02:03+0530", "2021-05-31T19:32:03.000Z"),
        ("2021-06-01T01:02:03+5:30", "2021-05-31T19:32:03.000Z"),
        ("2021-06-01T01:02:03-05:30", "2021-06-01T06:32:03.000Z"),
        ("2021-06-01T01:02:03.1", "2021-06-01T01:02:03.100Z"),
        ("2021-06-01T01:02:03.98765432109Z", "2021-06-01T01:02:03.987Z"),
        ("2021-06-01T01:02:03.0009+1", "2021-06-01T00:02:03.000Z"),
        ("0000-01-01", "0000-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_each_allowed_format_is_read(text: str, told: str) -> None:
    assert str(read_date_time(text)) == told


@pytest.mark.parametrize(
    "text",
    [
        "", "21", "2021-6-1", "2021-13", "2021-00", "2021-02-29", "2021-09-99", "2021-06-00",
        "2021-06-01 01:02:03", "2021-06-01t01:02:03", "2021-06-01T01:02", "2021-06-01T24:00:00",
        "2021-06-01T01:60:00", "2021-06-01T01:02:60", "2021-06-01T01:02:03.", " 2021-06-01",
        "2021-06-01T01:02:03+", "2021-06-01T01:02:03+24", "2021-06-01T01:02:03+01:60",
        "2021-06-01T01:02:03+1:", "2021-06-01T01:02:03 +01:00", "2021-06-01\n",
        "٢٠٢١-06-01", "2021-06-01T01:02:03." + "1" * 100,
    ],
)  # fmt: skip
def test_anything_else_is_no_date(text: str) -> None:
    with pytest.raises(RuleFailedError):
        read_date_time(text)


def test_a_date_of_birth_has_no_time() -> None:
    assert str(read_date_of_birth("1998-06")) == "1998-06-30T00:00:00.000Z"
    with pytest.raises(RuleFailedError, match="date of birth"):
        read_date_of_birth("1998-06-30T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "amount", "unit", "told"),
    [
        ("2020-02-29", 1, "day", "2020-03-01"),
        ("2020-02-29", 1, "month", "2020-03-29"),
        ("2020-02-29", 1, "year", "2021-03-01"),
        ("2020-02-29", 4, "year", "2024-02-29"),
        ("2020-02-29", -1, "year", "2019-03-01"),
        ("2021-01-31", 1, "month", "2021-03-03"),
        ("2021-03-31", -1, "month", "2021-03-03"),
        ("2021-12-15", 1, "month", "2022-01-15"),
        ("2021-01-15", -13, "month", "2019-12-15"),
        ("2021-01-01", -24, "hour", "2020-12-31"),
        ("2021-03-27", 48, "hour", "2021-03-29"),
        ("2021-06-01", 0, "year", "2021-06-01"),
    ],
)
def test_a_day_too_many_rolls_over(text: str, amount: int, unit: str, told: str) -> None:
    assert str(plus_time(read_date_time(text), amount, unit)) == f"{told}T00:00:00.000Z"


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23, 59)))  # noqa: DTZ001
def test_the_calendar_is_pythons(local: datetime) -> None:
    moment = local.replace(microsecond=local.microsecond // 1000 * 1000, tzinfo=UTC)
    ms = (moment - EPOCH) // timedelta(milliseconds=1)
    text = f"{moment:%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
    assert str(DateTime(ms)) == f"{moment.year:04}-{text}"
    assert read_date_time(str(DateTime(ms))).ms == ms


@given(
    st.integers(-FARTHEST_MS, FARTHEST_MS),
    st.integers() | st.integers(-9999, 9999),
    st.sampled_from(UNITS),
)
def test_moving_ends_in_a_date_or_an_error(ms: int, amount: int, unit: str) -> None:
    try:
        moved = plus_time(DateTime(ms), amount, unit)
        assert (moved.ms > ms) == (amount > 0) or moved.ms == ms
        str(moved)
    except RuleFailedError:
        pass
