"""Revoked SMART Health Cards: lists of identifiers, one for each key of an issuer.

A list is JSON: `{"kid", "method": "rid", "ctr", "rids": ["id", "id.1636977600"]}`; with a time
behind it an identifier is revoked on cards that began before that second.
Source: https://spec.smarthealth.cards/#revocation.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

METHOD = "rid"

REVOCATION_UNKNOWN = "revocation-unknown"
REVOCATION_STALE = "revocation-stale"

_FORM = '{kid: thumbprint of a key, method: "rid", ctr: whole number, rids: [id or id.seconds]}'
_RID = re.compile(r"[A-Za-z0-9_-]{1,24}")
_LISTED = re.compile(r"([A-Za-z0-9_-]{1,24})(?:\.([0-9]{1,12}(?:\.[0-9]{1,9})?))?")


class CardListError(ValueError):
    """No list of revoked cards; the sentence says what would be right."""


@dataclass(frozen=True, slots=True, repr=False)
class CardList:
    """One list: each identifier with the second before which it is revoked, else infinity."""

    kid: str
    counter: int
    rids: Mapping[str, float]
    unread: int = 0  # identifiers of another form: they name no card


class CardRevocations:
    """Every list a site has; of several for one key all hold."""

    def __init__(self, lists: Iterable[CardList] = ()) -> None:
        """Merge lists by key."""
        self._rids: dict[str, Mapping[str, float]] = {}
        self._counters: dict[str, int] = {}
        for one in lists:
            known = self._rids.get(one.kid)
            self._rids[one.kid] = _latest(known, one.rids) if known else one.rids
            self._counters[one.kid] = max(one.counter, self._counters.get(one.kid, 0))

    def plus(self, lists: Iterable[CardList]) -> "CardRevocations":
        """Return what is known and these lists too."""
        known = (CardList(kid, self._counters[kid], rids) for kid, rids in self._rids.items())
        return CardRevocations((*known, *lists))

    def __len__(self) -> int:
        return sum(map(len, self._rids.values()))

    def holds(self, kid: str, rid: str | None, began_s: float) -> bool:
        """Tell whether a card is revoked, by its identifier and the second it began."""
        listed = self._rids.get(kid)
        if not listed or rid is None:
            return False
        before_s = listed.get(rid)
        return before_s is not None and began_s < before_s

    def doubt(self, kid: str, version: int | None) -> str | None:
        """Say what is wrong with the list of a key, if its issuer makes any; None if nothing is."""
        if version is None:
            return None
        counter = self._counters.get(kid)
        if counter is None:
            return REVOCATION_UNKNOWN
        return REVOCATION_STALE if counter < version else None


def is_rid(text: object) -> bool:
    """Tell whether a text may identify a card for revoking."""
    return isinstance(text, str) and bool(_RID.fullmatch(text))


def read_card_list(content: object) -> CardList:
    """Read one list; CardListError says what would be right."""
    if not isinstance(content, dict) or content.get("method") != METHOD:
        raise CardListError(_FORM)
    kid, rids, counter = content.get("kid"), content.get("rids"), _counter(content.get("ctr"))
    if not isinstance(kid, str) or not isinstance(rids, list) or counter is None:
        raise CardListError(_FORM)
    found: dict[str, float] = {}
    unread = 0
    for text in rids:
        entry = _LISTED.fullmatch(text) if isinstance(text, str) else None
        if entry is None:
            unread += 1
            continue
        rid, before_s = entry[1], float(entry[2]) if entry[2] else inf
        found[rid] = max(before_s, found.get(rid, before_s))
    return CardList(kid, counter, found, unread)


def _latest(known: Mapping[str, float], more: Mapping[str, float]) -> Mapping[str, float]:
    found = dict(known)
    for rid, before_s in more.items():
        found[rid] = max(before_s, found.get(rid, before_s))
    return found


def _counter(value: object) -> int | None:
    # The specification's own example writes the number as a text.
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value):
        return int(value)
    return value if type(value) is int and value >= 0 else None
