"""gateway.outbox on a disk that is full, and the bounds of its log and of its closing."""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge_rules.effects import Record
from gateway.outbox import outbox as outboxes
from gateway.outbox import room, writer
from gateway.outbox.ledger import Cursor
from gateway.outbox.outbox import Outbox
from gateway.outbox.reserve import RESERVE_FILE, DiskReserve
from gateway.outbox.schema import FILE
from gateway.ports import Event
from tests.gateway.outbox.records import NOW_MS, decided, record, rows, stored


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    box = Outbox(tmp_path, "riverside", now_ms=lambda: NOW_MS)
    box.start()
    yield box
    await box.close()


async def until(outbox: Outbox, full: bool) -> None:
    told = asyncio.Event()
    end = outbox.watch_trouble(lambda _: told.set())
    async with asyncio.timeout(20):
        while (outbox.trouble is not None) is not full:
            await told.wait()
            told.clear()
    end()


def allow_pages(outbox: Outbox, more: int) -> None:
    """Let the file grow by so many pages: SQLite says then what it says of a full disk."""
    db = outbox._ledger._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages + more}")


@pytest.fixture
def others_fill_the_disk(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reserve that is given up does not come back; afterwards it may."""
    monkeypatch.setattr(room, "RESERVE_S", 0.02)
    monkeypatch.setattr(writer, "IDLE_S", 0.02)
    outbox._reserve.keep = lambda: False  # type: ignore[method-assign]
    yield
    with suppress(AttributeError):
        del outbox._reserve.keep


def acted(id_: str) -> Record:
    return record(id_, "operator-acted", act="open", by="desk")


async def holds(question: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not question():  # noqa: ASYNC110 - told to nobody
            await asyncio.sleep(0.01)


async def drop_room(outbox: Outbox) -> "asyncio.Future[list[list[Event]]]":
    """Fill the disk; give what waits for it."""
    allow_pages(outbox, 0)
    waiting = asyncio.gather(
        *(stored(outbox, decided(f"r-{at}", grant="g" * 500)) for at in range(50))
    )
    await until(outbox, full=True)
    return waiting


@pytest.mark.usefixtures("others_fill_the_disk")
async def test_full_disk_keeps_its_last_room_for_acts_and_takes_all_once_there_is_more(
    tmp_path: Path, outbox: Outbox
) -> None:
    assert (tmp_path / RESERVE_FILE).stat().st_blocks * 512 >= 1024 * 1024
    waiting = await drop_room(outbox)
    await holds(lambda: outbox._writer.room.scarce)
    assert not (tmp_path / RESERVE_FILE).exists()
    assert 0 < outbox.room() < room_of_a_full_disk()
    allow_pages(outbox, 10_000)  # as the reserve's own room would
    await stored(outbox, acted("act"))
    late = asyncio.ensure_future(stored(outbox, decided("late")))
    await asyncio.sleep(0)
    await stored(outbox, record("alarm", "alarm-raised", alarm="x", severity=1))
    await late  # what stands before an urgent record goes with it: order is the sequence
    last = asyncio.ensure_future(stored(outbox, decided("last")))
    await asyncio.sleep(0.2)
    assert not last.done()
    assert outbox.trouble == writer.DISK_FULL
    del outbox._reserve.keep
    await until(outbox, full=False)
    await asyncio.gather(waiting, last)
    kept = [event["id"] for event in await outbox.read(0, 100)]
    assert kept == [*(f"r-{at}" for at in range(50)), "act", "late", "alarm", "last"]
    assert outbox.room() > room_of_a_full_disk()


@pytest.mark.usefixtures("others_fill_the_disk")
async def test_readings_wait_where_even_the_last_room_runs_out(outbox: Outbox) -> None:
    outbox._reserve.runs_out = lambda: True  # type: ignore[method-assign]
    waiting = await drop_room(outbox)
    await holds(lambda: outbox.room() == 0)
    allow_pages(outbox, 10_000)
    del outbox._reserve.keep
    await waiting
    await until(outbox, full=False)
    assert outbox.room() > room_of_a_full_disk()


async def test_the_oldest_rows_that_every_forwarder_has_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RESERVE_S", 0.02)
    outbox = Outbox(tmp_path, "riverside", forwarders=["influx", "hq"], now_ms=lambda: NOW_MS)
    outbox.start()
    outbox._reserve.keep = lambda: False  # type: ignore[method-assign]
    await stored(outbox, record("fire", "gate-alarm", alarm="fire", mode="released"))
    for at in range(4):
        await stored(outbox, *(decided(f"old-{at}-{n}", facts="f" * 300) for n in range(500)))
    outbox.move_cursor("influx", Cursor(sent=2000, again=1900))
    outbox.move_cursor("hq", Cursor(sent=1500, again=1500))
    await stored(outbox, acted("moves the cursors"))
    allow_pages(outbox, 0)
    for at in range(6):
        await stored(outbox, *(decided(f"new-{at}-{n}", facts="f" * 300) for n in range(50)))
    assert outbox.trouble == writer.DISK_FULL
    assert outbox.room() > room_of_a_full_disk()  # readings, too, are on record
    ids = [id_ for (id_,) in rows(tmp_path, "SELECT id FROM events ORDER BY seq")]
    assert ids[0] == "fire"  # what stands at a lane outlives all
    assert len(ids) < 2302
    seqs = [seq for (seq,) in rows(tmp_path, "SELECT seq FROM events ORDER BY seq")]
    assert seqs[1:] == list(range(seqs[1], seqs[-1] + 1))  # the oldest, and no others
    assert seqs[1] <= 1501  # what the slowest forwarder needs is there
    await outbox.close()


async def test_what_a_forwarder_has_not_sent_stays_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RESERVE_S", 0.02)
    monkeypatch.setattr(writer, "IDLE_S", 0.02)
    outbox = Outbox(tmp_path, "riverside", forwarders=["influx"], now_ms=lambda: NOW_MS)
    outbox.start()
    outbox._reserve.keep = lambda: False  # type: ignore[method-assign]
    await stored(outbox, *(decided(f"old-{n}") for n in range(400)))
    waiting = await drop_room(outbox)
    await holds(lambda: outbox._writer.room.scarce)
    assert rows(tmp_path, "SELECT count(*) FROM events") == [(400,)]
    allow_pages(outbox, 10_000)
    del outbox._reserve.keep
    await waiting
    await outbox.close()


async def test_a_record_larger_than_allowed_loses_its_oldest_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("EXPIRE_MORE_S", "EXPIRE_S", "IDLE_S"):
        monkeypatch.setattr(writer, bound, 0.02)
    outbox = Outbox(tmp_path, "riverside", forwarders=["influx"], size_mb=1, now_ms=lambda: NOW_MS)
    outbox.start()
    for at in range(6):
        await stored(outbox, *(decided(f"r-{at}-{n}") for n in range(500)))
    await asyncio.sleep(0.2)
    assert rows(tmp_path, "SELECT count(*) FROM events") == [(3000,)]  # nothing was forwarded
    outbox.move_cursor("influx", Cursor(sent=3000, again=3000))
    await holds(lambda: rows(tmp_path, "SELECT count(*) FROM events") < [(2000,)])
    await outbox.close()
    assert rows(tmp_path, "SELECT count(*) FROM events")[0][0] > 500
    assert rows(tmp_path, "SELECT max(seq) FROM events") == [(3000,)]


def room_of_a_full_disk() -> int:
    return outboxes.SCARCE_ROOM


async def test_reserve_leaves_with_the_outbox(tmp_path: Path) -> None:
    box = Outbox(tmp_path, "riverside")
    assert (tmp_path / RESERVE_FILE).exists()
    box.start()
    assert await box.close()
    assert not (tmp_path / RESERVE_FILE).exists()


def test_reserve_of_a_small_disk_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiskReserve, "_free", lambda _: 8 * 1024 * 1024)
    reserve = DiskReserve(tmp_path)
    assert reserve.keep()
    assert (tmp_path / RESERVE_FILE).stat().st_size == 2 * 1024 * 1024
    assert reserve.give_up()
    assert not reserve.give_up()
    monkeypatch.setattr(DiskReserve, "_free", lambda _: 3 * 1024 * 1024)
    assert not reserve.keep()


async def test_log_stays_bounded_under_load(tmp_path: Path, outbox: Outbox) -> None:
    largest = 0
    told: list[Sequence[Event]] = []
    for at in range(60):
        records = [decided(f"r-{at}-{n}") for n in range(500)]
        outbox.append(records, told.append)
        await stored(outbox, record(f"mark-{at}"))
        largest = max(largest, (tmp_path / f"{FILE}-wal").stat().st_size)
    assert len(told) == 60
    assert largest < 32_000_000


async def test_reader_that_holds_its_place_blocks_no_writer(tmp_path: Path, outbox: Outbox) -> None:
    await stored(outbox, record("r-0"))
    reader = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    slowest_s = 0.0
    for at in range(100):
        start_s = time.monotonic()
        await stored(outbox, *(record(f"r-{at}-{n}") for n in range(150)))
        slowest_s = max(slowest_s, time.monotonic() - start_s)
    assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)
    reader.close()
    assert slowest_s < 5
    assert outbox.trouble is None


async def test_log_of_a_run_that_was_killed_does_not_grow_with_the_next_ones(
    tmp_path: Path,
) -> None:
    """A gateway that is killed every few seconds never gets as far as its usual checkpoint."""
    before, log_bytes = tmp_path / "0", []
    for run in range(4):
        box = Outbox(before, "riverside", now_ms=lambda: NOW_MS)
        box.start()
        for at in range(60):
            await stored(box, record(f"r-{run}-{at}", note="x" * 2000))
        after = tmp_path / str(run + 1)
        shutil.copytree(before, after)  # what a kill leaves
        log_bytes.append((after / f"{FILE}-wal").stat().st_size)
        await box.close()
        before = after
    assert max(log_bytes) < 2 * log_bytes[0]
    with closing(sqlite3.connect(before / FILE)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone() == (240,)


async def test_closing_breaks_off_a_long_read(tmp_path: Path) -> None:
    box = Outbox(tmp_path, "riverside")
    box.start()
    await stored(box, record("r-1"))
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    reader = box._page_reader
    reading = asyncio.ensure_future(reader._ask(lambda: reader._db.execute(endless).fetchone()))
    await asyncio.sleep(0.05)
    start_s = time.monotonic()
    assert await box.close()
    assert time.monotonic() - start_s < 2
    with pytest.raises(Exception, match="interrupted"):
        await reading


async def test_closing_a_stuck_disk_takes_two_seconds_at_most(tmp_path: Path) -> None:
    box = Outbox(tmp_path, "riverside")
    box.start()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    box.append([record("r-1")], print)
    start_s = time.monotonic()
    assert not await box.close()
    assert time.monotonic() - start_s < 3
    other.close()


def test_files_of_the_outbox_are_synchronised(tmp_path: Path) -> None:
    box = Outbox(tmp_path, "riverside")
    db = box._ledger._db
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    asyncio.run(box.close())
