"""A platform of colour codes that knows people who don't exist: a real HTTP server, with moods.

Written from docs/devices/colour-platform.md; it shares no code with what asks it: a person is asked
for by POST /verify with `code` and `nonce`.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from simulators.colour_book import PATTERN, ColourBook, Mood

COLOURS = {"green": "00", "yellow": "01", "red": "10"}
EXPIRED, NOT_FOUND = 4001, 4004
SLOW_S = (0.05, 0.3)
DRIP_S = 0.05
STOPS_WITHIN_S = 5.0


@dataclass(slots=True)
class ColourPlatform:
    """One platform with its book; `asked` counts the questions, `token` is what it wants to see."""

    book: ColourBook = field(default_factory=ColourBook)
    asked: int = 0
    token: str | None = None
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    _rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = Random(f"{self.book.seed}/platform")

    def app(self) -> Starlette:
        """Return the server's application."""
        return Starlette(
            routes=[
                Route("/verify", self._verify, methods=["POST"]),
                Route("/health", self._health),
            ]
        )

    async def _health(self, _: Request) -> Response:
        well = self.book.mood in {Mood.WELL, Mood.SLOW}
        return Response(status_code=200 if well else 503)

    async def _verify(self, request: Request) -> Response:
        self.asked += 1
        self.was_asked.set()
        question = await request.json()
        wanted = f"Bearer {self.token}"
        if self.token is not None and request.headers.get("authorization") != wanted:
            return JSONResponse({"code": 401}, 401)
        answer = self._answer(question["code"], question["nonce"])
        return await self._in_mood(self.book.next_mood(), answer)

    def _answer(self, code: str, nonce: str) -> dict[str, Any]:
        found = self.book.look_up(code)
        if found is None:
            return {"code": NOT_FOUND, "nonce": nonce}
        person, colour = found
        if colour == "expired":
            return {"code": EXPIRED, "nonce": nonce}
        data = {"person": person, "name": "张三", "colour": COLOURS[colour]}
        return {"code": 0, "nonce": nonce, "data": data}

    async def _in_mood(self, mood: Mood, answer: Mapping[str, Any]) -> Response:  # noqa: PLR0911
        match mood:
            case Mood.SLOW:
                await asyncio.sleep(self._rng.uniform(*SLOW_S))
            case Mood.HANGS:
                await asyncio.sleep(3600)
            case Mood.DRIPS:
                return StreamingResponse(_drip(), media_type="application/json")
            case Mood.FAILS | Mood.BUSY | Mood.REFUSES:
                return Response("<html>sorry</html>", _STATUSES[mood])
            case Mood.REDIRECTS:
                return RedirectResponse("/elsewhere", 302)
            case Mood.CUTS:
                return Response('{"code"', headers={"content-length": "4096"})
            case Mood.GARBLES:
                return Response(b'{"code": 0, "data": \xff{{', media_type="application/json")
            case Mood.FLOODS:
                return StreamingResponse(_flood(), media_type="application/json")
        person = answer.get("data", {}).get("person", "")
        return JSONResponse(_twisted(mood, answer), headers={"set-cookie": f"person={person}"})


def _twisted(mood: Mood, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    green = {"person": "nobody", "colour": COLOURS["green"]}
    match mood:
        case Mood.RAVES:
            return {**answer, "code": 0, "data": {**green, "colour": "ultraviolet"}}
        case Mood.CONTRADICTS:
            return {**answer, "code": EXPIRED, "data": green}
        case Mood.MISTAKES:
            return {**answer, "code": 0, "data": green, "nonce": "somebody-elses"}
        case Mood.LIES:
            return {**answer, "code": 0, "data": {"colour": COLOURS["green"]}}
    return answer


_STATUSES = {Mood.FAILS: 500, Mood.BUSY: 429, Mood.REFUSES: 401}


async def _drip() -> AsyncIterator[bytes]:
    for _ in range(100_000):
        yield b" "
        await asyncio.sleep(DRIP_S)


async def _flood() -> AsyncIterator[bytes]:
    yield b'{"code": 0, "data": "'
    for _ in range(100_000):
        yield b"x" * 4096
        await asyncio.sleep(0)


def mapping(url: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what a site file says of this platform (`colour_code`)."""
    platform = {
        "url": f"{url}/verify",
        "json": {"code": "{text}", "terminal": "{device}", "nonce": "{nonce}"},
        "answer": {
            "says": [
                {"at": "/code", "words": {str(EXPIRED): "expired", str(NOT_FOUND): "not-found"}},
                {"at": "/data/colour", "words": {said: word for word, said in COLOURS.items()}},
            ],
            "only": {"/code": 0},
            "echo": {"/nonce": "{nonce}"},
            "identity": "/data/person",
        },
        **changed,
    }
    return {"match": PATTERN, "platform": platform}


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs this."""
        yield


@asynccontextmanager
async def serving(
    platform: ColourPlatform, port: int = 0, *, cert: Path | None = None, key: Path | None = None
) -> AsyncIterator[str]:
    """Serve on loopback while the block runs; give the address. The port is free afterwards."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        bound.listen()  # from here on who comes waits until the server runs
        config = uvicorn.Config(
            platform.app(), log_config=None, access_log=False, lifespan="off", ws="none",
            ssl_certfile=cert, ssl_keyfile=key,
        )  # fmt: skip
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            scheme = "https" if cert else "http"
            yield f"{scheme}://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True  # who still waits, waits in vain
            async with asyncio.timeout(STOPS_WITHIN_S):
                await running
