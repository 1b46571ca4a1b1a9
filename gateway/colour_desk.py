"""Where the texts of colour codes wait for their question, and the answers come back.

A text stays here, or with the one question that holds it, and nowhere else: until it is asked about
or its scan is on record, and from then until the answer, the deadline or the visit's end.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from devices.arrival import Arrival
from devices.colour_platform.answer import FAILING, PlatformAnswer, Said, failed
from devices.colour_platform.request import Question
from devices.ids import DeviceId, LaneId
from devices.readings import Scan
from drivers.driver import Settled
from drivers.platform_port import AskedPlatform
from edge_rules.credentials.colour_code import (
    COLOUR_UNKNOWN,
    ColourCode,
    ColourCodes,
    credential_of,
)
from edge_rules.credentials.credential import Credential
from edge_rules.effects import AskPlatform, DropQuery
from edge_rules.inputs import CredentialShown, Input, PlatformAnswered, ReadingArrived
from gateway.ports import Clock

log = logging.getLogger(__name__)

MAX_TEXTS = 64  # of one lane, that no question has taken yet
TEXT_KEPT_S = 60.0  # of a scan that the disk has no room for; then its person is long gone
MAX_REMEMBERED = 1024

Key = tuple[DeviceId, str]
Take = Callable[[Input, Settled | None], None]


@dataclass(slots=True)
class _Waiting:
    text: str = field(repr=False)
    code: ColourCode
    forgetting: asyncio.TimerHandle


@dataclass(slots=True)
class ColourDesk:
    """One site's way to ask about colour codes (`gateway.ports.QueryDesk`)."""

    codes: ColourCodes
    platform: AskedPlatform
    site: str
    subject_key: bytes = field(repr=False)
    cache_ms: float
    clock: Clock
    take: Take
    failures: int = 0  # questions that no usable answer came to
    _texts: dict[LaneId, dict[Key, _Waiting]] = field(default_factory=dict, repr=False)
    _asking: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _green: dict[str, tuple[Credential, float]] = field(default_factory=dict)  # oldest first

    def shown(self, scan: Scan, arrival: Arrival) -> CredentialShown | None:
        """Take a scan whose text is a colour code, None if it is none; its text stays here."""
        code = self.codes.find(scan.text, self.subject_key)
        if code is None:
            return None
        credential = self._remembered(code) or code.unasked()
        if credential.reason == COLOUR_UNKNOWN:
            self._keep(arrival, scan, code)
        return CredentialShown(scan.id, scan.at_ms, credential, code.code)

    def hand_on(self, given: ReadingArrived, settled: Settled | None) -> None:
        """Let the rules have a scan; a text that they ask nothing about is forgotten with it."""

        def on_record() -> None:
            self._forget(given.lane, key)
            if settled:
                settled()

        key = (given.device, getattr(given.reading, "id", ""))
        self.take(given, on_record if settled else None)
        if settled is None:  # such a reading is never held back
            self._forget(given.lane, key)

    def do(self, effect: AskPlatform | DropQuery) -> None:
        """Ask, or ask no more."""
        if isinstance(effect, DropQuery):
            if task := self._asking.pop(effect.query, None):
                task.cancel()
            return
        waiting = self._forget(effect.lane, (effect.device, effect.reading))
        task = asyncio.get_running_loop().create_task(self._ask(effect, waiting))
        self._asking[effect.query] = task

    @property
    def busy(self) -> bool:
        """Whether a text waits, or an answer is awaited."""
        return bool(self._asking) or any(self._texts.values())

    def rekey(self, subject_key: bytes) -> None:
        """Hash under another key from here on; what is known under the old one is forgotten."""
        self.subject_key = subject_key
        self._green.clear()

    def close(self) -> None:
        """Ask nothing more and forget every text."""
        for task in self._asking.values():
            task.cancel()
        self._asking.clear()  # a task that was cancelled still holds what it held
        for lane in list(self._texts):
            for key in list(self._texts[lane]):
                self._forget(lane, key)

    async def _ask(self, asked: AskPlatform, waiting: _Waiting | None) -> None:
        if waiting is None:  # kept too long, or pushed out by others
            code, answer = ColourCode("", None), failed(COLOUR_UNKNOWN)
        else:
            code = waiting.code
            answer = await self._answered(
                Question(waiting.text, self.site, asked.lane, asked.device)
            )
        self._asking.pop(asked.query, None)
        credential = credential_of(answer, code, self.subject_key)
        if answer.said is Said.GREEN:
            self._remember(code, credential)
        self.failures += answer.why is not None
        self.take(PlatformAnswered(asked.lane, asked.query, credential, answer.why), None)

    async def _answered(self, question: Question) -> PlatformAnswer:
        try:
            return await self.platform.ask(question)
        except Exception as error:  # its words might quote the code
            log.error("asking a platform failed: %s", type(error).__name__)  # noqa: TRY400
            return failed(FAILING)

    def _keep(self, arrival: Arrival, scan: Scan, code: ColourCode) -> None:
        key = (arrival.device, scan.id)
        self._forget(arrival.lane, key)
        texts = self._texts.setdefault(arrival.lane, {})
        if len(texts) >= MAX_TEXTS:
            self._forget(arrival.lane, next(iter(texts)))
        loop = asyncio.get_running_loop()
        forgetting = loop.call_later(TEXT_KEPT_S, self._forget, arrival.lane, key)
        texts[key] = _Waiting(scan.text, code, forgetting)

    def _forget(self, lane: LaneId, key: Key) -> _Waiting | None:
        waiting = self._texts.get(lane, {}).pop(key, None)
        if waiting:
            waiting.forgetting.cancel()
        return waiting

    def _remember(self, code: ColourCode, credential: Credential) -> None:
        if not self.cache_ms:
            return
        self._green.pop(code.code, None)
        self._green[code.code] = credential, self.clock.now().boot_ms + self.cache_ms
        while len(self._green) > MAX_REMEMBERED:
            del self._green[next(iter(self._green))]

    def _remembered(self, code: ColourCode) -> Credential | None:
        credential, until_ms = self._green.get(code.code, (None, 0.0))
        if credential and self.clock.now().boot_ms >= until_ms:
            with suppress(KeyError):
                del self._green[code.code]
            return None
        return credential
