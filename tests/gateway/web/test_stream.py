"""gateway.web.stream over a real socket: order, resumption, heartbeats, and who is cut off."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from gateway.access import Access
from gateway.tokens import TokenFile
from gateway.web import connection as connection_module
from gateway.web import stream as stream_module
from tests.gateway.web.conftest import bearer
from tests.gateway.web.server import Page, serve, until
from tests.gateway.web.site_in_memory import Site, decided, lane_view, site_in_memory


@dataclass
class Message:
    """One message as a browser's EventSource would dispatch it."""

    event: str = "message"
    id: str | None = None
    data: str = ""

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data)
        return found


@dataclass
class Listener:
    """Reads messages off one open stream."""

    lines: AsyncIterator[str]
    read: list[Message] = field(default_factory=list)

    async def next(self, event: str = "message") -> Message:
        """Return the next message of a kind; anything else on the way is kept in `read`."""
        async with asyncio.timeout(10):
            while True:
                self.read.append(message := await self._message())
                if message.event == event:
                    return message

    async def ended(self) -> bool:
        """Wait for the end of the stream."""
        async with asyncio.timeout(10):
            async for _ in self.lines:
                pass
        return True

    async def _message(self) -> Message:
        message = Message()
        async for line in self.lines:
            if not line and message.data:
                return message
            key, _, value = line.partition(": ")
            if key in ("event", "id", "data"):
                setattr(message, key, value)
        pytest.fail("the stream ended")


@pytest.fixture
async def page(site: Site, access: Access) -> AsyncIterator[Page]:
    async with serve(site, access) as page:
        yield page


@asynccontextmanager
async def listening(
    page: Page, *, headers: dict[str, str] | None = None, query: str = ""
) -> AsyncIterator[Listener]:
    sent = bearer("viewer") | (headers or {})
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", f"{page.url}/api/v1/stream{query}", headers=sent) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield Listener(answer.aiter_lines())


async def test_records_lanes_and_heartbeats_are_told_apart(page: Page) -> None:
    async with listening(page) as listener:
        hello = await listener.next("hello")
        assert hello.body["reset"] is False
        first = await listener.next("lane")
        assert first.body["lane"] == "north-in"
        await listener.next("heartbeat")
        event = page.site.happen("passage-decided", **decided())
        page.site.show(lane_view(waiting=2))
        record = await listener.next()
        assert (record.id, record.body) == (str(event["seq"]), event)
        changed = await listener.next("lane")
        assert (changed.id, changed.body["waiting"]) == (None, 2)


@pytest.mark.parametrize(
    ("headers", "query"),
    [({"Last-Event-ID": "2"}, ""), ({}, "?after=2"), ({"Last-Event-ID": "2"}, "?after=0")],
)
async def test_a_stream_goes_on_where_it_broke(
    page: Page, headers: dict[str, str], query: str
) -> None:
    for _ in range(4):
        page.site.happen("passage-decided", **decided())
    async with listening(page, headers=headers, query=query) as listener:
        assert [(await listener.next()).id for _ in range(2)] == ["3", "4"]


async def test_a_sequence_of_a_lost_outbox_is_told_to_begin_anew(page: Page) -> None:
    page.site.happen("reading-received")
    async with listening(page, headers={"Last-Event-ID": "900"}) as listener:
        assert (await listener.next("hello")).body["reset"] is True
        page.site.happen("passage-decided", **decided())
        assert (await listener.next()).id == "2"


async def test_heartbeats_come_although_nothing_happens(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stream_module.HEARTBEAT_S <= 5
    monkeypatch.setattr(stream_module, "HEARTBEAT_S", 0.05)
    async with listening(page) as listener:
        beats = [await listener.next("heartbeat") for _ in range(3)]
    assert len({beat.body["at"] for beat in beats}) == 3


async def test_revoking_a_token_cuts_its_stream(
    page: Page, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HEARTBEAT_S", 0.05)
    async with listening(page) as listener:
        await listener.next("heartbeat")
        TokenFile(access.folder).revoke("viewer-post")
        assert await listener.ended()


async def test_a_viewer_that_reads_nothing_delays_nobody_and_loses_its_place(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "TAKEN_WITHIN_S", 0.5)
    port = int(page.url.rsplit(":", 1)[1])
    _, deaf = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    request = "GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer viewer-token\r\n\r\n"
    deaf.write(request.encode())
    async with listening(page) as listener:
        await listener.next("heartbeat")
        async with asyncio.timeout(20):
            await until(lambda: page.site.feed.viewers == 2)
            while page.site.feed.viewers == 2:
                page.site.happen("operator-acted", reason="x" * 100_000)
                sent = page.site.disk.events[-1]["seq"]
                while (heard := await listener.next()).id != str(sent):
                    assert int(heard.id or 0) < sent
    deaf.close()
    assert page.site.feed.viewers <= 1


async def test_beyond_the_places_there_is_a_precise_503(access: Access) -> None:
    async with serve(site_in_memory(max_viewers=1), access) as page, listening(page) as listener:
        await listener.next("hello")
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{page.url}/api/v1/stream", headers=bearer("viewer"))
        assert answer.status_code == 503
        assert "too many pages" in answer.json()["detail"]


async def test_leaving_gives_the_place_back_and_stopping_waits_for_nobody(page: Page) -> None:
    async with listening(page) as listener:
        await listener.next("hello")
        assert page.site.feed.viewers == 1
    await until(lambda: page.site.feed.viewers == 0)
    async with listening(page) as listener:
        await listener.next("hello")
        async with asyncio.timeout(2):
            await page.stop()
        assert await listener.ended()


@pytest.mark.parametrize("bad", ["x", "-1", str(2**63)])
async def test_a_wrong_place_to_resume_is_refused(page: Page, bad: str) -> None:
    async with httpx.AsyncClient(headers=bearer("viewer")) as client:
        answer = await client.get(f"{page.url}/api/v1/stream?after={bad}")
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("after: must be")


NAMED = {"visit": "visit-1", "name": "Lee Ann", "born": "1990-01-02"}


async def test_names_pass_by_guards_and_nobody_else(page: Page) -> None:
    async with (
        listening(page, headers=bearer("guard")) as guard,
        listening(page) as viewer,
    ):
        await guard.next("heartbeat")
        await viewer.next("heartbeat")
        page.site.feed.people_changed("north-in", [NAMED])
        told = await guard.next("people")
        assert (told.id, told.body) == (None, {"lane": "north-in", "people": [NAMED]})
        async with listening(page, headers=bearer("admin")) as late:
            assert (await late.next("people")).body["people"] == [NAMED]
        page.site.feed.people_changed("north-in", [])
        assert (await guard.next("people")).body == {"lane": "north-in", "people": []}
        page.site.happen("passage-decided", **decided())
        await viewer.next()
        assert "Ann" not in repr(viewer.read)
        assert {message.event for message in viewer.read} <= {
            "hello",
            "lane",
            "heartbeat",
            "message",
        }
    async with listening(page, headers=bearer("guard"), query="?after=0") as again:
        await again.next()
        assert "Ann" not in repr(again.read)  # nothing to resume from
