"""Colour codes of people who don't exist: whose they are, and in what mood one is asked about them.

Codes are links, `https://code.example/h/…`; nothing lives there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from simulators.wallet import CodeIssuer

CODES = "https://code.example/h/"
PATTERN = r"https://code\.example/h/[0-9a-f]{32}"  # as a site file's `match` says it
MAX_CODES = 10_000  # the last ones, so that an estate may run for months


class Mood(StrEnum):
    """How a platform treats who asks."""

    WELL = "well"
    SLOW = "slow"  # and yet in time
    HANGS = "hangs"
    DRIPS = "drips"  # a byte now and then, for ever
    FAILS = "fails"  # 500
    BUSY = "busy"  # 429
    REFUSES = "refuses"  # 401
    REDIRECTS = "redirects"
    CUTS = "cuts"  # the connection, half way through an answer
    GARBLES = "garbles"  # an answer that is no JSON
    FLOODS = "floods"  # an answer without end
    RAVES = "raves"  # a value that nobody agreed on
    CONTRADICTS = "contradicts"  # green and expired at once
    MISTAKES = "mistakes"  # the answer to somebody else's question
    LIES = "lies"  # green for everybody, without saying who


@dataclass(slots=True)
class ColourBook:
    """Who has which colour; `moods` are shares of the questions, `mood` is that of all others."""

    seed: str = "colours"
    moods: Mapping[Mood, float] = field(default_factory=dict)
    mood: Mood = Mood.WELL
    _people: dict[str, tuple[str, str]] = field(default_factory=dict)  # code → person, colour
    _codes: Random = field(init=False)
    _chance: Random = field(init=False)

    def __post_init__(self) -> None:
        self._codes, self._chance = Random(f"{self.seed}/codes"), Random(f"{self.seed}/moods")

    def code(self, person: str, colour: str) -> str:
        """Hand a person a new code, as an app shows one each minute; every one of them counts.

        `colour` may be `expired` too. The same seed hands out the same codes.
        """
        link = self.unknown()
        self._people[link] = (person, colour)
        while len(self._people) > MAX_CODES:
            del self._people[next(iter(self._people))]
        return link

    def unknown(self) -> str:
        """Make a code that is nobody's."""
        return CODES + hashlib.sha256(self._codes.randbytes(16)).hexdigest()[:32]

    def look_up(self, code: str) -> tuple[str, str] | None:
        """Return whose code it is and its colour, None if it is nobody's."""
        return self._people.get(code)

    def next_mood(self) -> Mood:
        """Draw the mood for one question."""
        left = self._chance.random() if self.moods else 1.0
        for mood, share in self.moods.items():
            left -= share
            if left < 0:
                return mood
        return self.mood


@dataclass(frozen=True, slots=True)
class ColourIssuer:
    """Gives some of the people a colour code, and the rest what another issuer makes."""

    book: ColourBook
    others: CodeIssuer
    share: float

    def valid(self, holder: str) -> str:
        """Make a code that holds."""
        return self.book.code(holder, "green") if self._has(holder) else self.others.valid(holder)

    def expired(self, holder: str) -> str:
        """Make a genuine code whose time is over."""
        return (
            self.book.code(holder, "expired") if self._has(holder) else self.others.expired(holder)
        )

    def forged(self, holder: str) -> str:
        """Make a code that the platform does not know, or one with another's signature."""
        return self.book.unknown() if self._has(holder) else self.others.forged(holder)

    def _has(self, holder: str) -> bool:
        return Random(f"{self.book.seed}/{holder}").random() < self.share
