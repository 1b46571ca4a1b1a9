"""`menshen bench store`: what durability costs, beside bare fsync, bare SQLite and bare HTTP.

Figure and floor take turns, so that what the disk and the machine do meanwhile falls on both;
of rounds the median counts.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from rich.console import Console
from rich.progress import track

from gateway.bench.figures import quantile, rate_line, time_line
from gateway.bench.floors import bare_file, bare_http_s, bare_sqlite_s, fsync_us, line_bodies
from gateway.bench.time_series import victoria_metrics
from gateway.bench.visits import (
    RECORDS,
    SITE,
    STORE,
    now_ms,
    open_outbox,
    stored_us,
    text_of,
    visit,
)
from gateway.clock import SystemClock
from gateway.forwarding.influx import InfluxStore
from gateway.forwarding.store_forwarder import StoreForwarder

ROUNDS = 5
SINGLES = 60  # visits of a round, one after the other
BURST = 2_000  # visits of a round, as fast as they are taken
IN_FLIGHT = 64  # visits of a burst whose records are not on disk yet
LOADS = (40, 400)  # visits/s: twenty lanes at their busiest, and ten times that
LOAD_S = 2.0  # of a round
FSYNCS = 60  # of a round
POINTS = 5_000  # of a round


@dataclass
class _Load:
    """What was seen of one load."""

    waits_us: list[float] = field(default_factory=list)
    floors_us: list[float] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    took_s: float = 0.0


def store_lines(folder: Path, rounds: int = ROUNDS) -> Iterator[str]:
    """Measure in a folder of the disk that is in question; give one JSON line a figure."""
    yield asyncio.run(_singles(folder, rounds))
    for visits_per_s in LOADS:
        yield asyncio.run(_load(folder / f"load-{visits_per_s}", rounds, visits_per_s))
    yield from asyncio.run(_burst(folder, rounds))
    yield asyncio.run(_forwarding(folder, rounds))


def _rounds(rounds: int, what: str) -> Iterator[int]:
    return iter(track(range(rounds), what, console=Console(stderr=True)))


async def _singles(folder: Path, rounds: int) -> str:
    """One visit after the other: from handing over to the word that it is safe."""
    waits_us, floors_us = [], []
    async with open_outbox(folder / "singles") as outbox:
        with bare_file(folder / "singles-floor") as handle:
            for at in _rounds(rounds, "one visit at a time"):
                for number in range(at * SINGLES, (at + 1) * SINGLES):
                    records = visit(number, now_ms())
                    waits_us.append(await stored_us(outbox, records))
                    floors_us.append(fsync_us(handle, text_of(records)))
    return time_line(
        "outbox-visit",
        quantile(waits_us, 0.5),
        quantile(floors_us, 0.5),
        p99_us=round(quantile(waits_us, 0.99)),
        floor_p99_us=round(quantile(floors_us, 0.99)),
    )


async def _load(folder: Path, rounds: int, visits_per_s: int) -> str:
    """How long an opening waits for its record while people come at random."""
    seen = _Load()
    async with open_outbox(folder) as outbox:
        outbox.watch(lambda events: seen.groups.append(len(events)))
        random, number = Random(1), 0
        with bare_file(folder / "floor") as handle:
            for _ in _rounds(rounds, f"{visits_per_s} visits a second"):
                began_s = time.perf_counter()
                async with asyncio.TaskGroup() as coming:

                    async def come(number: int) -> None:
                        records = visit(number, now_ms())
                        seen.waits_us.append(await stored_us(outbox, records))

                    due_s = began_s
                    while due_s < began_s + LOAD_S:
                        coming.create_task(come(number))
                        number += 1
                        due_s += random.expovariate(visits_per_s)
                        await asyncio.sleep(due_s - time.perf_counter())
                seen.took_s += time.perf_counter() - began_s
                floors = range(FSYNCS)
                seen.floors_us += [fsync_us(handle, text_of(visit(n, now_ms()))) for n in floors]
    return time_line(
        "opening-wait",
        quantile(seen.waits_us, 0.99),
        quantile(seen.floors_us, 0.99),
        quantile="p99",
        p50_us=round(quantile(seen.waits_us, 0.5)),
        floor_p50_us=round(quantile(seen.floors_us, 0.5)),
        visits_per_s=visits_per_s,
        commits_per_s=round(len(seen.groups) / seen.took_s, 1),
        events_per_commit=round(sum(seen.groups) / len(seen.groups), 1),
        most_events_per_commit=max(seen.groups),
    )


async def _burst(folder: Path, rounds: int) -> list[str]:
    """Visits as fast as they are taken; SQLite alone in groups of the size that came about."""
    ours_s, floors_s, fsyncs_us, groups = [], [], [], []  # type: list[float], list[float], list[float], list[int]
    room = asyncio.Semaphore(IN_FLIGHT)
    async with open_outbox(folder / "burst") as outbox:
        outbox.watch(lambda events: groups.append(len(events)))
        with bare_file(folder / "burst-floor") as handle:
            for at in _rounds(rounds, "as fast as it goes"):
                visits = [visit(n, now_ms()) for n in range(at * BURST, (at + 1) * BURST)]
                began_s = time.perf_counter()
                for records in visits:
                    await room.acquire()
                    outbox.append(records, lambda _: room.release())
                for _ in range(IN_FLIGHT):
                    await room.acquire()
                ours_s.append(time.perf_counter() - began_s)
                for _ in range(IN_FLIGHT):
                    room.release()
                texts = [text_of([record]) for records in visits for record in records]
                group = round(sum(groups) / len(groups))
                floors_s.append(bare_sqlite_s(folder / "floor.db", texts, group))
                fsyncs_us += [fsync_us(handle, b"".join(texts[:group])) for _ in range(FSYNCS)]
    events = BURST * RECORDS
    commits_per_s = len(groups) / sum(ours_s)
    size = {"events_per_commit": group, "in_flight": IN_FLIGHT * RECORDS}
    return [
        rate_line("outbox-burst", events / median(ours_s), events / median(floors_s), **size),
        rate_line("outbox-commits", commits_per_s, 1e6 / quantile(fsyncs_us, 0.5), **size),
    ]


async def _forwarding(folder: Path, rounds: int) -> str:
    """Drain a backlog into a real time-series store, beside the same lines posted bare."""
    ours_s, floors_s = [], []
    with victoria_metrics(folder / "store") as url:
        async with open_outbox(folder / "forward") as outbox:
            for at in _rounds(rounds, "into the time-series store"):
                first = at * POINTS
                decided = [visit(n, now_ms())[2] for n in range(first, first + POINTS)]
                for start in range(0, POINTS, 500):
                    await stored_us(outbox, decided[start : start + 500])
                forwarder = StoreForwarder(
                    STORE,
                    SITE,
                    outbox,
                    InfluxStore(url, "bench", "bench"),
                    SystemClock(),
                    lambda *_: None,
                    random=Random(1),
                )
                began_s = time.perf_counter()
                task = asyncio.create_task(forwarder.run())
                while outbox.cursor(STORE).sent < first + POINTS:  # noqa: ASYNC110 - told to nobody
                    await asyncio.sleep(0.002)
                ours_s.append(time.perf_counter() - began_s)
                task.cancel()
                await asyncio.wait({task})
                bodies = line_bodies(POINTS, now_ms() + first)
                floors_s.append(await asyncio.to_thread(bare_http_s, url, bodies))
    return rate_line("store-forward", POINTS / median(ours_s), POINTS / median(floors_s))
