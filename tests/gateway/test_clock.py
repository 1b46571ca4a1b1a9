"""gateway.clock: both clocks as one, and who set the one that can be wrong."""

import asyncio
import time
from pathlib import Path

import pytest

from edge_rules.inputs import ClockJudged
from gateway import clock
from gateway.clock import SystemClock, clock_source, watch_source


def test_a_thread_put_to_sleep_between_the_readings_looks_like_no_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings = iter([1000.0, 4000.0, 4000.0, 4000.1])
    monkeypatch.setattr(clock, "_boot_ms", lambda: next(readings))
    assert SystemClock().now().boot_ms == 4000.1


def test_both_clocks_go_on() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert second.boot_ms >= first.boot_ms
    assert abs(second.wall_ms - time.time() * 1000) < 60_000


@pytest.mark.parametrize(
    ("timex", "files", "source"),
    [
        (0, {}, "ntp"),
        (1, {}, "ntp"),  # a leap second to come
        (5, {}, None),
        (-1, {}, None),
        (5, {"run/systemd/timesync/synchronized": ""}, "ntp"),
        (5, {"sys/class/rtc/rtc0/hctosys": "1\n"}, "rtc"),
        (5, {"sys/class/rtc/rtc0/hctosys": "0\n"}, None),
        (5, {"proc/cpuinfo": "flags : fpu hypervisor lahf"}, "host"),
        (5, {"proc/cpuinfo": "flags : fpu lahf"}, None),
    ],
)
def test_who_set_the_clock(
    tmp_path: Path, timex: int, files: dict[str, str], source: str | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert clock_source(tmp_path, lambda: timex) == source


def test_this_machine_has_an_answer() -> None:
    assert clock_source() in {"ntp", "rtc", "host", None}


async def test_what_set_the_clock_once_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "WATCH_S", 0.0)
    said = iter([None, "ntp", None])
    heard: list[ClockJudged] = []
    ended = asyncio.Event()

    def take(judged: ClockJudged) -> None:
        heard.append(judged)
        if len(heard) == 3:
            ended.set()

    watching = asyncio.create_task(watch_source(take, lambda: next(said, None)))
    await asyncio.wait_for(ended.wait(), 20)
    watching.cancel()
    assert [judged.source for judged in heard[:3]] == [None, "ntp", "ntp"]
