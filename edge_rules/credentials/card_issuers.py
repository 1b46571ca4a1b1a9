"""Whose SMART Health Cards a site believes: key sets by issuer, and how files hold them."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from edge_rules.credentials.card_keys import (
    CardKey,
    CardKeyError,
    OtherKeyError,
    is_issuer,
    read_card_key,
)
from edge_rules.credentials.card_revocation import (
    CardList,
    CardListError,
    CardRevocations,
    read_card_list,
)

_FORM = (
    'must be {"issuer": "https://…", "keys": […]}, a list of those, {"https://…": {"keys": […]}}, '
    'or a snapshot of a directory of issuers, {"issuerInfo": […]}'
)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one issuer; `unfit` names those that can't serve."""

    issuer: str
    keys: Mapping[str, CardKey]
    unfit: frozenset[str] = frozenset()


@dataclass(slots=True)
class CardTrust:
    """What was read so far, and every fault in it."""

    sets: list[KeySet] = field(default_factory=list)
    lists: list[CardList] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class CardIssuers:
    """The issuers that are believed, and what they took back."""

    def __init__(self, trust: CardTrust | None = None) -> None:
        """Merge the sets of each issuer."""
        trust = trust or CardTrust()
        self._keys: dict[str, dict[str, CardKey]] = {}
        self._unfit: dict[str, frozenset[str]] = {}
        for one in trust.sets:
            keys = self._keys.setdefault(one.issuer, {})
            for key in one.keys.values():
                _add(keys, key)
            self._unfit[one.issuer] = self._unfit.get(one.issuer, frozenset()) | one.unfit
        self._kids = frozenset(kid for keys in self._keys.values() for kid in keys)
        self.revoked = CardRevocations(trust.lists)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, issuer: str) -> bool:
        return issuer in self._keys

    def keys_of(self, issuer: str) -> Mapping[str, CardKey]:
        """Return an issuer's keys by their identifiers."""
        return self._keys.get(issuer, {})

    def anyones(self, kid: str) -> CardKey | None:
        """Return the key of this identifier, whosever it is: a thumbprint is one key's alone."""
        if kid not in self._kids:
            return None
        return next(keys[kid] for keys in self._keys.values() if kid in keys)

    def also_revoking(self, lists: Iterable[CardList]) -> "CardIssuers":
        """Return the same issuers with more lists beside those that are known."""
        found = copy(self)
        found.revoked = self.revoked.plus(lists)
        return found

    def is_unfit(self, issuer: str, kid: str) -> bool:
        """Tell whether the issuer has a key under this identifier that can't serve."""
        return kid in self._unfit.get(issuer, ())


def read_issuers(content: object, trust: CardTrust) -> None:
    """Read the issuers of a file or a line, in any of its forms; faults are kept as sentences."""
    if isinstance(content, dict) and isinstance(content.get("issuerInfo"), list):
        for number, entry in enumerate(content["issuerInfo"]):
            _read_snapshot(f"issuerInfo {number}", entry, trust)
        return
    found = list(_entries(content))
    if not found:
        trust.faults.append(_FORM)
    for place, issuer, entry in found:
        _read_set(place, issuer, entry, trust)


def read_lists(content: object, trust: CardTrust) -> None:
    """Read one revocation list or a list of them; faults are kept as sentences."""
    for number, entry in enumerate(content if isinstance(content, list) else [content]):
        _read_list(f"list {number}", entry, trust)


def _entries(content: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(content, list):
        for number, entry in enumerate(content):
            issuer = entry.get("issuer") if isinstance(entry, dict) else None
            yield f"issuer {number}", issuer, entry
    elif isinstance(content, dict) and "keys" in content:
        yield "the set", content.get("issuer"), content
    elif isinstance(content, dict):
        for issuer, entry in content.items():
            yield "the set", issuer, entry


def _read_set(place: str, issuer: object, entry: object, trust: CardTrust) -> None:
    if not isinstance(issuer, str) or not is_issuer(issuer):
        what = 'names no issuer: "https://…" as its cards have it, without a slash at the end'
        trust.faults.append(f"{place} {what}")
        return
    keys = entry.get("keys") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(keys, list) or not keys:
        trust.faults.append(f'{issuer} must have its keys, {{"keys": […]}}')
        return
    found, unfit = _read_keys(issuer, keys, trust.faults)
    if not found:
        trust.faults.append(f"{issuer} has no key that signs cards: EC on P-256, sig, ES256")
    trust.sets.append(KeySet(issuer, found, unfit))
    for number, crl in enumerate(_list(entry.get("crls"))):
        _read_list(f"{issuer}: list {number}", crl, trust)


def _read_snapshot(place: str, entry: object, trust: CardTrust) -> None:
    """Read one issuer of a directory's snapshot.

    Nobody here can mend what others collected, so a key that can't serve only serves nobody.
    """
    named = entry.get("issuer") if isinstance(entry, dict) else None
    issuer = named.get("iss") if isinstance(named, dict) else None
    if not isinstance(entry, dict) or not isinstance(issuer, str):
        trust.faults.append(f"{place} names no issuer (issuer.iss)")
        return
    if not is_issuer(issuer):
        return
    found, unfit = _read_keys(issuer, _list(entry.get("keys")), [])
    trust.sets.append(KeySet(issuer, found, unfit))
    for number, crl in enumerate(_list(entry.get("crls"))):
        _read_list(f"{issuer}: list {number}", crl, trust)


def _read_keys(
    issuer: str, keys: Iterable[Any], faults: list[str]
) -> tuple[dict[str, CardKey], frozenset[str]]:
    found: dict[str, CardKey] = {}
    unfit: set[str] = set()
    for number, jwk in enumerate(keys):
        try:
            key = read_card_key(jwk)
        except CardKeyError as fault:
            if not isinstance(fault, OtherKeyError):
                faults.append(f"{issuer}: key {number} {fault}")
            kid = jwk.get("kid") if isinstance(jwk, dict) else None
            unfit |= {kid} if isinstance(kid, str) else set()
        else:
            _add(found, key)
    return found, frozenset(unfit)


def _read_list(place: str, content: object, trust: CardTrust) -> None:
    try:
        found = read_card_list(content)
    except CardListError as fault:
        trust.faults.append(f"{place} must be {fault}")
        return
    if found.unread:
        what = "identifiers are not of base64url's characters, 24 at most, with .seconds or without"
        trust.faults.append(f"{place}: {found.unread} {what}")
    trust.lists.append(found)  # what could be read of it is revoked all the same


def _add(keys: dict[str, CardKey], key: CardKey) -> None:
    """Add a key; of one that stands twice (for each certificate once) the later lists count."""
    known = keys.get(key.kid)
    if known is None or (known.crl_version or 0) <= (key.crl_version or 0):
        keys[key.kid] = key


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
