"""Whom a line of `menshen verify` believes: signers, issuers and lists that it brings along."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from devices.errors import SetupError
from edge_rules.credentials.card_issuers import CardIssuers, CardTrust, read_issuers, read_lists
from edge_rules.credentials.trust import TrustStore

MAX_STORES = 64  # one for each trust met lately

CERTIFICATE_UNREADABLE = "certificate-unreadable"
JWKS_FAULTY = "jwks-faulty"
REVOCATIONS_FAULTY = "revocations-faulty"

Known = tuple[TrustStore, tuple[str, ...]]


class LineError(ValueError):
    """A line that is no question; the sentence is for the log of whoever wrote it."""


@dataclass(slots=True)
class LineTrust:
    """Makes the trust of lines; the site's is that of lines which bring no keys."""

    site: TrustStore
    stores: dict[tuple[str, ...], Known] = field(default_factory=dict, repr=False)

    def of(self, question: Mapping[str, Any]) -> Known:
        """Return whom a line believes, and what of it could not be read; else LineError."""
        certificates, jwks, lists = (
            _of_type(question, name, type_)
            for name, type_ in (("certificates", list), ("jwks", dict), ("revocations", list))
        )
        if certificates is jwks is lists is None:
            return self.site, ()
        key = tuple(json.dumps(part, sort_keys=True) for part in (certificates, jwks, lists))
        if key not in self.stores:
            known = self._made(certificates, jwks, lists)
            if len(self.stores) >= MAX_STORES:
                self.stores.pop(next(iter(self.stores)))
            self.stores[key] = known
        return self.stores[key]

    def _made(self, certificates: Any, jwks: Any, lists: Any) -> Known:  # noqa: ANN401 - JSON
        warnings: list[str] = []
        store = copy(self.site)
        if certificates is not None or jwks is not None:
            own = _store_of(certificates or [], warnings)
            store.believe(own.signers, own.revoked)
            store.cards = _issuers_of(jwks, warnings)
        if lists is not None:
            cards = CardTrust()
            read_lists(lists, cards)
            store.cards = store.cards.also_revoking(cards.lists)
            warnings += [REVOCATIONS_FAULTY] if cards.faults else []
        return store, tuple(warnings)


def _of_type(question: Mapping[str, Any], name: str, type_: type) -> Any:  # noqa: ANN401 - JSON
    value = question.get(name)
    if value is not None and not isinstance(value, type_):
        msg = f"{name} must be {'a list' if type_ is list else 'an object'}"
        raise LineError(msg)
    return value


def _store_of(certificates: list[Any], warnings: list[str]) -> TrustStore:
    """Build a store of the certificates that can be read; others can't have signed anything."""
    if not all(isinstance(text, str) for text in certificates):
        msg = "certificates must be a list of base64 texts"
        raise LineError(msg)
    files, unread = [], False
    for number, text in enumerate(certificates):
        try:
            file = (f"{number}.cer", b64decode("".join(text.split()), validate=True))
            TrustStore([file])
        except (Base64Error, ValueError, SetupError):
            unread = True
        else:
            files.append(file)
    warnings += [CERTIFICATE_UNREADABLE] if unread else []
    return TrustStore(files)


def _issuers_of(jwks: dict[str, Any] | None, warnings: list[str]) -> CardIssuers:
    cards = CardTrust()
    if jwks:
        read_issuers(jwks, cards)
    warnings += [JWKS_FAULTY] if cards.faults else []
    return CardIssuers(cards)
