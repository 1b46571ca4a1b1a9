"""What one admitted person leaves on the disk before the gate may open, and an outbox for it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from devices.ids import DeviceId, LaneId
from edge_rules.effects import Record
from gateway.outbox.outbox import Outbox

SITE, STORE = "bench", "influx"
RECORDS = 4  # of one visit


def visit(number: int, at_ms: int) -> list[Record]:
    """Make the records of one visit."""
    readings = [f"s-{number}", f"t-{number}"]
    subject = {"kind": "eu-dcc", "status": "valid", "subject": f"{number:032x}"}
    decided = {
        "decision": "admit", "reasons": ["healthy"], "rules": ["healthy"], "missing": [],
        "policy": "0" * 16, "readings": readings, "credential": subject, "celsius": 36.4,
        "grant": f"g-{number}", "latency_ms": 1.5,
    }  # fmt: skip
    commanded = {
        "command": f"c-{number}", "grant": f"g-{number}", "do": "open", "authority": "policy",
    }  # fmt: skip
    received = [
        ("reading-received", {"reading": reading, "kind": kind, "fenced": False})
        for reading, kind in zip(readings, ("scan", "temperature"), strict=True)
    ]
    bodies: list[tuple[str, dict[str, Any]]] = [
        *received, ("passage-decided", decided), ("gate-commanded", commanded),
    ]  # fmt: skip
    return [
        Record(f"b-{number}-{at}", type_, at_ms, body, LaneId("north-in"), DeviceId("scan-1"))
        for at, (type_, body) in enumerate(bodies)
    ]


def text_of(records: list[Record]) -> bytes:
    """Write records as bare JSON, for the floors."""
    return json.dumps([dict(record.body) for record in records]).encode()


def now_ms() -> int:
    """Read the wall clock."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_outbox(folder: Path) -> AsyncIterator[Outbox]:
    """Have an outbox of one's own while the block runs."""
    outbox = Outbox(folder, SITE, forwarders=[STORE])
    outbox.start()
    try:
        yield outbox
    finally:
        await outbox.close()


async def stored_us(outbox: Outbox, records: list[Record]) -> float:
    """Hand records over and wait for the word that they are safe; return how long that took."""
    settled = asyncio.Event()
    began_s = time.perf_counter()
    outbox.append(records, lambda _: settled.set())
    await settled.wait()
    return (time.perf_counter() - began_s) * 1e6
