"""gateway.upwards.hq_forwarder, over a real outbox and an HQ in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from devices.moment import Moment
from edge_rules.effects import Record
from gateway.outbox.ledger import Cursor
from gateway.outbox.outbox import Outbox
from gateway.ports import Clock
from gateway.upwards.hq_forwarder import FORWARDER, HqForwarder
from gateway.upwards.windows import MARK, mark_body, windows
from tests.gateway.forwarding.stores import WallClock
from tests.gateway.outbox.records import NOW_MS, decided, record, stored
from tests.gateway.upwards.paper_hq import PaperHq
from tests.gateway.upwards.street import ESTATE, STANDS

MINUTE_MS = 60_000


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    box = Outbox(tmp_path, "riverside", now_ms=lambda: NOW_MS)
    box.start()
    yield box
    await box.close()


def forwarder(
    outbox: Outbox, hq: PaperHq, said: list[str] | None = None, clock: Clock | None = None
) -> HqForwarder:
    complain = (said if said is not None else []).append
    return HqForwarder(
        ESTATE, outbox, hq, clock or WallClock(), lambda: STANDS, complain, random=Random(1)
    )


@asynccontextmanager
async def running(one: HqForwarder) -> AsyncIterator[HqForwarder]:
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def mark(minute: int) -> Record:
    to_ms = NOW_MS + minute * MINUTE_MS
    return Record(f"mark-{minute}", MARK, to_ms, mark_body(to_ms - MINUTE_MS, to_ms, STANDS))


async def minutes(outbox: Outbox, *numbers: int, visits: int = 3) -> None:
    """Write some minutes of visits, each with its mark."""
    for minute in numbers:
        at_ms = NOW_MS + (minute - 1) * MINUTE_MS
        visited = [decided(f"{minute}-{n}", at_ms) for n in range(visits)]
        await stored(outbox, *visited, mark(minute))


def admitted(hq: PaperHq) -> int:
    return sum(window["admitted"] for window in hq.books.windows)


async def test_windows_arrive_once_and_the_cursor_follows_the_hq(outbox: Outbox) -> None:
    hq = PaperHq()
    await minutes(outbox, 1, 2)
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: hq.settled == 2)
        await minutes(outbox, 3)
        await hq.until(lambda: hq.settled == 3)
    assert outbox.cursor(FORWARDER).sent == outbox.last_seq
    assert (admitted(hq), hq.books.repeated) == (9, 0)


async def test_the_cursor_waits_for_the_hq_not_for_the_broker(outbox: Outbox) -> None:
    hq = PaperHq(answers=False)
    await minutes(outbox, 1)
    async with running(forwarder(outbox, hq)) as one:
        await hq.until(lambda: len(hq.books.windows) == 2)
        assert outbox.cursor(FORWARDER) == Cursor()
        hq.say({"through": outbox.last_seq})
        assert outbox.cursor(FORWARDER).sent == outbox.last_seq
        assert one.waiting == 0


async def test_a_restart_sends_the_same_bytes_again(outbox: Outbox) -> None:
    hq = PaperHq(answers=False)
    await minutes(outbox, 1, 2, 3)
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: len(hq.books.windows) == 6)
        hq.say({"through": 4})
    hq.answers = True
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: hq.settled >= 2 and outbox.cursor(FORWARDER).sent == 12)
    assert (hq.books.repeated, hq.books.changed, admitted(hq)) == (4, 0, 9)


async def test_a_restart_keeps_the_health_window_that_is_open(outbox: Outbox) -> None:
    hq = PaperHq()
    for minute, people in ((1, range(6)), (2, range(6, 12)), (61, range(1))):
        visited = [decided(f"{minute}-{n}", credential=valid(n)) for n in people]
        await stored(outbox, *visited, mark(minute))
        async with running(forwarder(outbox, hq)):
            await hq.until(lambda: outbox.cursor(FORWARDER).sent == outbox.last_seq)
            assert outbox.cursor(FORWARDER).again == (outbox.last_seq if minute == 61 else 0)
    assert [(window["people"], window["after"]) for window in hq.books.health] == [(12, 0)]


def valid(person: int) -> dict[str, str]:
    return {"kind": "eu-dcc", "status": "valid", "subject": f"subject-{person}"}


class StillClock:
    """Time does not pass: nothing is sent again because the HQ was silent for long."""

    def now(self) -> Moment:
        return Moment(1_000_000, NOW_MS)


async def test_what_was_on_a_link_that_broke_is_sent_again_at_once(outbox: Outbox) -> None:
    hq = PaperHq(hears=False)
    async with running(forwarder(outbox, hq, clock=StillClock())):
        await minutes(outbox, 1, 2)
        await hq.until(lambda: len(hq.sent) >= 5)
        hq.connected = False
        await asyncio.sleep(1.1)  # it looks once a second
        await minutes(outbox, 3)
        hq.connected = hq.hears = True
        await hq.until(lambda: outbox.cursor(FORWARDER).sent == outbox.last_seq)
    assert admitted(hq) == 9


async def test_a_link_without_room_is_tried_again(outbox: Outbox) -> None:
    hq = PaperHq(room=2)  # the status and one of two lanes
    await minutes(outbox, 1)
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: hq.room == 0)
        hq.room = 100
        await hq.until(lambda: outbox.cursor(FORWARDER).sent == outbox.last_seq)


@pytest.mark.parametrize(
    "word", [b"{", {"through": 10**9}, {"through": -4}, {"through": True}, {"seq": 4}, [4]]
)
async def test_a_word_that_can_not_be_true_moves_nothing(outbox: Outbox, word: Any) -> None:  # noqa: ANN401
    hq, said = PaperHq(answers=False), list[str]()
    await minutes(outbox, 1)
    async with running(forwarder(outbox, hq, said)) as one:
        await hq.until(lambda: len(hq.books.windows) == 2)
        for _ in range(50):
            hq.say(word)
        assert outbox.cursor(FORWARDER) == Cursor()
        assert (one.unbelieved, len(said), hq.settled) == (50, 1, 50)
        assert "order/received" in said[0]


async def test_a_confirmation_that_was_left_lying_is_not_heard(outbox: Outbox) -> None:
    hq = PaperHq(answers=False)
    await minutes(outbox, 1)
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: len(hq.books.windows) == 2)
        hq.say({"through": outbox.last_seq}, retained=True)
        assert outbox.cursor(FORWARDER) == Cursor()


async def test_an_alarm_does_not_wait_for_its_minute_nor_for_the_backlog(outbox: Outbox) -> None:
    hq = PaperHq(answers=False)
    await minutes(outbox, *range(1, 60))
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: len(hq.sent) > 20)
        await stored(outbox, record("fire-1", "alarm-raised", alarm="fire", severity=4))
        await hq.until(lambda: any(a["alarm"] == "fire" for a in hq.books.alarms))


async def test_the_status_is_said_at_once_and_says_where_the_hq_may_begin(outbox: Outbox) -> None:
    hq = PaperHq()
    await minutes(outbox, 1)
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: outbox.cursor(FORWARDER).sent == 4)
    async with running(forwarder(outbox, hq)):
        await hq.until(lambda: len(hq.statuses) == 2)
    assert [status["confirmed"] for status in hq.statuses] == [0, 4]
    assert hq.statuses[0]["policy"] == "p-1"


async def test_a_backlog_of_a_thousand_minutes_drains_within_bounds(outbox: Outbox) -> None:
    hq = PaperHq(connected=False)
    await minutes(outbox, *range(1, 1001), visits=1)
    async with running(forwarder(outbox, hq)) as one:
        await asyncio.sleep(0.5)
        assert one.waiting < 1000  # not all of the record in memory
        hq.connected = True
        await hq.until(lambda: outbox.cursor(FORWARDER).sent == outbox.last_seq)
    assert admitted(hq) == 1000
    events = await outbox.read(0, 10_000)
    expected = [m.payload for batch in windows(events, ESTATE) for m in batch.messages]
    assert [payload for topic, payload in hq.sent if topic.endswith("aggregate")] == expected
