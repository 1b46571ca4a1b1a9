"""devices.moment: two clocks, and times as text."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.moment import Moment, format_stamp, parse_stamp

YEAR_1 = parse_stamp("0001-01-01T00:00:00Z")
YEAR_9999 = parse_stamp("9999-12-31T23:59:59.999Z")


@given(st.integers(YEAR_1, YEAR_9999))
def test_written_and_read_is_the_same(wall_ms: int) -> None:
    if format_stamp(wall_ms)[:1] != "0" and len(format_stamp(wall_ms)) == 24:
        assert parse_stamp(format_stamp(wall_ms)) == wall_ms


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)))  # noqa: DTZ001 - made aware below
def test_written_as_the_library_reads_it(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    wall_ms = parse_stamp(moment.isoformat().replace("+00:00", "Z"))
    assert datetime.fromisoformat(format_stamp(wall_ms)) == moment
    assert Moment(0.0, wall_ms).utc == moment


@pytest.mark.parametrize(
    ("text", "wall_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1970-01-01T00:00:00.0019Z", 1),
        ("1970-01-01T00:00:00.123456789Z", 123),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1969-12-31T16:00:00-08:00", 0),
        ("2026-11-23T08:00:00.123Z", 1_795_420_800_123),
    ],
)
def test_times_are_read(text: str, wall_ms: int) -> None:
    assert parse_stamp(text) == wall_ms


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026-11-23", "2026-11-23T08:00Z", "2026-11-23T08:00:00", "2026-11-23 08:00:00Z",
        "20261123T080000Z", "2026-11-23T08:00:00.Z", "2026-11-23T08:00:00.1234567890Z",
        "2026-02-30T08:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T08:00:60Z",
        "2026-11-23T08:00:00+25:00", "1795420800123",
        "２026-11-23T08:00:00Z", "2026-11-23T08:00:00Z\n",
        "0000-01-01T00:00:00Z", "+2026-11-23T08:00:00Z",
    ],
)  # fmt: skip
def test_anything_else_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_stamp(text)


@given(st.text(max_size=40))
def test_no_text_is_anything_but_a_time_or_a_value_error(text: str) -> None:
    try:
        parse_stamp(text)
    except ValueError:
        return
    assert text[4] == "-"


def test_an_instant_moves_on_both_clocks() -> None:
    later = Moment(10.5, 1000).later(0.5)
    assert later == Moment(11.0, 1000)
    assert Moment(10.5, 1000) < later
    assert Moment(0.0, 5) < Moment(1.0, 4)  # the boot clock decides
    assert Moment(0.0, 1_795_420_800_123).stamp == "2026-11-23T08:00:00.123Z"
