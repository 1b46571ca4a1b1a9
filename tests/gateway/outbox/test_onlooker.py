"""gateway.outbox.onlooker: another process's record, read without a trace."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.outbox.errors import OutboxNewerError, OutboxReadError
from gateway.outbox.onlooker import Onlooker
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE, open_for_writing
from tests.gateway.outbox.records import NOW_MS, decided, record, stored
from tests.gateway.outbox.test_schema import VERSION_1


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    made = Outbox(tmp_path, "riverside", now_ms=lambda: NOW_MS)
    made.start()
    await stored(made, record("a"), decided("b"))
    yield made
    await made.close()


@pytest.fixture
async def closed(tmp_path: Path) -> Path:
    """The folder of a gateway that has ended."""
    made = Outbox(tmp_path, "riverside", now_ms=lambda: NOW_MS)
    made.start()
    await stored(made, record("a"), decided("b"))
    await made.close()
    return tmp_path


def ids(onlooker: Onlooker, after: int = 0) -> list[str]:
    return [event["id"] for event in onlooker.events(after, 100)]


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()
    }  # fmt: skip


def test_a_closed_record_is_read_without_a_trace(closed: Path) -> None:
    before = state(closed)
    onlooker = Onlooker(closed)
    assert ids(onlooker) == ["a", "b"]
    assert onlooker.last_seq() == 2
    assert state(closed) == before


async def test_a_record_is_read_while_a_gateway_writes_it(tmp_path: Path, outbox: Outbox) -> None:
    onlooker = Onlooker(tmp_path)
    assert ids(onlooker) == ["a", "b"]
    await stored(outbox, record("c"))
    assert ids(onlooker) == ["a", "b", "c"]


async def test_a_gateway_that_starts_meanwhile_is_noticed(closed: Path) -> None:
    onlooker = Onlooker(closed)
    assert ids(onlooker) == ["a", "b"]
    again = Outbox(closed, "riverside", now_ms=lambda: NOW_MS)
    again.start()
    await stored(again, record("c"))
    assert ids(onlooker) == ["a", "b", "c"]
    await again.close()
    assert ids(onlooker) == ["a", "b", "c"]


def test_a_page_read_while_the_file_changed_is_read_again(closed: Path) -> None:
    onlooker = Onlooker(closed)
    asked = 0

    def question(db: sqlite3.Connection) -> int:
        nonlocal asked
        asked += 1
        if asked == 1:  # what a starting gateway does while this page is read
            with open_for_writing(closed / FILE) as other:
                other.execute("UPDATE events SET id = 'z' WHERE seq = 1")
            other.close()
        return int(db.execute("SELECT count(*) FROM events").fetchone()[0])

    assert onlooker._ask(question) == 2
    assert asked == 2


async def test_what_a_crash_left_in_the_log_is_read(tmp_path: Path, outbox: Outbox) -> None:
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in (FILE, f"{FILE}-wal", f"{FILE}-shm"):
        shutil.copy(tmp_path / name, crashed / name)
    assert (crashed / f"{FILE}-wal").stat().st_size > 0
    assert ids(Onlooker(crashed)) == ["a", "b"]


def test_a_record_of_the_first_version_is_read_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.executescript(VERSION_1.read_text("utf-8"))
    db.close()
    before = state(tmp_path)
    assert ids(Onlooker(tmp_path)) == ["fire", "e-1", "d-1", "r-1"]
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "holds no outbox.db"),
        (b"", "is no outbox"),
        (b"no database at all" * 100, "can't be read: file is not a database"),
    ],
)
def test_what_is_no_outbox_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(OutboxReadError, match=said):
        Onlooker(tmp_path)


def test_a_damaged_page_is_told(closed: Path) -> None:
    whole = (closed / FILE).read_bytes()
    at = whole.index(b'{"seq":1,')
    (closed / FILE).write_bytes(whole[:at] + b"[" * 40 + whole[at + 40 :])
    with pytest.raises(OutboxReadError, match="can't be read"):
        ids(Onlooker(closed))


def test_a_folder_that_is_none_and_a_later_version_are_told(tmp_path: Path) -> None:
    with pytest.raises(OutboxReadError, match="is no folder"):
        Onlooker(tmp_path / "none")
    db = open_for_writing(tmp_path / FILE)
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(OutboxNewerError, match="newer Menshen"):
        Onlooker(tmp_path)
