"""gateway.outbox.repair: files damaged in every place, and repairs cut off in the middle."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from gateway.outbox import repair as repairing
from gateway.outbox import schema
from gateway.outbox.errors import OutboxOpenError
from gateway.outbox.ledger import Cursor, Ledger
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE
from tests.conftest import REPOSITORY
from tests.gateway.outbox.records import NOW_MS, decided, record, rows, stored

PAGE = 4096
MANY = 600


async def filled(folder: Path, count: int = MANY) -> bytes:
    """A closed outbox whose very first row is a release that still stands."""
    outbox = Outbox(folder, "riverside", now_ms=lambda: NOW_MS)
    outbox.start()
    await stored(outbox, record("fire", "gate-alarm", alarm="fire", mode="released"))
    await stored(outbox, *(decided(f"r-{at}") for at in range(count)))
    outbox.move_cursor("influx", Cursor(sent=count, again=count - 50))
    await outbox.close()
    return (folder / FILE).read_bytes()


def points(folder: Path) -> dict[str, int]:
    return dict(rows(folder, "SELECT id, point_ms FROM events WHERE point_ms IS NOT NULL"))


def opened(folder: Path) -> Outbox:
    return Outbox(folder, "riverside", now_ms=lambda: NOW_MS)


def left_in(folder: Path) -> tuple[list[Path], list[Path]]:
    return list(folder.glob("outbox.damaged-*.db")), list(folder.glob("outbox.repair*"))


def overwrite(path: Path, whole: bytes, pages: range) -> bytes:
    damaged = bytearray(whole)
    for page in pages:
        damaged[page * PAGE : (page + 1) * PAGE] = b"\xa5" * PAGE
    path.write_bytes(damaged)
    return bytes(damaged)


def leaf_pages(folder: Path) -> list[int]:
    """Pages that hold rows and nothing else: found by the sentence that every row has."""
    whole = (folder / FILE).read_bytes()
    pages = [whole[at : at + PAGE] for at in range(0, len(whole), PAGE)]
    return [at for at, page in enumerate(pages) if page[0] == 0x0D and b'"passage-decided"' in page]


async def test_rows_around_the_damage_are_saved_and_the_old_file_is_kept(tmp_path: Path) -> None:
    whole = await filled(tmp_path)
    before = points(tmp_path)
    leaves = leaf_pages(tmp_path)
    middle = leaves[len(leaves) // 2 :][:3]
    damaged = overwrite(tmp_path / FILE, whole, range(middle[0], middle[-1] + 1))

    outbox = opened(tmp_path)
    outbox.start()
    assert outbox.repair is not None
    assert outbox.repair.aside.read_bytes() == damaged
    assert outbox.repair.whole
    assert MANY + 1 > outbox.repair.saved >= MANY - 40
    assert outbox.past().modes == {"north-in": "released"}
    assert outbox.cursor("influx") == Cursor(sent=MANY, again=MANY - 50)
    assert (await stored(outbox, record("new")))[0]["seq"] == NOW_MS + 1
    kept = await outbox.read(0, 1000)
    assert len(kept) == outbox.repair.saved + 1
    assert kept[0]["id"] == "fire"
    assert kept[-2]["id"] == f"r-{MANY - 1}"
    await outbox.close()
    after = points(tmp_path)
    del after["new"]
    assert after.items() <= before.items()
    assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]


async def test_a_lost_first_page_costs_no_row(tmp_path: Path) -> None:
    whole = await filled(tmp_path)
    overwrite(tmp_path / FILE, whole, range(1))
    outbox = opened(tmp_path)
    assert outbox.repair is not None
    assert outbox.repair.saved == MANY + 1
    assert outbox.cursor("influx").sent == MANY
    await outbox.close()
    assert not (tmp_path / "outbox.legible.db").exists()


@pytest.mark.parametrize("seed", range(12))
async def test_damage_anywhere_never_keeps_the_gateway_from_starting(
    tmp_path: Path, seed: int
) -> None:
    whole = await filled(tmp_path, 200)
    random = Random(seed)
    damaged = bytearray(whole)
    for _ in range(random.randint(1, 6)):
        at, size = random.randrange(len(whole)), random.choice([1, 50, PAGE, 5 * PAGE])
        damaged[at : at + size] = random.randbytes(len(damaged[at : at + size]))
    (tmp_path / FILE).write_bytes(damaged)
    outbox = opened(tmp_path)
    outbox.start()
    [event] = await stored(outbox, record("new"))
    if outbox.repair:
        assert event["seq"] > NOW_MS
        assert outbox.repair.aside.read_bytes() == damaged
    assert (await outbox.read(event["seq"] - 1, 10)) == [event]
    await outbox.close()


async def test_nothing_that_was_once_a_file_is_deleted(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all " * 1000)
    outbox = opened(tmp_path)
    assert outbox.repair is not None
    assert outbox.repair.saved == 0
    assert outbox.repair.aside.read_bytes().startswith(b"no database at all")
    assert "0 rows saved" in str(outbox.repair)
    await outbox.close()


async def test_where_time_runs_out_the_newest_rows_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "ROWS", 100)
    monkeypatch.setattr(repairing, "WITHIN_S", -1.0)
    whole = await filled(tmp_path)
    overwrite(tmp_path / FILE, whole, range(leaf_pages(tmp_path)[3], leaf_pages(tmp_path)[4]))
    outbox = opened(tmp_path)
    assert outbox.repair is not None
    assert not outbox.repair.whole
    assert [event["id"] for event in outbox.past().recent][-1] == f"r-{MANY - 1}"
    assert outbox.past().modes == {"north-in": "released"}
    await outbox.close()


@pytest.mark.parametrize("step", ["restore", "checkpoint", "set_aside", "put_in_place"])
async def test_a_repair_that_is_killed_is_done_again_or_finished(tmp_path: Path, step: str) -> None:
    whole = await filled(tmp_path)
    leaf = leaf_pages(tmp_path)[5]
    overwrite(tmp_path / FILE, whole, range(leaf, leaf + 1))
    command = [sys.executable, "-m", "tests.gateway.outbox.test_repair", str(tmp_path), step]
    killed = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY)
    assert await asyncio.wait_for(killed.wait(), 60) == -signal.SIGKILL
    outbox = opened(tmp_path)
    outbox.start()
    assert outbox.past().modes == {"north-in": "released"}
    assert (await stored(outbox, record("new")))[0]["seq"] == NOW_MS + 1
    kept = await outbox.read(0, 1000)
    assert MANY + 2 > len(kept) > MANY - 20
    await outbox.close()
    asides, leftovers = left_in(tmp_path)
    assert len(asides) == 1
    assert leftovers == []


def test_a_file_that_only_can_not_be_opened_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises((OutboxOpenError, OSError)):
        opened(tmp_path)
    assert (tmp_path / FILE).is_dir()


async def test_damage_met_at_work_is_repaired_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = schema._check

    def short_look(db: sqlite3.Connection, within_s: float) -> None:
        """As at a file too large to be looked through in time."""
        if within_s == float("inf"):
            check(db, within_s)

    monkeypatch.setattr(schema, "_check", short_look)
    whole = await filled(tmp_path)
    leaf = leaf_pages(tmp_path)[-1]
    overwrite(tmp_path / FILE, whole, range(leaf, leaf + 1))
    outbox = opened(tmp_path)
    assert outbox.repair is None
    outbox.start()
    told = asyncio.Event()
    outbox.watch_trouble(lambda _: told.set())
    outbox.append([decided(f"new-{at}") for at in range(20)], lambda _: None)
    await asyncio.wait_for(told.wait(), 20)
    assert outbox.trouble is not None
    assert "CORRUPT" in outbox.trouble
    await outbox.close()
    outbox = opened(tmp_path)
    assert outbox.repair is not None
    assert outbox.repair.saved > MANY - 20
    await outbox.close()
    assert not (tmp_path / schema.SUSPECT).exists()


def test_a_whole_file_is_not_repaired(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert db is not None
    outbox = opened(tmp_path)
    assert outbox.repair is None
    outbox.abandon()


def _die_in(folder: Path, step: str) -> None:
    """Repair a folder's file and be killed in the middle of one step."""

    def dying(do: Callable[..., object]) -> Callable[..., object]:
        def half(*args: object, **more: object) -> object:
            if step in {"put_in_place", "restore"}:  # after it was done once
                do(*args, **more)
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        return half

    home = repairing if hasattr(repairing, step) else Ledger
    setattr(home, step, dying(getattr(home, step)))
    opened(folder)


if __name__ == "__main__":
    _die_in(Path(sys.argv[1]), sys.argv[2])
