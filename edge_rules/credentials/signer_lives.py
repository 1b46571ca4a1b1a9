"""When a country's signers end: what a site has to see to before its gates refuse people.

That one of several signers ends is no news: its country made another in time. But where the last
one ends that signs a kind of entry, nobody from there passes until fresh signers are at hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edge_rules.credentials.certificate import RECOVERY, TEST, VACCINATION, Signer

ENTRIES = frozenset({TEST, VACCINATION, RECOVERY})


@dataclass(frozen=True, slots=True, order=True)
class LastSigner:
    """The end of the last signer that a country has for some kinds of entries."""

    not_after_ms: int
    country: str  # empty where certificates name none
    kid: bytes
    entries: frozenset[str]


def last_signers(signers: Iterable[Signer]) -> list[LastSigner]:
    """Find the last signer of each country and kind of entry, those that end first first."""
    last: dict[tuple[str, str], Signer] = {}
    for signer in signers:
        for entry in ENTRIES if signer.usages is None else signer.usages:
            key = signer.country or "", entry
            known = last.get(key)
            if known is None or known.not_after_ms < signer.not_after_ms:
                last[key] = signer
    entries: dict[tuple[str, Signer], set[str]] = {}
    for (country, entry), signer in last.items():
        entries.setdefault((country, signer), set()).add(entry)
    return sorted(
        LastSigner(signer.not_after_ms, country, signer.kid, frozenset(kinds))
        for (country, signer), kinds in entries.items()
    )


def ending(lasts: Iterable[LastSigner], from_ms: float, until_ms: float) -> list[LastSigner]:
    """Choose those that end after one moment and not after another."""
    return [one for one in lasts if from_ms < one.not_after_ms <= until_ms]
