"""simulators.hq: it confirms what is complete, and with faults it does what an HQ must not do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from simulators.hq import HqBooks, HqFaults, SimulatedHq
from tests.servers import Server
from tests.simulators.wire import DEADLINE_S, Wire, watching

HQ = "menshen/1/riverside/hq"


def event(after: int, through: int, part: int = 1, parts: int = 1, **data: Any) -> bytes:  # noqa: ANN401
    body = {"about": "lane", "after": after, "through": through, "part": part, "parts": parts}
    return json.dumps(
        {
            "source": f"/menshen/1/riverside/lane-{part}",
            "id": f"lane-{after}-{through}",
            "type": "menshen.aggregate",
            "data": {**body, **data},
        }
    ).encode()


def books() -> HqBooks:
    fresh = HqBooks()
    fresh.begin(0)
    return fresh


def test_a_batch_is_confirmed_once_all_its_parts_are_there() -> None:
    hq = books()
    assert hq.take(event(0, 10, 1, 2)) is None
    assert hq.take(event(0, 10, 2, 2)) == 10


def test_what_follows_a_gap_waits_for_it() -> None:
    hq = books()
    assert hq.take(event(10, 20)) is None
    assert hq.take(event(20, 30)) is None
    assert hq.take(event(0, 10)) == 30


def test_what_it_has_is_confirmed_again_and_counted_once() -> None:
    hq = books()
    hq.take(event(0, 10))
    assert hq.take(event(0, 10)) == 10
    assert (hq.repeated, hq.changed, len(hq.windows)) == (1, 0, 1)
    hq.take(event(0, 10, admitted=1))
    assert hq.changed == 1


def test_a_new_hq_begins_where_the_estate_says() -> None:
    hq = HqBooks()
    assert hq.take(event(10, 20)) is None
    hq.begin(10)
    assert hq.take(event(10, 20)) == 20


@asynccontextmanager
async def at_work(broker: Server, **faults: float) -> AsyncIterator[tuple[SimulatedHq, Wire]]:
    begun = asyncio.Event()
    hq = SimulatedHq(
        "riverside",
        "127.0.0.1",
        broker.port,
        random=Random(1),
        faults=HqFaults(**faults),
        heard=begun.set,
    )
    async with watching(broker) as wire:
        status = json.dumps({"data": {"confirmed": 0}})
        await wire.client.publish(f"{HQ}/status", status, qos=1, retain=True)
        running = asyncio.ensure_future(hq.run())
        async with asyncio.timeout(DEADLINE_S):
            await begun.wait()
        try:
            yield hq, wire
        finally:
            running.cancel()
            await asyncio.wait({running})


async def say(wire: Wire, *payloads: bytes) -> None:
    for payload in payloads:
        await wire.client.publish(f"{HQ}/aggregate", payload, qos=1)


async def test_it_confirms_on_the_wire(broker: Server) -> None:
    async with at_work(broker) as (_, wire):
        await say(wire, event(0, 10), event(10, 20))
        await wire.until(lambda: wire.on("received") == [{"through": 10}, {"through": 20}])


async def test_a_lost_message_is_not_confirmed_until_it_comes_again(broker: Server) -> None:
    async with at_work(broker, loses=0.5) as (hq, wire):
        for _ in range(60):
            await say(wire, event(0, 10), event(10, 20))
        await wire.until(lambda: {"through": 20} in wire.on("received"))
        assert hq.books.through == 20


async def test_it_repeats_itself_and_forgets(broker: Server) -> None:
    async with at_work(broker, repeats=1.0, forgets=0.5, delay_s=0.01) as (hq, wire):
        await say(wire, *(event(n, n + 10) for n in range(0, 200, 10)))
        await wire.until(lambda: hq.books.through == 200 and len(wire.on("received")) > 20)
        said = [word["through"] for word in wire.on("received")]
        assert said != sorted(said)
