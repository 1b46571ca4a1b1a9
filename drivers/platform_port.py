"""What a platform of colour codes is to the house: asked one question, it gives one answer."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from devices.colour_platform.answer import PlatformAnswer
from devices.colour_platform.request import Question
from devices.colour_platform.settings import Platform
from devices.moment import Moment


class AskedPlatform(Protocol):
    """One platform. `run` lives until it is cancelled and notices when the platform is back."""

    async def run(self) -> None:
        """Look after the platform for ever."""
        ...

    async def ask(self, question: Question) -> PlatformAnswer:
        """Ask about one code; answers within the platform's deadline, and never raises."""
        ...


Changed = Callable[[bool, str], None]
"""Told when a platform goes offline (False) or is back (True), with a sentence for who mends it."""


class ReachPlatform(Protocol):
    """Makes the way to a platform; MenshenError where one of its files can't be used."""

    def __call__(self, platform: Platform, context: "PlatformContext") -> AskedPlatform:
        """Make it; nothing is sent before somebody asks."""
        ...


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """What the gateway hands a platform's driver; `nonce` makes one of so many bytes."""

    now: Callable[[], Moment]
    random: Random
    nonce: Callable[[int], str]
    changed: Changed
