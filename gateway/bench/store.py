"""`menshen bench store`: what durability costs, beside bare fsync, bare SQLite and bare HTTP."""

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.request import Request, urlopen

from edge_rules.effects import Record
from gateway.bench.figures import quantile, rate_line, time_line
from gateway.bench.time_series import victoria_metrics
from gateway.clock import SystemClock
from gateway.forwarding.influx import InfluxStore
from gateway.forwarding.store_forwarder import StoreForwarder
from gateway.outbox.outbox import Outbox

SITE, STORE = "bench", "influx"
SINGLES = 200
BURST = 20_000  # events
GROUP = 500
VISITS_PER_S = 40  # twenty lanes at their busiest
LOAD_S = 5
IN_FLIGHT = 64  # visits of a burst whose records are not on disk yet


@dataclass(frozen=True, slots=True)
class _Visit:
    """The records that one admitted person leaves on the disk before the gate may open."""

    number: int
    at_ms: int

    def records(self) -> list[Record]:
        n, at_ms = self.number, self.at_ms
        readings = [f"s-{n}", f"t-{n}"]
        subject = {"kind": "eu-dcc", "status": "valid", "subject": f"{n:032x}"}
        decided = {
            "decision": "admit", "reasons": ["healthy"], "rules": ["healthy"], "missing": [],
            "policy": "0" * 16, "readings": readings, "credential": subject, "celsius": 36.4,
            "grant": f"g-{n}", "latency_ms": 1.5,
        }  # fmt: skip
        commanded = {"command": f"c-{n}", "grant": f"g-{n}", "do": "open", "authority": "policy"}
        received = [
            ("reading-received", {"reading": reading, "kind": kind, "fenced": False})
            for reading, kind in zip(readings, ("scan", "temperature"), strict=True)
        ]
        bodies = [*received, ("passage-decided", decided), ("gate-commanded", commanded)]
        return [
            Record(f"b-{n}-{at}", type_, at_ms, body, lane="north-in", device="scan-1")  # type: ignore[arg-type]
            for at, (type_, body) in enumerate(bodies)
        ]


def store_lines(folder: Path) -> Iterator[str]:
    """Measure in a folder of the disk that is in question; give one JSON line a figure."""
    yield asyncio.run(_singles(folder))
    yield asyncio.run(_burst(folder))
    yield asyncio.run(_under_load(folder))
    yield asyncio.run(_forwarding(folder))


async def _singles(folder: Path) -> str:
    """One visit after the other: from handing over to the word that it is safe."""
    waits_us, floors_us = [], []
    async with _outbox(folder / "singles") as outbox:
        with _bare_file(folder / "floor") as handle:
            for number in range(SINGLES):
                records = _Visit(number, _now_ms()).records()
                waits_us.append(await _stored_us(outbox, records))
                floors_us.append(_fsync_us(handle, _text(records)))
    return time_line(
        "outbox-visit",
        quantile(waits_us, 0.5),
        quantile(floors_us, 0.5),
        p99_us=round(quantile(waits_us, 0.99)),
        floor_p99_us=round(quantile(floors_us, 0.99)),
    )


async def _burst(folder: Path) -> str:
    """Events as fast as they are taken."""
    visits = [_Visit(number, _now_ms()).records() for number in range(BURST // 4)]
    room = asyncio.Semaphore(IN_FLIGHT)
    groups: list[int] = []
    async with _outbox(folder / "burst") as outbox:
        outbox.watch(lambda events: groups.append(len(events)))
        began_s = time.perf_counter()
        for records in visits:
            await room.acquire()
            outbox.append(records, lambda _: room.release())
        for _ in range(IN_FLIGHT):
            await room.acquire()
        took_s = time.perf_counter() - began_s
    floor_s = _bare_sqlite_s(folder / "floor.db", [_text([r]) for v in visits for r in v])
    per_group = round(sum(groups) / max(1, len(groups)))
    return rate_line("outbox-burst", BURST / took_s, BURST / floor_s, events_per_commit=per_group)


async def _under_load(folder: Path) -> str:
    """How long an opening waits for its record while twenty lanes are busy."""
    waits_us: list[float] = []
    groups: list[int] = []
    async with _outbox(folder / "load") as outbox:
        outbox.watch(lambda events: groups.append(len(events)))
        random = Random(1)
        running: set[asyncio.Task[None]] = set()

        async def visit(number: int) -> None:
            waits_us.append(await _stored_us(outbox, _Visit(number, _now_ms()).records()))

        for number in range(VISITS_PER_S * LOAD_S):
            task = asyncio.create_task(visit(number))
            running.add(task)
            task.add_done_callback(running.discard)
            await asyncio.sleep(random.expovariate(VISITS_PER_S))
        await asyncio.gather(*running)
    with _bare_file(folder / "floor") as handle:
        floors_us = [_fsync_us(handle, b"x" * 2048) for _ in range(SINGLES)]
    return time_line(
        "opening-wait",
        quantile(waits_us, 0.99),
        quantile(floors_us, 0.99),
        p50_us=round(quantile(waits_us, 0.5)),
        visits_per_s=VISITS_PER_S,
        commits_per_s=round(len(groups) / LOAD_S, 1),
    )


async def _forwarding(folder: Path) -> str:
    """Drain a backlog into a real time-series store, beside the same lines posted bare."""
    at_ms = _now_ms()
    with victoria_metrics(folder / "store") as url:
        async with _outbox(folder / "forward") as outbox:
            for number in range(BURST // 4):
                await _stored_us(outbox, _Visit(number, at_ms).records()[2:3])
            store = InfluxStore(url, "bench", "bench")
            forwarder = StoreForwarder(
                STORE, SITE, outbox, store, SystemClock(), lambda *_: None, random=Random(1)
            )
            began_s = time.perf_counter()
            task = asyncio.create_task(forwarder.run())
            while outbox.cursor(STORE).sent < BURST // 4:  # noqa: ASYNC110 - told to nobody
                await asyncio.sleep(0.005)
            took_s = time.perf_counter() - began_s
            task.cancel()
            await asyncio.wait({task})
        floor_s = await asyncio.to_thread(_bare_http_s, url, BURST // 4, at_ms)
    return rate_line("store-forward", BURST / 4 / took_s, BURST / 4 / floor_s)


@asynccontextmanager
async def _outbox(folder: Path) -> AsyncIterator[Outbox]:
    outbox = Outbox(folder, SITE, forwarders=[STORE])
    outbox.start()
    try:
        yield outbox
    finally:
        await outbox.close()


async def _stored_us(outbox: Outbox, records: list[Record]) -> float:
    settled = asyncio.Event()
    began_s = time.perf_counter()
    outbox.append(records, lambda _: settled.set())
    await settled.wait()
    return (time.perf_counter() - began_s) * 1e6


@contextmanager
def _bare_file(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _fsync_us(handle: int, data: bytes) -> float:
    began_s = time.perf_counter()
    os.write(handle, data)
    os.fdatasync(handle)
    return (time.perf_counter() - began_s) * 1e6


def _bare_sqlite_s(path: Path, texts: list[bytes]) -> float:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, event TEXT)")
        began_s = time.perf_counter()
        for start in range(0, len(texts), GROUP):
            db.execute("BEGIN")
            rows = ((text,) for text in texts[start : start + GROUP])
            db.executemany("INSERT INTO events (event) VALUES (?)", rows)
            db.execute("COMMIT")
        return time.perf_counter() - began_s


def _bare_http_s(url: str, count: int, at_ms: int) -> float:
    tags = "site=bare,lane=north-in,decision=admit,reason=healthy,credential=eu-dcc"
    began_s = time.perf_counter()
    for start in range(0, count, 1000):
        lines = "\n".join(
            f"passage,{tags} count=1,celsius=36.4,latency_ms=1.5 {at_ms + n}"
            for n in range(start, min(start + 1000, count))
        )
        asked = Request(f"{url}/api/v2/write?precision=ms&org=o&bucket=b", lines.encode())  # noqa: S310
        with urlopen(asked, timeout=30) as answer:  # noqa: S310 - loopback
            answer.read()
    return time.perf_counter() - began_s


def _text(records: list[Record]) -> bytes:
    return json.dumps([dict(record.body) for record in records]).encode()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
