"""An issuer's key set fetched anew: what of it may take the place of the one that is pinned.

A set comes from `ISSUER/.well-known/jwks.json`; whoever holds that address for an hour could put
any key there. So a set counts by itself only while it still holds a key that is believed already.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.credentials.card_issuers import CardTrust, KeySet, read_issuers
from edge_rules.credentials.card_keys import CardKey, is_issuer

MAX_FETCHED = 256 * 1024  # bytes; the largest sets have a dozen keys


class FetchedError(ValueError):
    """A fetched set that may not replace the pinned one; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A set that may stand for the issuer from now on, and how it differs from the pinned one.

    `gone` are keys that the issuer took back: cards signed with them count no more.
    """

    keys: KeySet
    added: frozenset[str]
    gone: frozenset[str]


def well_known(issuer: str) -> str:
    """Return where an issuer publishes its keys; ValueError for what names no issuer."""
    if not is_issuer(issuer):
        msg = "names no issuer"
        raise ValueError(msg)
    return f"{issuer}/.well-known/jwks.json"


def check_fetched(issuer: str, data: bytes, pinned: Mapping[str, CardKey]) -> Fetched:
    """Hold what was fetched for an issuer against its pinned keys; FetchedError says why not."""
    if len(data) > MAX_FETCHED:
        msg = f"over {MAX_FETCHED} bytes"
        raise FetchedError(msg)
    try:
        content = parse_strict(data)
    except JsonRefusedError as refused:
        raise FetchedError(refused.what) from None
    keys = content.get("keys") if isinstance(content, dict) else None
    trust = CardTrust()
    read_issuers({"issuer": issuer, "keys": keys}, trust)
    if trust.faults:
        raise FetchedError(trust.faults[0])
    (found,) = trust.sets
    if not pinned.keys() & found.keys.keys():
        msg = "has none of the keys that are believed: ask the issuer, then put the set in by hand"
        raise FetchedError(msg)
    known, new = frozenset(pinned), frozenset(found.keys)
    return Fetched(found, new - known, known - new)
