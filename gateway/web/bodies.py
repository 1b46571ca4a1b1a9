"""Bodies of requests: short, and here soon."""

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 16 * 1024  # the longest honest body is a reason of 200 characters
WITHIN_S = 10.0

TOO_LONG = f"body: must have at most {MAX_BYTES} bytes"
TOO_SLOW = f"body: must be here within {WITHIN_S:.0f} s"


class ShortBodies:
    """Refuses a body that is too long or too slow, before it is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body watched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _declared(scope) > MAX_BYTES:
            await JSONResponse({"detail": TOO_LONG}, 413)(scope, receive, send)
        else:
            await self._app(scope, _Watched(receive), send)


class _Watched:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._whole = False
        self._by = asyncio.get_running_loop().time() + WITHIN_S

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()  # a stream waits here for its reader's end
        try:
            async with asyncio.timeout_at(self._by):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, TOO_SLOW, {"Connection": "close"}) from None
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BYTES:
            raise HTTPException(413, TOO_LONG, {"Connection": "close"})
        self._whole = not message.get("more_body", False)
        return message


def _declared(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isdecimal() else 0
