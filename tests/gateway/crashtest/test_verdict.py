"""gateway.crashtest.verdict: a clean day, and each fault that must be seen in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from devices.moment import format_stamp
from gateway.crashtest.evidence import Evidence, OnWire, PointKey, ReadingKey, Run
from gateway.crashtest.verdict import judge
from simulators.crowd import Opened, Sent

START_MS = 1_790_000_000_000
SCAN, WARM = "s-1", "t-1"
POINT = PointKey((("__name__", "passage"), ("lane", "a")), START_MS + 100)


def event(type_: str, at_ms: int, **body: object) -> dict[str, Any]:
    return {"type": type_, "at": format_stamp(START_MS + at_ms), "lane": "a", **body}


def received(device: str, reading: str, kind: str) -> dict[str, Any]:
    return event("reading-received", 60, device=device, reading=reading, kind=kind)


def clean() -> Evidence:
    """One visit that was let in, in the first of two runs; a second one that was not."""
    return Evidence(
        open_within_ms=1000,
        runs=[Run(START_MS, START_MS + 10), Run(START_MS + 5000, START_MS + 6000)],
        acknowledged={ReadingKey("scan", SCAN), ReadingKey("cam", WARM)},
        on_wire={"c-1": OnWire("c-1", START_MS + 110, on_record=True)},
        sent=[
            Sent("a", "scan", "scan", SCAN, START_MS + 50, acknowledged=True),
            Sent("a", "cam", "temperature", WARM, START_MS + 50, acknowledged=True),
        ],
        opened=[Opened("gate", "c-1", "g-1", START_MS + 120)],
        events=[
            received("scan", SCAN, "scan"),
            received("cam", WARM, "temperature"),
            event("passage-decided", 100, grant="g-1", readings=[SCAN, WARM]),
            event("gate-commanded", 100, command="c-1", grant="g-1"),
            received("gate", "p-1", "passage"),
        ],
        points=frozenset({POINT}),
        due=frozenset({POINT}),
        stored={POINT: 1},
    )


def test_a_clean_day_shows_nothing() -> None:
    verdict = judge(clean())
    assert verdict.clean
    assert verdict.examples() == {}
    assert verdict.figures()["openings"] == 1
    assert verdict.only_broker == []


def reading_lost(seen: Evidence) -> None:
    seen.events = seen.events[1:]


def ending_lost(seen: Evidence) -> None:
    seen.events = [e for e in seen.events if e["type"] != "passage-decided"]


def point_lost(seen: Evidence) -> None:
    seen.stored = {}


def reading_doubled(seen: Evidence) -> None:
    seen.events = [*seen.events, seen.events[0]]


def ending_doubled(seen: Evidence) -> None:
    seen.events = [*seen.events, event("visit-abandoned", 3000, grant=None, readings=[SCAN])]


def command_obeyed_twice(seen: Evidence) -> None:
    seen.opened = [*seen.opened, Opened("gate", "c-1", None, START_MS + 130)]


def grant_used_twice(seen: Evidence) -> None:
    seen.opened = [*seen.opened, Opened("gate", "c-2", "g-1", START_MS + 130)]
    seen.on_wire["c-2"] = OnWire("c-2", START_MS + 125, on_record=True)
    seen.events = [*seen.events, event("gate-commanded", 100, command="c-2", grant="g-1")]


def point_stored_twice(seen: Evidence) -> None:
    seen.stored = {POINT: 2}


def point_from_nowhere(seen: Evidence) -> None:
    seen.stored = {POINT: 1, PointKey(POINT.series, POINT.at_ms + 1): 1}


def recorded_too_late(seen: Evidence) -> None:
    seen.on_wire["c-1"] = replace(seen.on_wire["c-1"], on_record=False)


def not_recorded_in_the_end(seen: Evidence) -> None:
    seen.events = [e for e in seen.events if e["type"] != "gate-commanded"]


def opened_by_nobody(seen: Evidence) -> None:
    seen.on_wire.clear()


def opened_after_its_life(seen: Evidence) -> None:
    seen.opened = [Opened("gate", "c-1", "g-1", START_MS + 1103)]


def opened_after_a_restart(seen: Evidence) -> None:
    seen.runs[1] = Run(START_MS + 105, START_MS + 115)


def opened_for_a_scan_from_before_a_restart(seen: Evidence) -> None:
    seen.runs[0] = Run(START_MS + 55, START_MS + 58)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (reading_lost, "lost readings"),
        (ending_lost, "lost endings"),
        (point_lost, "lost points"),
        (reading_doubled, "doubled readings"),
        (ending_doubled, "doubled endings"),
        (command_obeyed_twice, "doubled openings"),
        (grant_used_twice, "doubled openings"),
        (point_stored_twice, "doubled points"),
        (point_from_nowhere, "doubled points"),
        (recorded_too_late, "unrecorded openings"),
        (not_recorded_in_the_end, "unrecorded openings"),
        (opened_by_nobody, "unrecorded openings"),
        (opened_after_its_life, "late openings"),
        (opened_after_a_restart, "late openings"),
        (opened_for_a_scan_from_before_a_restart, "late openings"),
    ],
)
def test_each_fault_is_seen(fault: Callable[[Evidence], None], told: str) -> None:
    seen = clean()
    fault(seen)
    verdict = judge(seen)
    assert not verdict.clean
    assert told in verdict.examples()


def test_what_only_the_broker_acknowledged_is_told_apart() -> None:
    seen = clean()
    late = Sent("a", "scan", "scan", "s-2", START_MS + 4000, acknowledged=True)
    never = Sent("a", "scan", "scan", "s-3", START_MS + 4000, acknowledged=False)
    seen.sent = [*seen.sent, late, never]
    verdict = judge(seen)
    assert verdict.clean
    assert verdict.only_broker == [str(ReadingKey("scan", "s-2"))]
