"""gateway.forwarding.influx, against an HTTP server that answers as it is told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from devices.errors import MenshenError
from gateway.forwarding.influx import InfluxStore
from gateway.forwarding.store import StoreRefusedError, StoreSilentError, TimedPoint
from gateway.forwarding.store_forwarder import StoreForwarder
from gateway.forwarding.store_token import read_token
from gateway.outbox.outbox import Outbox
from gateway.points import queue_point
from tests.gateway.forwarding.stores import WallClock
from tests.gateway.outbox.records import NOW_MS, decided, stored

POINT = TimedPoint(queue_point("riverside", waiting=1, behind=2), NOW_MS)


class Answering:
    """A store whose answer to each line protocol body is a function of it."""

    def __init__(self, answer: Callable[[str], int]) -> None:
        self.answer = answer
        self.taken: list[str] = []
        self.tokens: list[str | None] = []
        self.asked = 0

    def status(self, body: str, token: str | None) -> int:
        self.asked += 1
        self.tokens.append(token)
        status = self.answer(body)
        if status == 204:
            self.taken += body.splitlines()
        return status


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[str], int]], tuple[Answering, str]]]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str], int]) -> tuple[Answering, str]:
        store = Answering(answer)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(store.status(body, self.headers["Authorization"]))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:  # noqa: ANN401
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return store, f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


Start = Callable[[Callable[[str], int]], tuple[Answering, str]]


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_data_the_store_does_not_want_is_refused(answering: Start, status: int) -> None:
    _, url = answering(lambda _: status)
    with pytest.raises(StoreRefusedError) as refused:
        await InfluxStore(url, "o", "b").write([POINT])
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "unauthorised"), (403, "unauthorised"), (404, "failing"), (429, "failing"),
     (500, "failing"), (503, "failing")],
)  # fmt: skip
async def test_any_other_no_is_silence_and_loses_nothing(
    answering: Start, status: int, reason: str
) -> None:
    _, url = answering(lambda _: status)
    with pytest.raises(StoreSilentError) as silent:
        await InfluxStore(url, "o", "b").write([POINT])
    assert silent.value.reason == reason


async def test_nobody_there_is_no_connection() -> None:
    with pytest.raises(StoreSilentError) as silent:
        await InfluxStore("http://127.0.0.1:9", "o", "b").write([POINT])
    assert silent.value.reason == "no-connection"


async def test_token_is_read_again_for_each_connection(answering: Start, tmp_path: Path) -> None:
    statuses = iter([204, 401, 204])
    store, url = answering(lambda _: next(statuses))
    token = tmp_path / "token"
    token.write_text("first\n")
    influx = InfluxStore(url, "o", "b", token)
    await influx.write([POINT])
    with pytest.raises(StoreSilentError):
        await influx.write([POINT])
    token.write_text("second\n")
    await influx.write([POINT])
    assert store.tokens == ["Token first", "Token first", "Token second"]


@pytest.mark.parametrize("text", ["", "  \n", "two\nlines"])
def test_token_file_without_a_token_is_said_at_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text)
    with pytest.raises(MenshenError, match="token"):
        read_token(tmp_path / "token")
    with pytest.raises(MenshenError, match="can't be read"):
        InfluxStore("http://127.0.0.1:9", "o", "b", tmp_path / "none")


@asynccontextmanager
async def forwarding(
    outbox: Outbox, url: str, reports: list[tuple[str, Mapping[str, Any]]]
) -> AsyncIterator[StoreForwarder]:
    forwarder = StoreForwarder(
        "influx", "riverside", outbox, InfluxStore(url, "o", "b"), WallClock(),
        lambda type_, body: reports.append((type_, body)), random=Random(1),
    )  # fmt: skip
    task = asyncio.create_task(forwarder.run())
    yield forwarder
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_one_poisoned_row_blocks_none_of_the_others(answering: Start, tmp_path: Path) -> None:
    poison = str(NOW_MS + 7)
    store, url = answering(lambda body: 400 if poison in body else 204)
    outbox = Outbox(tmp_path, "riverside", forwarders=["influx"])
    outbox.start()
    reports: list[tuple[str, Mapping[str, Any]]] = []
    await stored(outbox, *(decided(f"r-{at}") for at in range(40)))
    async with forwarding(outbox, url, reports), asyncio.timeout(20):
        while outbox.cursor("influx").sent < 40:  # noqa: ASYNC110 - a cursor is told to nobody
            await asyncio.sleep(0.01)
    await outbox.close()
    stamps = [int(line.rsplit(" ", 1)[1]) for line in store.taken if line.startswith("passage")]
    assert sorted(set(stamps)) == [NOW_MS + at for at in range(40) if at != 7]
    body = {"forwarder": "influx", "status": 400, "row": 8, "measurement": "passage"}
    assert reports == [("store-refused", body)]
    assert store.asked < 40
