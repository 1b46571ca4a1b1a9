"""Nothing about the health of fewer than ten people leaves, also not by subtraction.

The attacker has every message that was ever published and knows how the windows are made.
"""

import json
from base64 import b64decode
from collections import Counter, defaultdict
from itertools import chain, combinations
from typing import Any

from datasketches import hll_sketch, hll_union, kll_doubles_sketch
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ports import Event
from gateway.upwards.grouping import Cell, Key, group
from gateway.upwards.sketches import means_of_groups, people_sketch
from gateway.upwards.windows import windows
from tests.gateway.upwards.street import ESTATE, Street, of_type, streets

FEWEST = 10


def published(events: list[Event]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the lanes' windows and the health windows."""
    data: dict[str, list[dict[str, Any]]] = {"lane": [], "health": []}
    for batch in windows(events, ESTATE):
        for message in batch.messages:
            if message.channel == "aggregate":
                event = json.loads(message.payload)
                told = {**event["data"], "lane": event["source"].rpartition("/")[2]}
                data[told["about"]].append(told)
    return data["lane"], data["health"]


def inside(events: list[Event], window: dict[str, Any]) -> list[Event]:
    seqs = range(window["after"] + 1, window["through"])
    return [e for e in of_type(events, "passage-decided") if e["seq"] in seqs]


def person(event: Event) -> str:
    """Whoever shows nothing may be anybody: here each is one of his own."""
    return str(event["credential"]["subject"] or event["id"])


def refused(events: list[Event]) -> list[Event]:
    return [event for event in events if event["decision"] != "admit"]


@given(streets())
def test_a_window_leaves_nothing_over_that_could_be_subtracted(events: list[Event]) -> None:
    for window in published(events)[1]:
        decided = inside(events, window)
        assert sum(line["count"] for line in window["decisions"]) == len(decided)
        assert window["people"] == len({e["credential"]["subject"] for e in decided} - {None})
        assert window["people"] >= FEWEST


@given(streets())
def test_a_line_that_names_a_reason_is_about_ten_people(events: list[Event]) -> None:
    for window in published(events)[1]:
        decided = inside(events, window)
        for line in window["decisions"]:
            if line["reason"] == "other":
                continue
            fit = [
                e["credential"]["subject"]
                for e in decided
                if e["reasons"][0] == line["reason"]
                and line["decision"] in {e["decision"], "other", "refused"}
                and line["credential"] in {e["credential"]["kind"], "other"}
            ]
            assert len(set(fit) - {None}) >= FEWEST


@given(streets(), st.randoms(use_true_random=False))
def test_no_few_people_at_the_lanes_are_known_to_be_refused_for_one_reason(
    events: list[Event],
    random: Any,  # noqa: ANN401
) -> None:
    """Bounds of a two-way table: n refusals of which all but a few had one reason."""
    lanes, health = published(events)
    for window in health:
        everybody = refused(inside(events, window))
        minutes = [inside_lane(events, lane) for lane in lanes if within(lane, window)]
        assert sum(map(len, minutes)) == len(everybody)
        random.shuffle(minutes)
        for place in ("decision", "reason"):
            for word, named in named_refusals(window, place).items():
                beside = len(everybody) - named
                for few in sets_of_few(minutes):
                    assert len(few) <= beside, (word, named, len(everybody))


def within(lane: dict[str, Any], window: dict[str, Any]) -> bool:
    return bool(window["after"] <= lane["after"] and lane["through"] <= window["through"])


def inside_lane(events: list[Event], window: dict[str, Any]) -> list[Event]:
    return [e for e in refused(inside(events, window)) if e["lane"] == window["lane"]]


def named_refusals(window: dict[str, Any], place: str) -> Counter[str]:
    named: Counter[str] = Counter()
    for line in window["decisions"]:
        if line["decision"] != "admit" and line[place] not in {"other", "refused"}:
            named[line[place]] += line["count"]
    return named


def sets_of_few(minutes: list[list[Event]]) -> list[list[Event]]:
    """Each lane's minute, and as many together as fewer than ten people fill."""
    sets = [*minutes]
    together: list[Event] = []
    for minute in minutes:
        if len({person(e) for e in (*together, *minute)}) < FEWEST:
            together = [*together, *minute]
    return [few for few in (*sets, together) if len({person(e) for e in few}) < FEWEST]


def keyed_cells() -> st.SearchStrategy[dict[Key, tuple[int, frozenset[str]]]]:
    people = st.frozensets(st.integers(0, 60).map(str), max_size=30)
    keys = st.tuples(
        st.sampled_from(["admit", "deny", "refer"]), st.sampled_from("abc"), st.sampled_from("xyz")
    )
    cell = st.tuples(people, st.integers(0, 20)).map(lambda c: (len(c[0]) + c[1], c[0]))
    return st.dictionaries(keys, cell, max_size=8)


@given(keyed_cells())
@settings(max_examples=300)
def test_whatever_is_added_and_subtracted_stays_about_ten_people(
    cells: dict[Key, tuple[int, frozenset[str]]],
) -> None:
    groups = group(cells)
    everybody = frozenset().union(*(people for _, people in cells.values()))
    if len(everybody) < FEWEST:
        assert groups == []
        return
    assert Counter(chain.from_iterable(g.keys for g in groups)) == Counter(cells.keys())
    for some in unions(groups):
        people = frozenset().union(*(g.people for g in some))
        assert len(people) >= FEWEST


def unions(groups: list[Cell]) -> list[tuple[Cell, ...]]:
    """All that sums and differences of a partition's parts can be."""
    return [c for n in range(1, len(groups) + 1) for c in combinations(groups, n)]


@given(st.lists(st.floats(30, 43), max_size=500))
def test_a_temperature_in_a_sketch_is_that_of_ten_people(celsius: list[float]) -> None:
    means = means_of_groups(celsius)
    assert (means == []) == (len(celsius) < FEWEST)
    ordered = sorted(celsius)
    if means:
        assert len(celsius) // len(means) >= FEWEST
        # The warmest and the coldest are not in it as they are.
        assert means[-1] <= round(sum(ordered[-FEWEST:]) / FEWEST, 2) + 0.01
        assert means[0] >= round(sum(ordered[:FEWEST]) / FEWEST, 2) - 0.01


def test_a_large_estates_sketch_is_exact_and_the_same_each_time() -> None:
    street = Street()
    for n in range(5000):
        street.decided(f"p-{n}", celsius=36.0 + n % 17 / 10)
    street.hour_ends()
    first, again = published(street.events)[1][0], published(street.events)[1][0]
    assert first == again
    sketch = kll_doubles_sketch.deserialize(b64decode(first["celsius_kll"]))
    assert (sketch.n, sketch.is_estimation_mode()) == (200, False)
    assert first["celsius_people_each"] == 25


def test_nobody_can_be_followed_from_window_to_window() -> None:
    people = [f"p-{n}" for n in range(40)]
    union = hll_union(14)
    sketches = [
        hll_sketch.deserialize(b64decode(people_sketch(w, people))) for w in ("8", "9", "8")
    ]
    union.update(sketches[0])
    union.update(sketches[1])
    assert round(union.get_estimate()) == 80  # the same people in two hours: nobody in common
    union.update(sketches[2])
    assert round(union.get_estimate()) == 80  # while one window sent twice adds nobody


def test_one_fevered_person_of_twelve_leaves_no_trace() -> None:
    def told(fevered: bool) -> dict[str, Any]:
        street = Street()
        for n in range(11):
            street.decided(f"p-{n}", celsius=36.4)
        reason = "temperature-high" if fevered else "fact-missing"
        street.decided("p-11", "refer", reason, celsius=36.4)
        street.hour_ends()
        return published(street.events)[1][0]

    assert told(fevered=True) == told(fevered=False)


def test_each_of_the_messages_holds_only_the_keys_that_are_meant() -> None:
    street = Street()
    seen: dict[str, set[str]] = defaultdict(set)
    for n in range(12):
        street.decided(f"somebody-{n}", celsius=38.1)
    street.event("alarm-raised", alarm="refer-unanswered", severity=2, lane="north-in",
                 device=None, visit="visit-1", detail="said of somebody")  # fmt: skip
    street.event("operator-acted", lane="north-in", act="second-measure", by="guard-1")
    street.hour_ends()
    for batch in windows(street.events, ESTATE):
        for message in batch.messages:
            assert b"somebody" not in message.payload
            assert b"visit-1" not in message.payload
            seen[message.channel] |= json.loads(message.payload)["data"].keys()
    assert seen["alarm"] == {"alarm", "severity", "lane", "device", "at", "seq"}
    assert seen["aggregate"] & {"reasons", "facts", "celsius", "subject", "acts"} == set()
