"""gateway.outbox.schema: files of earlier versions, and migrations killed in the middle."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gateway.outbox import schema
from gateway.outbox.ledger import Cursor
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE, VERSION
from tests.conftest import REPOSITORY
from tests.gateway.outbox.records import NOW_MS, record, rows, stored

VERSION_1 = Path(__file__).with_name("version_1.sql")
TWO_HALVES = "CREATE TABLE half (x); INSERT INTO half SELECT {}; CREATE TABLE whole (x);"


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.executescript(VERSION_1.read_text("utf-8"))
    return tmp_path


async def test_a_file_of_the_first_version_goes_on(old_file: Path) -> None:
    before = rows(old_file, "SELECT * FROM events ORDER BY seq")
    outbox = Outbox(old_file, "riverside", now_ms=lambda: NOW_MS)
    outbox.start()
    assert outbox.repair is None
    assert rows(old_file, "PRAGMA user_version") == [(VERSION,)]
    assert rows(old_file, "SELECT * FROM events ORDER BY seq") == before
    assert outbox.cursor("influx") == Cursor(sent=4, again=3)
    past = outbox.past()
    assert past.modes == {"north-in": "released"}
    assert [event["id"] for event in past.recent] == ["fire", "e-1", "d-1", "r-1"]
    assert (await stored(outbox, record("new")))[0]["seq"] == 5
    await outbox.close()


def test_an_old_file_and_a_new_one_end_alike(old_file: Path) -> None:
    made = "SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name"
    (old_file / "new").mkdir()
    for path in (old_file / FILE, old_file / "new" / FILE):
        schema.open_for_writing(path).close()
    assert rows(old_file, made) == rows(old_file / "new", made)


def test_a_migration_is_done_whole_or_not_at_all(old_file: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-m", "tests.gateway.outbox.test_schema", str(old_file)],
        cwd=REPOSITORY, check=False, timeout=60,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert rows(old_file, "PRAGMA user_version") == [(VERSION,)]  # the step before it is done
    assert rows(old_file, "SELECT name FROM sqlite_schema WHERE name = 'half'") == []
    assert rows(old_file, "PRAGMA integrity_check") == [("ok",)]
    assert rows(old_file, "SELECT count(*) FROM events") == [(4,)]


def test_a_step_that_fails_leaves_the_file_as_it_was(
    old_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = TWO_HALVES.format("no_such_column")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    with pytest.raises(sqlite3.OperationalError, match="no_such_column"):
        schema.open_for_writing(old_file / FILE)
    assert rows(old_file, "SELECT name FROM sqlite_schema WHERE name = 'half'") == []


def _die_in_a_migration(folder: Path) -> None:
    def deadly(db: sqlite3.Connection, within_s: float) -> None:
        assert within_s > 0
        db.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))

    schema._check = deadly
    schema.MIGRATIONS = (*schema.MIGRATIONS, TWO_HALVES.format("die()"))  # type: ignore[assignment]
    schema.open_for_writing(folder / FILE)


if __name__ == "__main__":
    _die_in_a_migration(Path(sys.argv[1]))
