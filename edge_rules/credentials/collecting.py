"""Codes of one card, as a lane's scanner reads them one by one; pure, time is an argument.

The texts stay in memory for as long as a person needs to show the rest, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from edge_rules.credentials.card_codes import Part, read_part
from edge_rules.credentials.judgement import Refused
from edge_rules.credentials.recognise import read_scan

WITHIN_MS = 20_000  # from one code to the next: a page to turn, a phone to unlock again
MAX_PART = 8192  # characters; the largest QR code holds 7,089 digits


@dataclass(slots=True)
class _Card:
    total: int
    last_ms: float
    texts: dict[int, str] = field(repr=False)

    @property
    def is_whole(self) -> bool:
        return len(self.texts) == self.total


@dataclass(slots=True)
class PartsCollector:
    """What one scanner read of the card that is being shown to it: one card, no more.

    Two people's codes can't be told apart before they are whole; then the signature does it. The
    newest reading of each code counts, so whoever shows all of theirs is judged by theirs alone.
    """

    _card: _Card | None = field(default=None, repr=False)

    def take(self, text: str, at_ms: float) -> tuple[str, ...]:
        """Return the texts that a scanned one is to be judged with, itself among them.

        A whole card stays known for a while: a scanner that reads one of its codes again sees the
        same card again.
        """
        self.forget(at_ms)
        part = _part(text)
        if part is None:
            return (text,)
        card = self._card
        if card is None or card.total != part.total or _is_next(card, part, text):
            card = self._card = _Card(part.total, at_ms, {})
        if card.texts.get(part.index) != text:
            card.texts[part.index] = text
            card.last_ms = at_ms
        return tuple(card.texts.values())

    def forget(self, at_ms: float) -> None:
        """Drop what waited too long for the rest."""
        if self.due_ms <= at_ms:
            self._card = None

    @property
    def due_ms(self) -> float:
        """When there will be something to forget."""
        return self._card.last_ms + WITHIN_MS if self._card else inf


def together(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Sort the texts of one picture into credentials: a card's codes are judged as one."""
    parts = tuple(text for text in texts if _part(text))
    return [(text,) for text in texts if text not in parts] + ([parts] if parts else [])


def _part(text: str) -> Part | None:
    """Return what a text is one code of, None where it is all there is."""
    if len(text) > MAX_PART:
        return None
    try:
        part = read_part(read_scan(text)[1])
    except Refused:
        return None
    return part if part.total > 1 else None


def _is_next(card: _Card, part: Part, text: str) -> bool:
    """Tell the first code of another card from one more reading of a card that is whole."""
    return card.is_whole and card.texts[part.index] != text
