"""The QR texts of a SMART Health Card: `shc:/` and two digits a character, in one code or several.

Source: https://spec.smarthealth.cards/#encoding-qrs. Cards in several codes ("chunks") are
deprecated since December 2022, and read here all the same: people hold them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

PREFIX = "shc:/"
MAX_PARTS = 32  # a card of three is large; these would hold 38,000 characters
MAX_DIGITS = 2 * 40_000  # of all parts together

FOREIGN = Refusal(Stage.PREFIX, "prefix-unsupported", CredentialStatus.UNREADABLE)
HEADER = Refusal(Stage.CHUNKS, "chunk-header", CredentialStatus.UNREADABLE)
CHARACTER = Refusal(Stage.CHUNKS, "chunk-character", CredentialStatus.UNREADABLE)
LENGTH = Refusal(Stage.CHUNKS, "chunk-length", CredentialStatus.UNREADABLE)
VALUE = Refusal(Stage.CHUNKS, "chunk-value", CredentialStatus.UNREADABLE)
TOO_LONG = Refusal(Stage.CHUNKS, "chunks-too-long", CredentialStatus.UNREADABLE)
DOUBLED = Refusal(Stage.CHUNKS, "chunk-doubled", CredentialStatus.UNREADABLE)
MIXED = Refusal(Stage.CHUNKS, "chunks-mixed", CredentialStatus.UNREADABLE)
MISSING = Refusal(Stage.CHUNKS, "chunks-missing", CredentialStatus.UNREADABLE)

_PLACE = re.compile(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})/")
_DIGITS = re.compile(r"[0-9]*")
_NONE = 0xFF  # no character
# Read as hexadecimal, two digits are one byte, and that byte stands for one character, from "-"
# for 00 up to "z" for 77.
_CHARACTERS = bytes(
    ord("-") + int(f"{code:x}") if f"{code:x}".isdecimal() and code <= 0x77 else _NONE
    for code in range(256)
)


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """One code of a card that has `total` of them, and what its digits stand for."""

    index: int
    total: int
    characters: str


def read_part(text: str) -> Part:
    """Take one code's text apart, without blanks around it; else Refused."""
    if not text.startswith(PREFIX):
        raise Refused(FOREIGN)
    place = _PLACE.match(text, len(PREFIX))
    digits = text[place.end() if place else len(PREFIX) :]
    index, total = (int(place[1]), int(place[2])) if place else (1, 1)
    if index > total or "/" in digits:
        raise Refused(HEADER)
    if total > MAX_PARTS or len(digits) > MAX_DIGITS:
        raise Refused(TOO_LONG)
    return Part(index, total, _characters(digits))


def read_codes(texts: Sequence[str]) -> str:
    """Put a card's codes together, scanned in any order and any number of times; else Refused."""
    if len(texts) == 1:
        part = read_part(texts[0])
        if part.total > 1:
            raise Refused(MISSING)
        return part.characters
    found: dict[int, str] = {}
    parts = [read_part(text) for text in texts]
    total = parts[0].total if parts else 1
    for part in parts:
        if part.total != total:
            raise Refused(MIXED)
        if found.setdefault(part.index, part.characters) != part.characters:
            raise Refused(DOUBLED)
    if len(found) < total:
        raise Refused(MISSING)
    if sum(map(len, found.values())) > MAX_DIGITS // 2:
        raise Refused(TOO_LONG)
    return "".join(found[index] for index in sorted(found))


def _characters(digits: str) -> str:
    try:
        characters = bytes.fromhex(digits).translate(_CHARACTERS)
    except ValueError:
        raise Refused(_fault(digits)) from None
    if not characters or _NONE in characters or len(characters) * 2 != len(digits):
        raise Refused(_fault(digits))
    return characters.decode("ascii")


def _fault(digits: str) -> Refusal:
    if not _DIGITS.fullmatch(digits):
        return CHARACTER
    return LENGTH if not digits or len(digits) % 2 else VALUE
