"""gateway.upwards.minute_marks: one mark a minute in which something happened."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from devices.moment import Moment, parse_stamp
from edge_rules.effects import Record
from gateway.outbox.outbox import Outbox
from gateway.upwards.minute_marks import MinuteMarks
from gateway.upwards.windows import MARK
from simulators.real_clock import real_now
from tests.gateway.outbox.records import decided, stored
from tests.gateway.upwards.street import STANDS

MINUTE_MS = 150


class SetClock:
    """The machine's clock, which somebody may set."""

    def __init__(self) -> None:
        self.off_ms = 0

    def now(self) -> Moment:
        now = real_now()
        return Moment(now.boot_ms, now.wall_ms + self.off_ms)


class Marked:
    """An outbox and its marks as they come."""

    def __init__(self, folder: Path, clock: SetClock) -> None:
        self.outbox = Outbox(folder, "riverside")
        self.outbox.start()
        self.clock = clock
        self.bodies: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self.count = 0

    def note(self, type_: str, body: Mapping[str, Any]) -> None:
        assert type_ == MARK
        self.count += 1
        self.bodies.put_nowait(body)
        record = Record(f"m-{self.count}", type_, self.clock.now().wall_ms, body)
        self.outbox.append([record], lambda _: None)

    async def next(self) -> Mapping[str, Any]:
        async with asyncio.timeout(20):
            return await self.bodies.get()


@asynccontextmanager
async def marking(folder: Path) -> AsyncIterator[Marked]:
    clock = SetClock()
    marked = Marked(folder, clock)
    marks = MinuteMarks(marked.outbox, clock, marked.note, lambda: STANDS, minute_ms=MINUTE_MS)
    task = asyncio.create_task(marks.run())
    try:
        yield marked
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await marked.outbox.close()


def span(body: Mapping[str, Any]) -> tuple[int, int]:
    return parse_stamp(body["from"]), parse_stamp(body["to"])


async def test_minutes_end_on_the_clock_and_a_start_marks_what_the_last_run_left(
    tmp_path: Path,
) -> None:
    async with marking(tmp_path) as marked:
        from_ms, to_ms = span(await marked.next())
        assert (from_ms % MINUTE_MS, to_ms % MINUTE_MS) == (0, 0)
        assert to_ms > from_ms


async def test_a_minute_without_an_event_has_no_mark(tmp_path: Path) -> None:
    async with marking(tmp_path) as marked:
        await marked.next()
        await asyncio.sleep(3 * MINUTE_MS / 1000)
        assert marked.count == 1
        before_ms = marked.clock.now().wall_ms
        await stored(marked.outbox, decided("a", before_ms))
        from_ms, to_ms = span(await marked.next())
        assert from_ms <= before_ms < to_ms
        assert to_ms - from_ms <= 2 * MINUTE_MS  # from the first event's minute, not the last mark


async def test_a_clock_that_is_set_back_does_not_stop_the_marks(tmp_path: Path) -> None:
    async with marking(tmp_path) as marked:
        await marked.next()
        await stored(marked.outbox, decided("a", marked.clock.now().wall_ms))
        marked.clock.off_ms = -3_600_000
        from_ms, to_ms = span(await marked.next())
        assert to_ms - from_ms == MINUTE_MS
        assert to_ms <= marked.clock.now().wall_ms
