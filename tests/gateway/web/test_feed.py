"""gateway.web.feed: nobody misses an event, nobody is told twice, nobody waits for the slowest."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web import feed as feed_module
from gateway.web.feed import BATCH, EventFeed, TooManyViewersError, event_frame
from tests.gateway.web.site_in_memory import MemoryDisk, lane_view, site_in_memory


def seqs(frames: bytes) -> list[int]:
    """The ids of the messages, in the order they were written."""
    return [int(line[4:]) for line in frames.split(b"\n") if line.startswith(b"id: ")]


async def told_all(disk: MemoryDisk, feed: EventFeed, after: int) -> list[int]:
    told: list[int] = []
    with feed.viewing(after) as viewer:
        while frames := await viewer.next(0.0):
            told += seqs(frames)
    return told


@given(st.integers(0, 40), st.integers(0, 60), st.integers(0, 100), st.integers(1, 12))
async def test_a_stream_resumes_anywhere_without_a_gap(
    before: int, since: int, after: int, ring: int
) -> None:
    disk = MemoryDisk()
    for _ in range(before):
        disk.add("reading-received")
    feed = EventFeed(disk, last_seq=before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed_module, "RING_SIZE", ring)
        patch.setattr(feed_module, "BATCH", 7)
        for _ in range(since):
            feed.committed([disk.add("passage-decided")])
        total = before + since
        assert await told_all(disk, feed, after) == list(range(min(after, total) + 1, total + 1))


async def test_what_happens_while_the_disk_is_read_is_told_once() -> None:
    site = site_in_memory()
    for _ in range(3):
        site.disk.add("reading-received")
    feed = EventFeed(site.disk, last_seq=3)
    feed.committed([site.disk.add("passage-decided")])
    site.disk.add("gate-opened")  # on disk, not announced yet
    with feed.viewing(0) as viewer:
        first = await viewer.next(0.0)
        assert first is not None
        assert seqs(first) == [1, 2, 3, 4, 5]
        feed.committed([site.disk.events[4]])
        assert await viewer.next(0.0) == b""


async def test_what_retention_deleted_does_not_stop_a_stream() -> None:
    disk = MemoryDisk()
    for _ in range(5):
        disk.add("reading-received")
    feed = EventFeed(disk, last_seq=5)
    disk.events.clear()
    disk.events.append({"seq": 6, "id": "e", "type": "gate-opened", "at": "2026-11-24T00:00:00Z"})
    feed.committed(disk.events)
    disk.events.clear()
    assert await told_all(disk, feed, 1) == [6]


async def test_a_new_stream_begins_with_what_comes_next() -> None:
    site = site_in_memory()
    site.happen("reading-received")
    with site.feed.viewing(None) as viewer:
        assert await viewer.next(0.0) == b""
        site.happen("passage-decided")
        told = await viewer.next(1.0)
        assert told is not None
        assert seqs(told) == [2]
    assert site.disk.reads == []


async def test_a_waiting_stream_wakes_at_the_commit() -> None:
    site = site_in_memory()
    with site.feed.viewing(None) as viewer:
        waiting = asyncio.create_task(viewer.next(30.0))
        await asyncio.sleep(0)
        site.happen("passage-decided")
        told = await asyncio.wait_for(waiting, 1)
        assert told is not None
        assert seqs(told) == [1]


async def test_a_slow_viewer_sees_every_event_but_only_the_latest_of_a_lane() -> None:
    site = site_in_memory()
    with site.feed.viewing(0) as viewer:
        for waiting in range(1, 4):
            site.happen("reading-received")
            site.show(lane_view(waiting=waiting))
        told = await viewer.next(0.0)
        assert told is not None
        assert seqs(told) == [1, 2, 3]
        lanes = [part for part in told.split(b"\n\n") if part.startswith(b"event: lane")]
        assert [json.loads(part.split(b"data: ")[1])["waiting"] for part in lanes] == [3]


async def test_a_batch_is_bounded_and_encoded_once_for_everybody() -> None:
    site = site_in_memory()
    for _ in range(BATCH + 1):
        site.happen("reading-received")
    reached, first = await site.feed.frames_after(0)
    assert (reached, len(first)) == (BATCH, BATCH)
    _, again = await site.feed.frames_after(0)
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_places_are_bounded_and_given_back() -> None:
    site = site_in_memory(max_viewers=1)
    with site.feed.viewing(None), pytest.raises(TooManyViewersError), site.feed.viewing(None):
        pass
    assert site.feed.viewers == 0


async def test_closing_ends_every_stream() -> None:
    site = site_in_memory()
    with site.feed.viewing(None) as viewer:
        waiting = asyncio.create_task(viewer.next(30.0))
        await asyncio.sleep(0)
        site.feed.close()
        assert await asyncio.wait_for(waiting, 1) is None


@given(st.text())
def test_no_text_breaks_out_of_its_message(text: str) -> None:
    frame = event_frame({"seq": 7, "reason": text})
    assert frame.count(b"\n") == 3
    assert b"\r" not in frame
    assert frame.endswith(b"\n\n")
    body = json.loads(frame.split(b"data: ", 1)[1])
    assert body["seq"] == 7
