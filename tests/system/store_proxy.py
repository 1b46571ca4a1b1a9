"""A wire to the store that can be watched: what was written when, and a kill right after a 204."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.servers import Server

STAMP = re.compile(rb"^passage,.* (\d{13})$", re.MULTILINE)


@dataclass
class StoreProxy:
    """Passes bytes on, both ways."""

    store: Server
    url: str = ""
    lags_ms: list[tuple[float, int]] = field(default_factory=list)  # when, age of the newest point
    after_204: Callable[[], None] | None = None  # done once, before the answer is passed on
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection to the store."""
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.store.port)
        except OSError:
            writer.transport.abort()
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, forth, self._asked))
                both.create_task(self._pass_on(back, writer, self._answered))
        except* OSError:
            pass
        finally:
            writer.transport.abort()
            forth.transport.abort()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        look: Callable[[bytes], None],
    ) -> None:
        while data := await reader.read(1 << 20):
            look(data)
            writer.write(data)
            await writer.drain()
        writer.close()

    def _asked(self, data: bytes) -> None:
        if stamps := STAMP.findall(data):
            now_ms = time.time_ns() // 1_000_000
            self.lags_ms.append((time.monotonic(), now_ms - max(map(int, stamps))))

    def _answered(self, data: bytes) -> None:
        if self.after_204 is not None and data.startswith(b"HTTP/1.1 204"):
            strike, self.after_204 = self.after_204, None
            strike()
            self.struck.set()


@asynccontextmanager
async def store_proxy(store: Server) -> AsyncIterator[StoreProxy]:
    """Listen while the block runs."""
    proxy = StoreProxy(store)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
