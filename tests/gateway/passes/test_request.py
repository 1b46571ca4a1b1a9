"""gateway.passes.request."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.pass_terms import PERSONS
from gateway.passes.request import PassAsked, PassBounds, PassRequest, RequestError, request
from tests.gateway.web.pass_desk import ZONE

NOW_S = int(datetime(2026, 11, 25, 9, 30, tzinfo=ZONE).timestamp())
BOUNDS = PassBounds({"north-in", "north-gate"}, ZONE, ("visitor", "delivery"), 400)


def asked(person: str = "resident", **more: Any) -> PassRequest:  # noqa: ANN401
    return request(PassAsked(person, **more), BOUNDS, NOW_S)


def local(second: int) -> str:
    return f"{datetime.fromtimestamp(second, ZONE):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("person", "until"),
    [
        ("resident", "2027-11-25 23:59:59"),
        ("staff", "2027-11-25 23:59:59"),
        ("visitor", "2026-11-25 23:59:59"),
        ("delivery", "2026-11-25 23:59:59"),
        ("emergency", "2027-11-25 23:59:59"),
    ],
)
def test_without_dates_guests_have_today_and_others_a_year(person: str, until: str) -> None:
    one = asked(person)
    assert (one.since_s, local(one.until_s)) == (NOW_S, until)


def test_a_guest_of_a_later_day_has_that_day() -> None:
    one = asked("visitor", since="2026-12-01")
    assert (local(one.since_s), local(one.until_s)) == (
        "2026-12-01 00:00:00",
        "2026-12-01 23:59:59",
    )


def test_a_site_with_short_passes_gets_the_longest_it_allows() -> None:
    short = PassBounds((), ZONE, max_days=30)
    assert local(request(PassAsked("resident"), short, NOW_S).until_s) == "2026-12-24 23:59:59"


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2026-12-01", "2026-12-01 23:59:59"),
        ("2026-12-01T08:00", "2026-12-01 08:00:00"),
        ("2026-12-01T00:00:00Z", "2026-12-01 08:00:00"),
        ("2026-12-01T00:00:00+08:00", "2026-12-01 00:00:00"),
    ],
)
def test_dates_and_times_are_the_sites_unless_they_say_otherwise(text: str, until: str) -> None:
    assert local(asked(until=text).until_s) == until


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"person": "guest"}, "kind: must be one of resident, staff"),
        ({"person": "resident", "printed": True}, "static: printed passes are for delivery, visit"),
        ({"gates": ["north-in", "south-in"]}, "gates: must be up to 16 of north-gate, north-in"),
        ({"uses_per_day": 0}, "uses_per_day: must be 1 to 1000"),
        ({"uses_per_day": 1001}, "uses_per_day: must be 1 to 1000"),
        ({"times": "always"}, "times: must look like Mon-Fri 06:00-20:00"),
        ({"since": "tomorrow"}, "from: must look like 2026-12-01"),
        ({"until": "0001-01-01"}, "to: must "),
        ({"until": "9999-12-31"}, "to: must look like|to: at most 400 days"),
        ({"until": "2026-11-24"}, "to: must lie behind from, and in the future"),
        ({"since": "2026-12-02", "until": "2026-12-01"}, "to: must lie behind from"),
        ({"until": "2027-12-31"}, "to: at most 400 days from now"),
    ],
)
def test_what_cant_be_is_told_with_what_would_be_right(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        asked(**wrong)


@given(st.text(max_size=12), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_words_give_a_pass_or_a_sentence(person: str, since: str, to: str, times: str) -> None:
    for one in (person, *PERSONS):
        try:
            found = asked(one, since=since, until=to, times=times)
        except RequestError:
            continue
        assert found.until_s > NOW_S


def test_a_gate_named_twice_stands_once() -> None:
    assert asked(gates=["north-in", "north-in"]).gates == ("north-in",)
