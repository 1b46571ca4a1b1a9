"""gateway.upwards.windows: the same record gives the same windows, and they add up to it."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.moment import format_stamp
from gateway.ports import Event
from gateway.upwards.windows import MARK, Batch, WindowFold, windows
from tests.gateway.upwards.street import EIGHT_MS, ESTATE, LANES, MINUTE_MS, Street, streets


def told(batches: list[Batch], about: str = "lane") -> list[dict[str, Any]]:
    events = [
        json.loads(m.payload) for b in batches for m in b.messages if m.channel == "aggregate"
    ]
    return [event for event in events if event["data"]["about"] == about]


def all_of(events: list[Event]) -> list[Batch]:
    return list(windows(events, ESTATE))


@given(streets(), st.data())
def test_a_restart_anywhere_gives_the_same_windows_byte_for_byte(
    events: list[Event], data: st.DataObject
) -> None:
    whole = all_of(events)
    confirmed = data.draw(st.integers(0, len(whole)))
    after, health_from = 0, 0
    if confirmed:
        after, health_from = whole[confirmed - 1].through, whole[confirmed - 1].health_from
    fold = WindowFold(ESTATE, after=after, health_from=health_from)
    again = [batch for e in events if e["seq"] > health_from and (batch := fold.take(e))]
    assert again == whole[confirmed:]


@given(streets())
def test_windows_add_up_to_the_record(events: list[Event]) -> None:
    data = [event["data"] for event in told(all_of(events))]
    for lane in LANES:
        here = [e for e in events if e.get("lane") == lane]
        mine = [e["data"] for e in told(all_of(events)) if e["source"].endswith(f"/{lane}")]
        decided = [e["decision"] for e in here if e["type"] == "passage-decided"]
        assert sum(w["admitted"] for w in mine) == decided.count("admit")
        assert sum(w["refused"] for w in mine) == len(decided) - decided.count("admit")
        passages = sum(e["type"] == "passage-completed" for e in here)
        assert sum(w["passages_in"] for w in mine) == passages
    assert all(w["complete"] for w in data)


@given(streets())
def test_windows_follow_each_other_without_a_gap_and_each_has_a_name_of_its_own(
    events: list[Event],
) -> None:
    batches = all_of(events)
    ends = [0, *(batch.through for batch in batches)]
    aggregates = [*told(batches), *told(batches, "health")]
    assert len({(e["source"], e["id"]) for e in aggregates}) == len(aggregates)
    for lane in LANES:
        mine = [e["data"] for e in told(batches) if e["source"].endswith(f"/{lane}")]
        assert [(w["after"], w["through"]) for w in mine] == list(itertools.pairwise(ends))


@given(streets())
def test_health_windows_never_overlap_and_batches_know_where_the_open_one_began(
    events: list[Event],
) -> None:
    batches = all_of(events)
    health = [e["data"] for e in told(batches, "health")]
    for one, other in itertools.pairwise(health):
        assert other["after"] >= one["through"]
    for batch in batches:
        for window in told([batch], "health"):
            assert window["data"]["through"] == batch.through == batch.health_from


def test_every_part_of_a_batch_says_how_many_there_are() -> None:
    street = Street()
    for n in range(12):
        street.decided(f"p-{n}")
    street.event("alarm-raised", alarm="fault", severity=3, lane="north-in", device="gate-1")
    street.hour_ends()
    street.mark()
    first, _ = all_of(street.events)
    parts = [e["data"] for e in [*told([first]), *told([first], "health")]]
    assert [(p["part"], p["parts"], p["alarms"]) for p in parts] == [(n, 3, 1) for n in (1, 2, 3)]
    assert [m.channel for m in first.messages] == ["alarm", *["aggregate"] * 3]


def test_a_lane_without_an_event_is_told_too() -> None:
    street = Street()
    street.decided("a")
    street.mark()
    quiet = [e["data"] for e in told(all_of(street.events)) if e["source"].endswith("south-in")]
    assert [(w["admitted"], w["refused"], w["latency_ms"]["most"]) for w in quiet] == [(0, 0, None)]


def test_an_event_of_a_clock_that_was_set_counts_where_it_stands() -> None:
    street = Street()
    street.decided("a")
    street.at_ms = EIGHT_MS - 5 * MINUTE_MS  # set back
    street.decided("b")
    street.at_ms = EIGHT_MS + 90 * MINUTE_MS  # far ahead
    street.decided("c")
    street.at_ms = EIGHT_MS
    street.mark()
    street.decided("d")
    street.mark()
    first, second = (e["data"] for e in told(all_of(street.events)) if "north" in e["source"])
    assert (first["admitted"], first["clock"]["late"], first["clock"]["ahead"]) == (3, 1, 1)
    assert (second["admitted"], second["clock"]["late"], second["clock"]["ahead"]) == (1, 0, 0)


def test_a_window_of_which_rows_have_expired_says_so() -> None:
    street = Street()
    for n in range(20):
        street.decided(f"p-{n}")
    street.hour_ends()
    batches = list(windows(street.events[3:], ESTATE))
    assert [e["data"]["complete"] for e in told(batches)] == [False, False]
    assert told(batches, "health") == []  # told again it would differ by three people


@pytest.mark.parametrize("at_ms", [0, EIGHT_MS])
def test_an_envelope_is_cloud_events_1_0(at_ms: int) -> None:
    street = Street(at_ms=at_ms)
    street.decided("a")
    mark = street.mark()
    event = told(all_of(street.events))[0]
    assert event["specversion"] == "1.0"
    assert event["source"] == "/menshen/1/riverside/north-in"
    assert event["type"] == "menshen.aggregate"
    assert event["time"] == mark["to"] == format_stamp(at_ms + MINUTE_MS)
    assert event["id"] == f"lane-0-2-{mark['to']}"
    assert mark["type"] == MARK
