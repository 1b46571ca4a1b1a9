"""edge_rules.credentials.weekly_times."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.weekly_times import WeeklySpan, parse_times, times_text, within

MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Asia/Shanghai"))

spans = st.builds(
    lambda days, since, until: WeeklySpan(days, since, until if until != since else until + 1),
    st.integers(1, 127),
    st.integers(0, 1438),
    st.integers(1, 1439),
)


def at(text: str, day: int, hour: int, minute: int = 0) -> bool:
    return within(parse_times(text), MONDAY + timedelta(days=day, hours=hour, minutes=minute))


def test_a_span_holds_on_its_days_from_its_first_minute_to_before_its_last() -> None:
    text = "Mon-Fri 06:00-20:00"
    assert [at(text, 0, 5, 59), at(text, 0, 6), at(text, 4, 19, 59), at(text, 4, 20)] == [
        False,
        True,
        True,
        False,
    ]
    assert not at(text, 5, 12)


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    text = "Fri 22:00-06:00"
    assert [at(text, 4, 22), at(text, 5, 5, 59), at(text, 5, 6), at(text, 5, 22)] == [
        True,
        True,
        False,
        False,
    ]
    assert [at("Sun 22:00-06:00", 0, 3), at("Mon 22:00-06:00", 0, 3)] == [True, False]


def test_several_spans_add_up_and_none_is_always() -> None:
    text = "Mon,Wed,Fri 08:00-09:00; sat-sun 00:00-24:00"
    assert [
        at(text, 0, 8),
        at(text, 1, 8),
        at(text, 2, 8),
        at(text, 5, 0),
        at(text, 6, 23, 59),
    ] == [
        True,
        False,
        True,
        True,
        True,
    ]
    assert within((), MONDAY)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("daily 6:00-20:00", "daily 06:00-20:00"),
        ("mon 06:00 - 20:00;", "Mon 06:00-20:00"),
        ("Mon-Wed,Fri 00:00-24:00", "Mon-Wed,Fri 00:00-24:00"),
        ("Sat-Mon 10:00-11:00", "Mon,Sat-Sun 10:00-11:00"),
    ],
)
def test_what_a_person_writes_is_written_one_way(text: str, written: str) -> None:
    assert times_text(parse_times(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "", ";", "06:00-20:00", "Mon", "Mon 06:00", "Mon 6-20", "Mon 06:60-20:00",
        "Mon 24:00-06:00", "Mon 06:00-06:00", "Mon 06:00-24:01", "Mo 06:00-20:00",
        "Mon- 06:00", "-Mon 06:00-20:00",
        "; ".join(["Mon 06:00-20:00"] * 15),
    ],
)  # fmt: skip
def test_anything_else_is_told_how_it_should_look(text: str) -> None:
    with pytest.raises(ValueError, match="must look like Mon-Fri 06:00-20:00"):
        parse_times(text)


@given(st.lists(spans, min_size=1, max_size=14))
def test_what_was_written_reads_back(times: list[WeeklySpan]) -> None:
    assert parse_times(times_text(times)) == tuple(times)


@given(spans, st.integers(0, 7 * 24 * 60 - 1))
def test_a_span_holds_as_long_as_it_is(span: WeeklySpan, first: int) -> None:
    minutes = sum(
        span.holds(MONDAY + timedelta(minutes=(first + n) % 10_080)) for n in range(0, 10_080, 1)
    )
    length = (span.until - span.since) % 1440 or 1440
    assert minutes == length * span.days.bit_count()
