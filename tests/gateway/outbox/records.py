"""Records as the reducer makes them, and an outbox that has them on disk."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from devices.ids import DeviceId, LaneId
from edge_rules.effects import Record
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE
from gateway.ports import Event

NOW_MS = 1_795_000_000_000
LANE = LaneId("north-in")


def record(
    id_: str,
    type_: str = "device-online",
    at_ms: int = NOW_MS,
    *,
    lane: str | None = LANE,
    device: str | None = None,
    visit: str | None = None,
    **body: Any,  # noqa: ANN401
) -> Record:
    return Record(
        id_,
        type_,
        at_ms,
        body,
        LaneId(lane) if lane else None,
        DeviceId(device) if device else None,
        visit,
    )


def decided(id_: str, at_ms: int = NOW_MS, **more: Any) -> Record:  # noqa: ANN401
    body = {
        "decision": "admit",
        "reasons": ["healthy"],
        "rules": ["healthy"],
        "policy": "p",
        "readings": [f"scan-{id_}"],
        "credential": {"kind": "eu-dcc", "status": "valid", "subject": "s"},
        "celsius": 36.4,
        "grant": f"grant-{id_}",
        "latency_ms": 2.5,
    }
    return record(id_, "passage-decided", at_ms, **{"visit": f"visit-{id_}", **body, **more})


async def stored(outbox: Outbox, *records: Record) -> list[Event]:
    """Append and wait until it is on disk."""
    done: asyncio.Future[Sequence[Event]] = asyncio.get_running_loop().create_future()
    outbox.append(records, done.set_result, lambda why: done.set_exception(RuntimeError(why)))
    async with asyncio.timeout(20):
        return list(await done)


def rows(folder: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / FILE)) as db:
        return db.execute(question).fetchall()
