"""A platform of colour codes in virtual time, in every mood, behind the gateway's own port."""

import asyncio
from dataclasses import dataclass
from random import Random

from devices.colour_platform.answer import (
    FAILING,
    NOT_UNDERSTOOD,
    OF_ANOTHER,
    REFUSES,
    TIMED_OUT,
    PlatformAnswer,
    Said,
    failed,
)
from devices.colour_platform.request import Question
from simulators.colour_book import ColourBook, Mood

LATENCY_S = (0.02, 0.2)

_FAILURES = {
    Mood.FAILS: FAILING,
    Mood.BUSY: FAILING,
    Mood.CUTS: FAILING,
    Mood.REFUSES: REFUSES,
    Mood.MISTAKES: OF_ANOTHER,
    Mood.REDIRECTS: NOT_UNDERSTOOD,
    Mood.GARBLES: NOT_UNDERSTOOD,
    Mood.FLOODS: NOT_UNDERSTOOD,
    Mood.RAVES: NOT_UNDERSTOOD,
    Mood.CONTRADICTS: NOT_UNDERSTOOD,
    Mood.LIES: NOT_UNDERSTOOD,
}


@dataclass(frozen=True, slots=True)
class VirtualPlatform:
    """Satisfies `drivers.platform_port.AskedPlatform`."""

    book: ColourBook
    deadline_s: float
    rng: Random

    async def run(self) -> None:
        """Have nothing to look after."""
        await asyncio.Event().wait()

    async def ask(self, question: Question) -> PlatformAnswer:
        """Answer as the mood is, within the deadline."""
        mood = self.book.next_mood()
        if mood in {Mood.HANGS, Mood.DRIPS}:
            await asyncio.sleep(self.deadline_s)
            return PlatformAnswer(Said.TIMEOUT, TIMED_OUT)
        await asyncio.sleep(self.rng.uniform(*LATENCY_S))
        if mood in _FAILURES:
            return failed(_FAILURES[mood])
        found = self.book.look_up(question.text)
        if found is None:
            return PlatformAnswer(Said.NOT_FOUND)
        person, colour = found
        identity = None if colour == Said.EXPIRED else person
        return PlatformAnswer(Said(colour), identity=identity)
