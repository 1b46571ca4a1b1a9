"""gateway.outbox.outbox, over real files."""

import asyncio
import json
import sqlite3
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.outbox.errors import OutboxFullError, OutboxInUseError, OutboxNewerError
from gateway.outbox.ledger import Cursor
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE, VERSION
from gateway.ports import Event
from tests.gateway.outbox.records import NOW_MS, decided, record, rows, stored


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    box = Outbox(tmp_path / "data", "riverside", now_ms=lambda: NOW_MS)
    box.start()
    yield box
    await box.close()


@contextmanager
def stuck_disk(folder: Path) -> Iterator[None]:
    """Another program that holds the file: every commit meanwhile is refused."""
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def next_trouble(outbox: Outbox) -> str | None:
    told: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    end = outbox.watch_trouble(told.set_result)
    async with asyncio.timeout(20):
        trouble = await told
    end()
    return trouble


async def test_an_event_is_the_record_with_head_and_sequence(outbox: Outbox) -> None:
    given = record("r-1", "gate-alarm", device="gate-1", visit="v-1", alarm="held", 中="文")
    [event] = await stored(outbox, given)
    assert event == {
        "seq": 1,
        "id": "r-1",
        "type": "gate-alarm",
        "at": "2026-11-18T11:06:40.000Z",
        "site": "riverside",
        "lane": "north-in",
        "device": "gate-1",
        "visit": "v-1",
        "alarm": "held",
        "中": "文",
    }
    assert await outbox.read(0, 10) == [event]
    assert outbox.last_seq == 1


async def test_records_are_settled_and_kept_in_the_order_they_came(outbox: Outbox) -> None:
    told: list[Sequence[Event]] = []
    watched: list[Event] = []
    outbox.watch(watched.extend)
    for at in range(300):
        outbox.append([record(f"a-{at}"), record(f"b-{at}")], told.append)
    await stored(outbox, record("last"))
    wanted = [f"{half}-{at}" for at in range(300) for half in "ab"]
    assert [e["id"] for group in told for e in group] == wanted
    events = await outbox.read(0, 1000)
    assert [e["id"] for e in events] == [*wanted, "last"]
    assert [e["seq"] for e in events] == list(range(1, 602))
    assert [e["seq"] for e in watched[:600]] == list(range(1, 601))


async def test_a_record_is_not_settled_before_it_is_on_disk(tmp_path: Path, outbox: Outbox) -> None:
    def settled(events: Sequence[Event]) -> None:
        ids.extend(rows(tmp_path / "data", "SELECT id FROM events"))
        done.set_result(None)

    ids: list[Any] = []
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    outbox.append([record("r-1")], settled)
    await done
    assert ids == [("r-1",)]


async def test_what_is_taken_back_never_reaches_the_disk(tmp_path: Path, outbox: Outbox) -> None:
    settled: list[str] = []
    withdrawn: list[str] = []

    def told(events: Sequence[Event]) -> None:
        settled.extend(event["id"] for event in events)

    for at in range(600):
        pending = outbox.append([record(f"r-{at}")], told)
        if at % 50 == 0:
            await asyncio.sleep(0)  # let the writer have some of them
        if at % 3 == 0 and pending.take_back():
            withdrawn.append(f"r-{at}")
            assert not pending.take_back()
    await stored(outbox, record("last"))
    kept = [id_ for (id_,) in rows(tmp_path / "data", "SELECT id FROM events ORDER BY seq")]
    assert kept == [*settled, "last"]
    assert sorted(kept + withdrawn) == sorted(["last", *(f"r-{at}" for at in range(600))])
    assert outbox.waiting == 0


async def test_a_disk_that_refuses_is_told_and_nothing_is_lost(
    tmp_path: Path, outbox: Outbox
) -> None:
    told: list[Sequence[Event]] = []
    with stuck_disk(tmp_path / "data"):
        outbox.append([record("r-1")], told.append)
        trouble = await next_trouble(outbox)
        assert trouble is not None
        assert "locked" in trouble
        assert outbox.trouble == trouble
        late = outbox.append([record("r-2")], told.append)
        outbox.append([record("r-3")], told.append)
        assert late.take_back()
        assert told == []
    assert await next_trouble(outbox) is None
    await stored(outbox, record("r-4"))
    assert [e["id"] for e in await outbox.read(0, 10)] == ["r-1", "r-3", "r-4"]
    assert [e["seq"] for group in told for e in group] == [1, 2]


async def test_while_the_disk_refuses_even_the_first_may_be_taken_back(
    tmp_path: Path, outbox: Outbox
) -> None:
    with stuck_disk(tmp_path / "data"):
        first = outbox.append([record("r-1")], print)
        await next_trouble(outbox)
        async with asyncio.timeout(20):
            while not first.take_back():  # noqa: ASYNC110 - nobody tells when the writer lets go
                await asyncio.sleep(0)
    await stored(outbox, record("r-2"))
    assert [e["id"] for e in await outbox.read(0, 10)] == ["r-2"]


async def test_too_much_is_refused_whole_and_room_says_so_before(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "riverside", room=3, reserve=2)
    outbox.append([record("r-1"), record("r-2")], print)
    assert outbox.room() == 1
    outbox.append([record("r-3"), record("r-4")], print)
    assert outbox.room() == 0
    with pytest.raises(OutboxFullError, match="4 records already wait for the disk, 2 more"):
        outbox.append([record("r-5"), record("r-6")], print)
    told: list[Sequence[Event]] = []
    outbox.append([record("r-7")], told.append)
    outbox.start()
    assert await outbox.close()
    assert [e["id"] for group in told for e in group] == ["r-7"]
    assert rows(tmp_path, "SELECT count(*) FROM events") == [(5,)]


async def test_records_that_closing_leaves_unwritten_are_told(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "riverside")
    outbox.start()
    failed: list[str] = []
    with stuck_disk(tmp_path):
        outbox.append([record("r-1")], print, failed.append)
        await next_trouble(outbox)
        assert not await outbox.close(within_s=0.1)
    assert failed == ["outbox: closed before these records could be written"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"celsius": float("nan")}, "not JSON compliant"),
        ({"celsius": {1, 2}}, "not JSON serializable"),
        ({"site": "elsewhere"}, "r-2 .*: site stands in head and body"),
        ({"seq": 7}, "seq stands in head and body"),
    ],
)
async def test_a_record_no_row_can_hold_is_refused_at_once(
    outbox: Outbox, body: dict[str, Any], fault: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=fault):
        outbox.append([record("r-1"), record("r-2", **body)], print)
    assert (await stored(outbox, record("r-3")))[0]["seq"] == 1


async def test_a_record_the_file_refuses_fails_alone_and_openly(outbox: Outbox) -> None:
    failed: list[str] = []
    told: list[Sequence[Event]] = []
    outbox.append([record("r-1")], told.append)
    outbox.append([record("r-2", visit="\ud800")], told.append, failed.append)
    outbox.append([record("r-3")], told.append)
    await stored(outbox, record("r-4"))
    assert [e["id"] for e in await outbox.read(0, 10)] == ["r-1", "r-3", "r-4"]
    assert len(failed) == 1
    assert "surrogates not allowed" in failed[0]


async def test_half_a_character_is_replaced(outbox: Outbox) -> None:
    [event] = await stored(outbox, record("r-1", reason="a\ud800b"))
    assert event["reason"] == "a?b"


@pytest.mark.filterwarnings("ignore")
async def test_an_error_in_one_callback_stops_no_other(outbox: Outbox) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    seen: list[dict[str, Any]] = []
    told: list[Sequence[Event]] = []
    outbox.append([record("r-1")], lambda _: 1 / 0)  # type: ignore[arg-type]
    outbox.append([record("r-2")], told.append)
    await stored(outbox, record("r-3"))
    assert len(told) == 1
    assert isinstance(seen[0]["exception"], ZeroDivisionError)


async def test_sequence_and_cursor_go_on_after_a_restart(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "riverside")
    outbox.start()
    await stored(outbox, record("r-1"), record("r-2"))
    outbox.move_cursor("influx", Cursor(sent=2, again=1))
    await outbox.close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("DELETE FROM events")
    db.close()
    outbox = Outbox(tmp_path, "riverside")
    outbox.start()
    assert outbox.cursor("influx") == Cursor(sent=2, again=1)
    assert outbox.last_seq == 2
    assert (await stored(outbox, record("r-3")))[0]["seq"] == 3
    await outbox.close()


async def test_only_its_owner_may_read_the_outbox(tmp_path: Path, outbox: Outbox) -> None:
    await stored(outbox, record("r-1"))
    folder = tmp_path / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_second_gateway_is_kept_out(tmp_path: Path) -> None:
    first = Outbox(tmp_path, "riverside")
    with pytest.raises(OutboxInUseError, match="another gateway uses this data folder"):
        Outbox(tmp_path, "riverside")
    asyncio.run(first.close())
    asyncio.run(Outbox(tmp_path, "riverside").close())


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    asyncio.run(Outbox(tmp_path, "riverside").close())
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(OutboxNewerError, match=f"schema 99, this one knows {VERSION}"):
        Outbox(tmp_path, "riverside")


async def test_nothing_waits_on_the_loop(tmp_path: Path, outbox: Outbox) -> None:
    """With the disk stuck, a thousand appends still take the loop no time worth naming."""
    loop = asyncio.get_running_loop()
    with stuck_disk(tmp_path / "data"):
        outbox.append([record("r-0")], print)
        await next_trouble(outbox)
        start = loop.time()
        for at in range(1000):
            outbox.append([record(f"r-{at}")], lambda _: None)
        took_s = loop.time() - start
    assert took_s < 1.0
    await stored(outbox, record("last"))


async def test_the_row_keeps_exactly_what_was_told(tmp_path: Path, outbox: Outbox) -> None:
    [event] = await stored(outbox, decided("r-1"))
    [(text,)] = rows(tmp_path / "data", "SELECT event FROM events")
    assert json.loads(text) == event
