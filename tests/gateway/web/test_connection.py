"""gateway.web.connection over a real socket: peers that are slow, deaf, many or wrong."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.access import Access
from gateway.web import bodies, connection
from tests.gateway.web.conftest import bearer
from tests.gateway.web.server import Page, serve, until
from tests.gateway.web.site_in_memory import Site, decided

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]

HEAD = b"Host: gate\r\nAuthorization: Bearer guard-token\r\n"


@pytest.fixture
async def page(site: Site, access: Access) -> AsyncIterator[Page]:
    async with serve(site, access) as page:
        yield page


@asynccontextmanager
async def wire(page: Page, *, limit: int = 2**16) -> AsyncIterator[Wire]:
    port = int(page.url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
    try:
        yield reader, writer
    finally:
        writer.close()


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, which must come."""
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHo", b"GET /healthz HTTP/1.1\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    page: Page, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN_S", 0.2)
    async with wire(page) as (reader, writer):
        writer.write(begun)
        assert await ended(reader) == b""


async def test_nor_is_a_second_head_on_the_same_connection(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN_S", 0.3)
    async with wire(page) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\nGET /heal")
        assert (await ended(reader)).startswith(b"HTTP/1.1 200")


async def test_an_open_stream_outlives_the_deadline_of_heads(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN_S", 0.1)
    async with wire(page) as (reader, writer):
        writer.write(b"GET /api/v1/stream HTTP/1.1\r\n" + HEAD + b"\r\n")
        await until(lambda: page.site.feed.viewers == 1)
        await asyncio.sleep(0.3)  # three deadlines long
        page.site.happen("passage-decided", **decided())
        async with asyncio.timeout(10):
            await reader.readuntil(b'"passage-decided"')


async def test_a_body_that_does_not_come_is_not_waited_for(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "WITHIN_S", 0.2)
    async with wire(page) as (reader, writer):
        head = b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n"
        writer.write(b"POST /api/v1/lanes/north-in/open HTTP/1.1\r\n" + HEAD + head + b"{")
        told = await ended(reader)
    assert told.startswith(b"HTTP/1.1 408")
    assert b"body: must be here within" in told
    assert page.site.operations.acts == []


async def test_beyond_the_places_a_connection_is_ended_at_once(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 3)
    port = int(page.url.rsplit(":", 1)[1])
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    await until(lambda: len(page.server.server_state.connections) == 3)
    async with wire(page) as (reader, _):
        assert await ended(reader) == b""
    for _, writer in held:
        writer.close()
    await until(lambda: len(page.server.server_state.connections) == 0)
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{page.url}/healthz")).status_code == 200


async def test_a_reader_that_takes_nothing_of_a_table_is_cut_off(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TAKEN_WITHIN_S", 0.3)
    for _ in range(40_000):
        page.site.disk.events.append(
            {"seq": len(page.site.disk.events) + 1, "at": "2026-11-24T00:00:00Z",
             "type": "operator-acted", "reason": "x" * 200}
        )  # fmt: skip
    async with wire(page, limit=1024) as (_, writer):
        writer.write(b"GET /api/v1/events.csv HTTP/1.1\r\n" + HEAD + b"\r\n")
        state = page.server.server_state
        await until(lambda: bool(state.tasks))
        await until(lambda: not state.connections and not state.tasks)


@pytest.mark.parametrize(
    "request_",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS where none is spoken
        b"GET / HTTP/1.1\r\nHost: gate\r\nX: " + b"x" * 200_000,
        b"POST /signin HTTP/1.1\r\nHost: gate\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1",
    ],
)
async def test_what_is_no_request_is_refused_and_stops_nothing(page: Page, request_: bytes) -> None:
    async with wire(page) as (reader, writer):
        writer.write(request_)
        writer.write_eof()
        assert b" 200 " not in await ended(reader)
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{page.url}/healthz")).status_code == 200


async def test_no_token_is_ever_logged(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    link = page.link()
    secret = link.partition("token=")[2]
    with caplog.at_level(logging.DEBUG):
        for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "menshen.web", "fastapi"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        async with httpx.AsyncClient(follow_redirects=True) as client:
            assert (await client.get(link)).status_code == 200
            assert (await client.get(link)).status_code == 401
            bad = await client.post(f"{page.url}/signin", data={"token": "guessed-token"})
            assert bad.status_code == 401
            await client.get(f"{page.url}/api/v1/lanes", headers=bearer("guard"))
        async with wire(page) as (reader, writer):
            writer.write(b"GET /signin?token=guessed-token HTTP/0.7\r\n\r\n")
            await ended(reader)
    ours = [
        record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    ]
    assert any("was refused" in record.getMessage() for record in ours)
    for record in ours:
        told = record.getMessage() + str(record.exc_info)
        for token in (secret, "guessed-token", "guard-token"):
            assert token not in told
