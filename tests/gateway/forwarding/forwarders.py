"""A forwarder at work between an outbox and a store."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

from gateway.forwarding.store import Store
from gateway.forwarding.store_forwarder import StoreForwarder
from gateway.outbox.outbox import Outbox
from tests.gateway.forwarding.stores import WallClock

Reports = list[tuple[str, Mapping[str, Any]]]


def forwarder(
    outbox: Outbox,
    store: Store,
    reports: Reports | None = None,
    again_s: float = 60.0,
    name: str = "influx",
) -> StoreForwarder:
    def report(type_: str, body: Mapping[str, Any]) -> None:
        if reports is not None:
            reports.append((type_, body))

    clock = WallClock()
    return StoreForwarder(
        name, "riverside", outbox, store, clock, report, random=Random(1), again_s=again_s
    )


@asynccontextmanager
async def running(one: StoreForwarder) -> AsyncIterator[StoreForwarder]:
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
