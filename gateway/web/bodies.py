"""Bodies of requests: short, and here soon."""

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 16 * 1024  # the longest honest body is a reason of 200 characters
MAX_POLICY_BYTES = 8 * 1024 * 1024  # 10,000 rules with words in both tongues are half of it
POLICIES = frozenset({"/api/v1/policy", "/api/v1/policy/shadow"})
WITHIN_S = 10.0

TOO_SLOW = f"body: must be here within {WITHIN_S:.0f} s"


class ShortBodies:
    """Refuses a body that is too long or too slow, before it is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body watched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MAX_POLICY_BYTES if scope["path"] in POLICIES else MAX_BYTES
        if _declared(scope) > most:
            await JSONResponse({"detail": too_long(most)}, 413)(scope, receive, send)
        else:
            await self._app(scope, _Watched(receive, most), send)


class _Watched:
    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
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
        if self._bytes > self._most:
            raise HTTPException(413, too_long(self._most), {"Connection": "close"})
        self._whole = not message.get("more_body", False)
        return message


def _declared(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isdecimal() else 0


def too_long(most: int) -> str:
    """Say how long a body may be."""
    return f"body: must have at most {most} bytes"
