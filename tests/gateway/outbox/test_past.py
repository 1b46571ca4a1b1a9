"""gateway.outbox.past."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_rules.effects import Record
from gateway.outbox.outbox import Outbox
from gateway.outbox.past import Past, read_past
from gateway.outbox.schema import FILE
from tests.gateway.outbox.records import NOW_MS, decided, record, stored

DAY_MS = 86_400_000


def left_by(folder: Path, records: Sequence[Record], **bounds: int) -> Past:
    async def write() -> None:
        outbox = Outbox(folder, "riverside", now_ms=lambda: NOW_MS)
        outbox.start()
        if records:
            await stored(outbox, *records)
        await outbox.close()

    asyncio.run(write())
    return read_past(folder / FILE, NOW_MS, **bounds)


def received(reading: str, device: str = "scan-1", **more: Any) -> Record:  # noqa: ANN401
    return record(
        f"e-{device}-{reading}", "reading-received", device=device, reading=reading, kind="scan",
        **more,
    )  # fmt: skip


def test_an_empty_outbox_leaves_nothing(tmp_path: Path) -> None:
    past = left_by(tmp_path, [])
    assert (list(past.recent), past.earlier, past.modes) == ([], (), {})


def test_recent_events_come_in_order_and_are_bounded(tmp_path: Path) -> None:
    past = left_by(tmp_path, [record(f"r-{n}") for n in range(30)], recent=10)
    assert [event["id"] for event in past.recent] == [f"r-{n}" for n in range(20, 30)]
    assert past.earlier == ()


def test_what_stands_at_a_lane_is_its_last_word_however_old(tmp_path: Path) -> None:
    def acted(id_: str, lane: str, mode: str) -> Record:
        return record(id_, "operator-acted", lane=lane, mode=mode)

    past = left_by(
        tmp_path,
        [
            acted("1", "a", "lockdown"),
            acted("2", "b", "lockdown"),
            record("3", "gate-alarm", lane="c", alarm="fire", mode="released"),
            acted("4", "a", "normal"),
            acted("5", "d", "no-such-mode"),
            *(record(f"x-{n}") for n in range(20)),
        ],
        recent=5,
    )
    assert past.modes == {"b": "lockdown", "c": "released"}


def test_ids_and_admissions_of_the_day_are_known_beyond_the_recent(tmp_path: Path) -> None:
    past = left_by(
        tmp_path,
        [
            received("s-1"),
            decided("yesterday", NOW_MS - 2 * DAY_MS),
            decided("today", NOW_MS - DAY_MS // 2),
            decided("refused", NOW_MS, decision="deny", grant=None),
            received("t-1", "cam-1"),
            *(record(f"x-{n}") for n in range(5)),
            received("s-2"),
        ],
        recent=6,
    )
    assert [event["id"] for event in past.earlier] == ["e-scan-1-s-1", "today", "e-cam-1-t-1"]
    assert [event["id"] for event in past.recent][-1] == "e-scan-1-s-2"


def test_what_policies_stand_is_found_however_long_ago_it_was_said(tmp_path: Path) -> None:
    said = [
        record("a", "policy-changed", lane=None, policy="1"),
        record("b", "order-suspended", lane=None, policy="2"),
        record("c", "policy-refused", lane=None),
        record("d", "shadow-changed", lane=None, policy="3"),
    ]
    past = left_by(tmp_path, [*said, *(decided(f"v-{n}") for n in range(20))], recent=5)
    assert past.policies is not None
    assert past.shadow is not None
    assert (past.policies["id"], past.shadow["policy"]) == ("b", "3")
    assert left_by(tmp_path / "new", []).policies is None
