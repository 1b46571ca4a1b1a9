"""`GET /api/v1/stream`: one Server-Sent Events response, written as fast as its reader reads.

A reader that reads nothing is cut off by its connection.

Our own response instead of sse-starlette's: that one ends its streams by watching uvicorn's signal
handlers, which the gateway keeps for itself, and logs every message it sends.
"""

import asyncio
import time
from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from devices.moment import format_stamp
from gateway.web.feed import EventFeed, TooManyViewersError, Viewer, named_frame

HEARTBEAT_S = 2.5  # the page calls itself stale after 8 s, so two may get lost
RETRY_MS = 1000


class EventStream(Response):
    """Frames of a feed for one viewer, from `after` on, until it leaves or `allowed` says no.

    `people`: it may also see the names of those at the lanes.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        feed: EventFeed,
        after: int | None,
        first: Callable[[], bytes],
        allowed: Callable[[], bool],
        *,
        people: bool = False,
    ) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._feed = feed
        self._after = after
        self._first = first
        self._allowed = allowed
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until either side has had enough."""
        try:
            with self._feed.viewing(self._after, people=self._people) as viewer:
                writing = asyncio.create_task(self._write(viewer, send))
                leaving = asyncio.create_task(_until_gone(receive))
                try:
                    await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    writing.cancel()
                    leaving.cancel()
                    await asyncio.gather(writing, leaving, return_exceptions=True)
        except TooManyViewersError:
            sentence = "too many pages are open; close one, or try again in a minute"
            busy = JSONResponse({"detail": sentence}, 503, {"Retry-After": "60"})
            await busy(scope, receive, send)

    async def _write(self, viewer: Viewer, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await _send_body(send, b"retry: %d\n\n" % RETRY_MS + self._first() + _heartbeat(self._feed))
        beaten = time.monotonic()
        while True:
            due = beaten + HEARTBEAT_S - time.monotonic()
            body = await viewer.next(max(0.0, due))
            if body is None:
                break
            if time.monotonic() - beaten >= HEARTBEAT_S:
                if not self._allowed():
                    break
                body += _heartbeat(self._feed)
                beaten = time.monotonic()
            if body:
                await _send_body(send, body)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_body(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _heartbeat(feed: EventFeed) -> bytes:
    at = format_stamp(time.time_ns() // 1_000_000)
    return named_frame("heartbeat", {"at": at, "seq": feed.last_seq})
