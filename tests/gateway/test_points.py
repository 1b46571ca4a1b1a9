"""gateway.points."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point as InfluxPoint
from influxdb_client.domain.write_precision import WritePrecision

from gateway.points import Point, point_from_text, point_of, queue_point

HEAD = {"seq": 9, "id": "run-7", "at": "2026-11-18T14:26:40.000Z", "site": "riverside"}


def decided(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    body = {
        "type": "passage-decided",
        "lane": "north-in",
        "visit": "visit-1",
        "decision": "refer",
        "reasons": ["temperature-high", "lockdown"],
        "rules": ["fever"],
        "readings": ["scan-1"],
        "credential": {"kind": "eu-dcc", "status": "valid", "subject": "5ecret"},
        "celsius": 38,
        "grant": "grant-1",
        "latency_ms": 2.5,
    }
    return {**HEAD, **body, **more}


def test_a_passage_has_the_tags_and_numbers_of_the_contract() -> None:
    assert point_of(decided()) == Point(
        "passage",
        (
            ("credential", "eu-dcc"),
            ("decision", "refer"),
            ("lane", "north-in"),
            ("reason", "temperature-high"),
            ("site", "riverside"),
        ),
        (("count", 1.0), ("celsius", 38.0), ("latency_ms", 2.5)),
    )


def test_what_does_not_apply_is_a_word_as_tag_and_absent_as_number() -> None:
    point = point_of(decided(reasons=[], credential=None, celsius=None, latency_ms=None))
    assert point is not None
    assert dict(point.tags)["reason"] == dict(point.tags)["credential"] == "none"
    assert point.fields == (("count", 1.0),)


@pytest.mark.parametrize("celsius", [float("nan"), float("inf"), 10**400, True, "36.5"])
def test_only_numbers_become_fields(celsius: object) -> None:
    point = point_of(decided(celsius=celsius))
    assert point is not None
    assert "celsius" not in dict(point.fields)


@pytest.mark.parametrize("typed", ["Anna Muster", "HC1:6BF", "a" * 65, "", 7, None, "x=1,y", "é"])
def test_free_text_never_becomes_a_tag(typed: object) -> None:
    point = point_of(decided(reasons=[typed], credential={"kind": typed}))
    assert point is not None
    assert dict(point.tags)["reason"] == dict(point.tags)["credential"] == "none"


@pytest.mark.parametrize(
    ("event", "measurement", "tags"),
    [
        ({"type": "gate-opened", "lane": "a", "command": "c"}, "gate", {"event": "gate-opened"}),
        (
            {"type": "gate-alarm", "lane": "a", "alarm": "held"},
            "gate",
            {"event": "gate-alarm", "reason": "held"},
        ),
        ({"type": "passage-completed", "lane": "a"}, "gate", {"event": "passage-completed"}),
        ({"type": "device-offline", "lane": "a", "device": "d"}, "device", {"event": "offline"}),
        ({"type": "store-degraded", "degraded": True}, "store", {"event": "degraded"}),
        ({"type": "store-degraded", "degraded": False}, "store", {"event": "recovered"}),
        ({"type": "store-refused"}, "store", {"event": "refused"}),
    ],
)
def test_other_events_are_counted(
    event: dict[str, Any], measurement: str, tags: dict[str, str]
) -> None:
    point = point_of({**HEAD, **event})
    assert point is not None
    assert point.measurement == measurement
    lane = {"lane": event["lane"]} if "lane" in event else {}
    assert dict(point.tags) == {"site": "riverside", **lane, **tags}
    assert point.fields == (("count", 1.0),)


@pytest.mark.parametrize("type_", ["reading-received", "operator-acted", "alarm-raised", "x"])
def test_events_about_persons_or_operators_have_no_point(type_: str) -> None:
    assert point_of({**HEAD, "type": type_, "lane": "north-in"}) is None


def test_no_id_of_the_event_is_in_its_point() -> None:
    event = decided(id="run-7", visit="visit-1", device="scan-1")
    text = str(point_of(event))
    for secret in ("run-7", "visit-1", "scan-1", "grant-1", "5ecret"):
        assert secret not in text


def test_a_point_survives_its_text() -> None:
    point = queue_point("riverside", waiting=3, behind=40)
    assert point_from_text(point.to_text()) == point
    assert point.fields == (("waiting", 3.0), ("behind", 40.0))


@given(
    st.lists(st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True), min_size=3, max_size=3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 4_000_000_000_000),
)
def test_a_line_is_what_the_stores_own_client_would_write(
    words: list[str], number: float, at_ms: int
) -> None:
    point = point_of(decided(lane=words[0], reasons=[words[1]], celsius=number))
    assert point is not None
    record = {
        "measurement": point.measurement,
        "tags": dict(point.tags),
        "fields": dict(point.fields),
        "time": at_ms,
    }
    theirs = InfluxPoint.from_dict(record, WritePrecision.MS).to_line_protocol()  # type: ignore[arg-type]
    assert parsed(point.line(at_ms)) == parsed(theirs)
    assert point_from_text(point.to_text()) == point
    assert json.loads(point.series) == [point.measurement, *map(list, point.tags)]


def parsed(line: str) -> tuple[str, dict[str, float], str]:
    series, fields, stamp = line.split(" ")
    pairs = (field.split("=") for field in fields.split(","))
    return series, {key: float(value) for key, value in pairs}, stamp
