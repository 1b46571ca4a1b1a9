"""Rows go when they are old, and only then: gateway.outbox.ledger and the writer that asks it."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge_rules.effects import Record
from gateway.outbox import writer
from gateway.outbox.draft import draft_of
from gateway.outbox.ledger import Cursor, Ledger
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE, open_for_reading, open_for_writing
from tests.gateway.outbox.records import NOW_MS, decided, record, rows, stored

DAY_MS = 86_400_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(open_for_writing(tmp_path / FILE))) as one:
        yield one


def put(ledger: Ledger, *records: Record) -> None:
    ledger.commit([[draft_of(record, "riverside") for record in records]], {})


def expire(ledger: Ledger, *, days: int = 14, through: int = 10**9, batch: int = 1000) -> int:
    return ledger.expire(
        before_ms=NOW_MS - days * DAY_MS, now_ms=NOW_MS, through=through, batch=batch
    )


def kept(folder: Path) -> list[str]:
    return [id_ for (id_,) in rows(folder, "SELECT id FROM events ORDER BY seq")]


def aged(id_: str, days: float) -> Record:
    return decided(id_, NOW_MS - round(days * DAY_MS))


def test_rows_older_than_the_limit_go_and_no_others(tmp_path: Path, ledger: Ledger) -> None:
    put(ledger, aged("a", 30), aged("b", 14.01), aged("c", 13.99), aged("d", 0))
    assert expire(ledger) == 2
    assert kept(tmp_path) == ["c", "d"]
    assert expire(ledger) == 0


def test_what_a_forwarder_needs_outlives_its_age(tmp_path: Path, ledger: Ledger) -> None:
    put(ledger, aged("a", 30), aged("b", 29), aged("c", 28))
    assert expire(ledger, through=1) == 1
    assert kept(tmp_path) == ["b", "c"]


def test_batches_are_small(tmp_path: Path, ledger: Ledger) -> None:
    put(ledger, *(aged(f"r-{n}", 20) for n in range(25)))
    assert [expire(ledger, batch=10) for _ in range(4)] == [10, 10, 5, 0]
    assert kept(tmp_path) == []


def test_a_standing_lockdown_is_never_forgotten(tmp_path: Path, ledger: Ledger) -> None:
    old_ms = NOW_MS - 40 * DAY_MS
    put(
        ledger,
        record("a", "operator-acted", old_ms, lane="a", mode="lockdown"),
        record("b", "operator-acted", old_ms, lane="b", mode="lockdown"),
        record("c", "operator-acted", old_ms, lane="b", mode="normal"),
    )
    expire(ledger)
    assert kept(tmp_path) == ["a", "c"]  # without c, b's lockdown would seem to stand


def test_a_clock_that_was_never_set_makes_nothing_old(tmp_path: Path, ledger: Ledger) -> None:
    put(
        ledger,
        aged("old", 20),
        decided("unset-1", 5000),  # stamped 1970, yet written between the two
        decided("ahead-1", NOW_MS + 400 * DAY_MS),
        aged("young", 3),
        decided("unset-2", 6000),
    )
    while expire(ledger):
        pass
    assert kept(tmp_path) == ["young", "unset-2"]


def test_expired_rows_leave_no_trace_in_the_file(tmp_path: Path, ledger: Ledger) -> None:
    put(ledger, *(aged(f"tracer-{n}-xyzzy", 20) for n in range(300)))
    ledger.checkpoint(truncate=True)
    assert b"xyzzy" in (tmp_path / FILE).read_bytes()
    while expire(ledger):
        pass
    ledger.checkpoint(truncate=True)
    assert not any(b"xyzzy" in path.read_bytes() for path in tmp_path.iterdir())


async def test_the_writer_expires_by_itself_up_to_the_slowest_forwarder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "EXPIRE_MORE_S", 0.05)
    monkeypatch.setattr(writer, "EXPIRE_S", 0.05)
    monkeypatch.setattr(writer, "IDLE_S", 0.02)
    outbox = Outbox(tmp_path, "s", retention_days=14, forwarders=["x", "y"], now_ms=lambda: NOW_MS)
    outbox.start()
    await stored(outbox, *(aged(f"r-{n}", 20) for n in range(6)), aged("new", 0))
    outbox.move_cursor("x", Cursor(sent=7, again=5))
    outbox.move_cursor("y", Cursor(sent=7, again=3))
    outbox.move_cursor("gone", Cursor())  # a forwarder the site file no longer names
    with closing(open_for_reading(tmp_path / FILE)) as db:
        async with asyncio.timeout(20):
            count = "SELECT count(*) FROM events"
            while db.execute(count).fetchone() != (4,):  # noqa: ASYNC110 - it is told to nobody
                await asyncio.sleep(0.01)
    await outbox.close()
    assert kept(tmp_path) == ["r-3", "r-4", "r-5", "new"]


@pytest.mark.parametrize("expires", [True, False])
def test_the_last_word_on_policies_outlives_every_age(
    tmp_path: Path, ledger: Ledger, expires: bool
) -> None:
    old_ms = NOW_MS - 300 * DAY_MS
    types = [
        "policy-changed", "order-accepted", "policy-changed", "policy-waits", "policy-refused",
        "shadow-changed", "shadow-changed", "order-refused",
    ]  # fmt: skip
    told = [record(f"{n}-{t}", t, old_ms, lane=None, stands={}) for n, t in enumerate(types)]
    put(ledger, *told, aged("new", 0))
    gone = expire(ledger) if expires else ledger.drop_oldest(through=8, batch=100)
    assert gone == 6
    assert kept(tmp_path) == ["3-policy-waits", "6-shadow-changed", "new"]
