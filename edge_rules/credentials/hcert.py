"""The payload of an EU health certificate: CWT claims and the certificate inside (schema 1.0-1.3).

Source: eHealth Network, "Electronic Health Certificate Specification" 1.0 and ehn-dcc-schema.
"""

import math
import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple

from edge_rules.credentials.cbor import CborError, decode_cbor
from edge_rules.credentials.certificate import RECOVERY, TEST, VACCINATION
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

ISSUER, EXPIRES, ISSUED, HCERT, EU_V1 = 1, 4, 6, -260, 1
LAST_SECOND = 253_402_300_799  # of the year 9999: a date behind it is none

PAYLOAD_BROKEN = Refusal(Stage.CBOR, "payload-broken", CredentialStatus.UNREADABLE)
HCERT_BROKEN = Refusal(Stage.CBOR, "hcert-broken", CredentialStatus.UNREADABLE)
CLAIMS = Refusal(Stage.COSE, "cwt-structure", CredentialStatus.UNREADABLE)

_ENTRY_NAMES = {"v": VACCINATION, "t": TEST, "r": RECOVERY}
_NAMES_OF = {
    letters: frozenset(_ENTRY_NAMES[letter] for letter in letters)
    for count in range(4)
    for letters in combinations(_ENTRY_NAMES, count)  # in the order in which they are looked for
}
_TEXTS = {
    "v": ("tg", "vp", "mp", "ma", "dt", "co", "is", "ci"),
    "t": ("tg", "tt", "sc", "tr", "co", "is", "ci"),
    "r": ("tg", "fr", "co", "is", "df", "du", "ci"),
}
_COUNTS = {"v": ("dn", "sd"), "t": (), "r": ()}
# Codes, counts and dates of an entry; free text could hold a name, `ci` is the document's number.
_PLAIN = frozenset(
    {"tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "tt", "sc", "tr", "fr", "df", "du"}
)
_VERSION = re.compile(r"1\.[0-3]\.\d+")
_BIRTH = re.compile(r"((19|20)\d\d(-\d\d){0,2}([T ].*)?)?")
_CODE = re.compile(r"[\w/:.+-]{1,40}", re.ASCII)  # as value sets and dates have them, no sentence
_MAX_TEXT = 80


class HealthCertificate(NamedTuple):
    """One decoded payload. `entries` are the non-empty lists it carries, by their letter.

    A date that is missing, or is none, is None. `numbers` are its own identifiers (UVCI), one an
    entry. Its `repr` shows none of it: it names a person. A tuple, since one is made for every code
    and a frozen dataclass takes three times as long to make.
    """

    claims: Mapping[Any, Any]
    content: Mapping[Any, Any]
    entries: Mapping[str, tuple[Mapping[Any, Any], ...]]
    issued_ms: int | None
    expires_ms: int | None
    numbers: tuple[str, ...]

    def __repr__(self) -> str:
        return "HealthCertificate(…)"

    @property
    def entry_names(self) -> frozenset[str]:
        """What it certifies."""
        return _NAMES_OF[tuple(self.entries)]

    @property
    def entry(self) -> str | None:
        """What it certifies, if that is one thing."""
        return _ENTRY_NAMES[next(iter(self.entries))] if len(self.entries) == 1 else None

    @property
    def issuer(self) -> str | None:
        """The issuing country as the payload names it."""
        issuer = self.claims.get(ISSUER)
        return issuer[:_MAX_TEXT] if isinstance(issuer, str) else None

    def follows_schema(self) -> bool:
        """Check lightly: version, name, birth date, one kind of entry with what it needs."""
        content = self.content
        version, name, born = (content.get(key) for key in ("ver", "nam", "dob"))
        return (
            isinstance(version, str)
            and _VERSION.fullmatch(version) is not None
            and isinstance(name, dict)
            and any(isinstance(name.get(key), str) for key in ("fnt", "gnt", "fn", "gn"))
            and isinstance(born, str)
            and _BIRTH.fullmatch(born) is not None
            and len(self.entries) == 1
            and all(_is_whole(x, entry) for x, list_ in self.entries.items() for entry in list_)
        )

    def facts(self) -> dict[str, Any]:
        """Return its codes, counts and dates: nothing that names a person or the document."""
        facts: dict[str, Any] = {"version": _code(self.content.get("ver"))}
        for letter, entries in self.entries.items():
            facts[_ENTRY_NAMES[letter]] = [
                {key: _code(entry[key]) for key in sorted(_PLAIN & entry.keys())}
                for entry in entries
            ]
        return facts

    def person(self) -> dict[str, Any]:
        """Return whom it speaks of, for a guard's eyes only."""
        name = self.content.get("nam")
        names = name if isinstance(name, dict) else {}
        return {
            "family": _plain(names.get("fn") or names.get("fnt")),
            "given": _plain(names.get("gn") or names.get("gnt")),
            "born": _plain(self.content.get("dob")),
            "number": "\n".join(self.numbers) or None,
        }


def read_hcert(payload: bytes) -> HealthCertificate:
    """Decode a signed payload; Refused where it is no health certificate at all."""
    try:
        claims = decode_cbor(payload)
    except CborError:
        raise Refused(PAYLOAD_BROKEN) from None
    container = claims.get(HCERT) if isinstance(claims, dict) else None
    if not isinstance(container, dict) or EU_V1 not in container:
        raise Refused(CLAIMS)
    content = container[EU_V1]
    if not isinstance(content, dict):
        raise Refused(HCERT_BROKEN)
    entries: dict[str, tuple[Mapping[Any, Any], ...]] = {}
    numbers: list[str] = []
    for letter in _ENTRY_NAMES:
        if letter in content and (found := _entries(content[letter])):
            entries[letter] = found
            for entry in found:
                number = entry.get("ci")
                if isinstance(number, str) and number.strip():
                    numbers.append(number)
    issued_ms, expires_ms = _date_ms(claims.get(ISSUED)), _date_ms(claims.get(EXPIRES))
    return HealthCertificate(claims, content, entries, issued_ms, expires_ms, tuple(numbers))


def _date_ms(seconds: object) -> int | None:
    if type(seconds) is not int and type(seconds) is not float:  # True is no date
        return None
    return int(seconds * 1000) if 0 <= seconds <= LAST_SECOND else None


def _entries(value: object) -> tuple[Mapping[Any, Any], ...]:
    if isinstance(value, dict):
        return (value,)
    if isinstance(value, list):
        return tuple([entry for entry in value if isinstance(entry, dict)])
    return ()


def _is_whole(letter: str, entry: Mapping[Any, Any]) -> bool:
    texts = set(map(type, map(entry.get, _TEXTS[letter])))
    counts = set(map(type, map(entry.get, _COUNTS[letter])))
    return texts == {str} and counts <= {int, float}


def _plain(value: object) -> str | None:
    return value[:_MAX_TEXT] if isinstance(value, str) else None


def _code(value: object) -> str | int | float | None:
    if isinstance(value, str):
        return value if _CODE.fullmatch(value) else None
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return None
