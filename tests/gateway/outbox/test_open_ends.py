"""gateway.outbox.open_ends."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from edge_rules.effects import Record
from gateway.outbox.open_ends import OpenEnds, find_open_ends
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE, open_for_reading
from tests.gateway.outbox.records import decided, record, stored


def left_by(folder: Path, records: Sequence[Record], **bounds: int) -> OpenEnds:
    async def write() -> None:
        outbox = Outbox(folder, "riverside")
        outbox.start()
        await stored(outbox, *records)
        await outbox.close()

    asyncio.run(write())
    with closing(open_for_reading(folder / FILE)) as db:
        return find_open_ends(db, **bounds)


def received(reading: str, kind: str = "scan", device: str = "scan-1", **more: Any) -> Record:  # noqa: ANN401
    return record(
        f"e-{device}-{reading}", "reading-received", device=device, reading=reading, kind=kind,
        **more,
    )  # fmt: skip


def test_an_empty_outbox_leaves_nothing(tmp_path: Path) -> None:
    asyncio.run(Outbox(tmp_path, "riverside").close())
    with closing(open_for_reading(tmp_path / FILE)) as db:
        assert find_open_ends(db) == OpenEnds()


def test_readings_without_an_ending_are_found(tmp_path: Path) -> None:
    ends = left_by(
        tmp_path,
        [
            received("s-1"),
            received("t-1", "temperature", "cam-1"),
            received("p-1", "passage", "gate-1"),
            received("s-2"),
            received("t-2", "temperature", "cam-1"),
            received("s-3", lane="south-in"),
            decided("d-1", readings=["s-1", "t-1"], grant=None),
            record("a-1", "visit-abandoned", readings=["t-2"], grant=None),
            decided("d-2", readings=["s-3"], grant=None),  # another lane's reading of that name
        ],
    )
    assert [event["reading"] for event in ends.readings] == ["s-2", "s-3"]


def test_each_naming_ends_one_reading_where_two_devices_use_one_id(tmp_path: Path) -> None:
    both = [received("1"), received("1", "temperature", "cam-1")]
    once = left_by(tmp_path / "once", [*both, decided("d", readings=["1"])])
    twice = left_by(tmp_path / "twice", [*both, decided("d", readings=["1", "1"])])
    assert [event["device"] for event in once.readings] == ["cam-1"]
    assert twice.readings == ()


def test_grants_nobody_used_and_nobody_ended_are_found(tmp_path: Path) -> None:
    ends = left_by(
        tmp_path,
        [
            decided("1", grant="g-passed"),
            decided("2", grant="g-not-taken"),
            decided("3", grant="g-abandoned"),
            decided("4", grant="g-open"),
            decided("5", grant=None),
            record("c", "gate-commanded", command="c-1", grant="g-operator"),
            record("e-1", "passage-completed", grant="g-passed"),
            record("e-2", "passage-not-taken", grant="g-not-taken"),
            record("e-3", "visit-abandoned", grant="g-abandoned", readings=[]),
        ],
    )
    assert {grant: event["id"] for grant, event in ends.grants.items()} == {
        "g-open": "4",
        "g-operator": "c",
    }


def test_commands_without_a_word_from_the_gate_are_found(tmp_path: Path) -> None:
    ends = left_by(
        tmp_path,
        [
            *(record(f"c-{n}", "gate-commanded", command=f"c-{n}", grant=None) for n in range(4)),
            record("o", "gate-opened", command="c-0", grant=None),
            record("u", "gate-unknown", command="c-2", grant=None),
        ],
    )
    assert list(ends.commands) == ["c-1", "c-3"]


def test_what_stands_at_a_lane_is_its_last_word(tmp_path: Path) -> None:
    def acted(id_: str, lane: str, mode: str) -> Record:
        return record(id_, "operator-acted", lane=lane, mode=mode)

    ends = left_by(
        tmp_path,
        [
            acted("1", "a", "lockdown"),
            acted("2", "b", "lockdown"),
            record("3", "gate-alarm", lane="c", alarm="fire", mode="released"),
            acted("4", "a", "normal"),
            acted("5", "d", "no-such-mode"),
        ],
    )
    assert ends.modes == {"b": "lockdown", "c": "released"}


def test_the_latest_ids_of_each_device_are_known_again(tmp_path: Path) -> None:
    records = [received(f"s-{n}") for n in range(30)]
    records += [received(f"t-{n}", "temperature", "cam-1") for n in range(5)]
    ends = left_by(tmp_path, records, ids_per_device=20)
    assert ends.seen == {
        "scan-1": tuple(f"s-{n}" for n in range(10, 30)),
        "cam-1": tuple(f"t-{n}" for n in range(5)),
    }


def test_the_work_is_bounded(tmp_path: Path) -> None:
    records = [received("old"), *(record(f"x-{n}", "device-online") for n in range(10))]
    assert left_by(tmp_path, records, look_back=10).readings == ()
