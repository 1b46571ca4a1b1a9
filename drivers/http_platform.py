"""Platforms of colour codes over HTTP (docs/devices/colour-platform.md).

Nothing of a code or of an answer is logged, kept or put into an error's words.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from devices.colour_platform.answer import (
    FAILING,
    NOT_UNDERSTOOD,
    OFFLINE,
    REFUSES,
    TIMED_OUT,
    UNREACHABLE,
    PlatformAnswer,
    Said,
    failed,
)
from devices.colour_platform.reading import MAX_BYTES, read_answer
from devices.colour_platform.request import PlatformRequest, Question, lay_out, values_of
from devices.colour_platform.settings import Platform
from devices.errors import DeviceLinkError
from drivers.circuit_breaker import CircuitBreaker
from drivers.platform_port import PlatformContext

log = logging.getLogger(__name__)
logging.getLogger("httpcore").setLevel(logging.INFO)  # its debug lines hold what was answered

NONCE_BYTES = 16
FIRST_PAUSE_S = 0.05
OF_THE_REST = 2 / 3  # goes to one try: one that hangs leaves room for another
MAX_CONNECTIONS = 16

_NOT_THERE = (httpx.ConnectError, httpx.ConnectTimeout)


class HttpPlatform:
    """One platform; all that may be wrong with it ends in an answer, in time."""

    def __init__(self, platform: Platform, context: PlatformContext) -> None:
        self._platform = platform
        self._context = context
        self._token = _read_token(platform.token_file)
        # A client above the transport would log addresses with what stands in them, keep cookies,
        # follow redirects and take proxies from the environment.
        self._transport = httpx.AsyncHTTPTransport(
            verify=_tls(platform),
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
            trust_env=False,
        )
        self._breaker = CircuitBreaker(platform.open_after, platform.pause_ms)
        self._opened = asyncio.Event()
        self._said = ""  # what went wrong last, for whoever mends it

    async def run(self) -> None:
        """Ask an offline platform's probe, if it has one, until it is well; then wait again."""
        try:
            while True:
                await self._opened.wait()
                if self._platform.probe is None:
                    self._opened.clear()  # the next scan after the pause is the trial
                else:
                    await self._probe(self._platform.probe)
        finally:
            await self._transport.aclose()

    async def ask(self, question: Question) -> PlatformAnswer:
        """Ask about one code; answers within the deadline, and never raises."""
        if not self._breaker.lets_through(self._now_ms()):
            return failed(OFFLINE)
        trial = self._begin()
        try:
            answer = await self._asked(question)
        except asyncio.CancelledError:  # the person left
            if trial:
                self._breaker = self._breaker.given_up()
            raise
        self._learn(well=answer.sound and answer.said is not Said.TIMEOUT, trial=trial)
        return answer

    async def _asked(self, question: Question) -> PlatformAnswer:
        within_s = self._platform.deadline_ms / 1000
        try:
            async with asyncio.timeout(within_s):
                return await self._tried(question, within_s)
        except TimeoutError:
            self._said = f"no answer within {self._platform.deadline_ms} ms"
            return PlatformAnswer(Said.TIMEOUT, TIMED_OUT)
        except Exception as error:  # its words might quote a code or an answer
            log.error("asking a platform failed: %s", type(error).__name__)  # noqa: TRY400
            self._said = type(error).__name__
            return failed(FAILING)

    async def _tried(self, question: Question, within_s: float) -> PlatformAnswer:
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + within_s
        pause_s = FIRST_PAUSE_S
        for left in range(self._platform.tries - 1, 0, -1):
            try:
                async with asyncio.timeout((ends_s - loop.time()) * OF_THE_REST):
                    answer = await self._once(question)
                if not answer.again:
                    return answer
            except TimeoutError:
                pass
            if left:
                await asyncio.sleep(pause_s * self._context.random.uniform(0.5, 1.0))
                pause_s *= 2
        return await self._once(question)

    async def _once(self, question: Question) -> PlatformAnswer:
        values = values_of(
            question,
            nonce=self._context.nonce(NONCE_BYTES),
            now_ms=self._context.now().wall_ms,
            token=self._token,
        )
        try:
            status, body = await self._exchanged(lay_out(self._platform, values))
        except _NOT_THERE as error:
            self._said = f"{type(error).__name__}: {error}"  # said before anything was answered
            return failed(UNREACHABLE, again=True)
        except httpx.TransportError as error:
            self._said = type(error).__name__
            return failed(FAILING, again=True)
        if body is None:
            self._said = f"an answer of more than {MAX_BYTES} bytes, or a compressed one"
            return failed(NOT_UNDERSTOOD)
        return self._read(status, body, values)

    def _read(self, status: int, body: bytes, values: Mapping[str, str]) -> PlatformAnswer:
        answer = read_answer(self._platform.answer, status, body, values)
        if answer.why is not None:
            self._said = f"HTTP status {status}, {answer.why}"
        if answer.why == REFUSES:
            self._renew_token()
        return answer

    async def _exchanged(self, request: PlatformRequest) -> tuple[int, bytes | None]:
        """Send a request; give status and body, None instead of a body that can't be read."""
        response = await self._transport.handle_async_request(
            httpx.Request(
                request.method, request.url, headers=request.headers, content=request.body
            )
        )
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                return response.status_code, None
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    return response.status_code, None
            return response.status_code, bytes(body)
        finally:
            await response.aclose()

    async def _probe(self, url: str) -> None:
        while self._breaker.retry_ms is not None:
            await asyncio.sleep(max(0.0, self._breaker.retry_ms - self._now_ms()) / 1000)
            if not self._breaker.lets_through(self._now_ms()):
                await asyncio.sleep(FIRST_PAUSE_S)  # a scan is the trial
                continue
            trial = self._begin()
            self._learn(well=await self._is_well(url), trial=trial)
        self._opened.clear()

    async def _is_well(self, url: str) -> bool:
        try:
            async with asyncio.timeout(self._platform.deadline_ms / 1000):
                status, _ = await self._exchanged(PlatformRequest("GET", url, {}, b""))
        except (httpx.TransportError, TimeoutError):
            return False
        return 200 <= status < 300

    def _begin(self) -> bool:
        """Let somebody through; tell whether that is the one trial of a platform that is down."""
        self._breaker = self._breaker.began()
        return self._breaker.is_open

    def _learn(self, *, well: bool, trial: bool) -> None:
        was_open = self._breaker.is_open
        host = urlsplit(self._platform.url).netloc
        if well:
            self._breaker = self._breaker.succeeded()
            if was_open:
                self._context.changed(True, f"{host} answers again")
            return
        chance = self._context.random.random()
        self._breaker = self._breaker.failed(self._now_ms(), chance, trial=trial)
        if self._breaker.is_open and not was_open:
            self._opened.set()
            times = self._breaker.failures
            self._context.changed(False, f"{host} failed {times} times in a row: {self._said}")

    def _renew_token(self) -> None:
        try:
            self._token = _read_token(self._platform.token_file)
        except DeviceLinkError as error:
            log.warning("%s", error)

    def _now_ms(self) -> float:
        return self._context.now().boot_ms


def _read_token(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: the platform's token can't be read: {type(error).__name__}"
        raise DeviceLinkError(msg) from error
    if not token or not token.isascii() or not token.isprintable():
        msg = f"{path}: holds no token; write the platform's token into it, on one line"
        raise DeviceLinkError(msg)
    return token


def _tls(platform: Platform) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=platform.ca)
        if platform.cert is not None:
            context.load_cert_chain(platform.cert, platform.key)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(path) for path in (platform.ca, platform.cert, platform.key) if path)
        msg = f"{files}: can't be used for the platform's TLS: {error}"
        raise DeviceLinkError(msg) from error
    return context
