"""Revoked EU certificates: the batches of hashes that the EU gateway hands its members.

A batch is JSON: `{"country", "expires", "kid": base64, "hashType", "entries": [{"hash": base64}]}`,
each hash the first 16 bytes of a SHA-256. Source: Implementing Decision (EU) 2022/483, annex.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import product
from typing import Any

HASH_BYTES = 16
UNKNOWN_KID = b""  # a batch whose signer the country could not name holds for all of them
TYPES = frozenset({"UCI", "COUNTRYCODEUCI", "SIGNATURE"})

_FORM = (
    "{kid: base64, hashType: UCI, COUNTRYCODEUCI or SIGNATURE, "
    "entries: [{hash: 16 bytes in base64}]}"
)


class RevocationError(ValueError):
    """A file that is no list of batches; the sentence says where and what would be right."""


class DccRevocations:
    """Every revoked certificate that this site knows of; a batch past its `expires` still holds."""

    def __init__(self, entries: Iterable[tuple[bytes, str, bytes]] = ()) -> None:
        """Take (key identifier, type, hash) of each."""
        self._entries = frozenset(entries)

    def __len__(self) -> int:
        return len(self._entries)

    def holds(
        self,
        kid: bytes,
        issuer: str | None,
        numbers: Iterable[str],
        signature: bytes,
        *,
        ecdsa: bool,
    ) -> bool:
        """Tell whether a certificate is revoked by its number, with its country, or its signature.

        Of an ECDSA signature (r, s) only r counts: anyone can turn s into n-s.
        """
        if not self._entries:
            return False
        signed = signature[: len(signature) // 2] if ecdsa else signature
        hashes = [("SIGNATURE", _hash(signed))]
        for number in numbers:
            hashes.append(("UCI", _hash(number.encode())))
            hashes.append(("COUNTRYCODEUCI", _hash(((issuer or "") + number).encode())))
        return any(
            (whose, *entry) in self._entries for whose, entry in product((kid, UNKNOWN_KID), hashes)
        )


def read_batches(data: bytes) -> Iterator[tuple[bytes, str, bytes]]:
    """Read one batch, or a list of them, as entries; RevocationError says what is wrong."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        msg = "is not JSON"
        raise RevocationError(msg) from None
    for number, batch in enumerate(content if isinstance(content, list) else [content]):
        try:
            yield from _batch(batch)
        except (ValueError, TypeError, KeyError):
            msg = f"batch {number} must be {_FORM}"
            raise RevocationError(msg) from None


def _batch(batch: Mapping[str, Any]) -> Iterator[tuple[bytes, str, bytes]]:
    kid = UNKNOWN_KID
    if batch["kid"] != "UNKNOWN_KID":
        kid = b64decode(batch["kid"], validate=True)
    type_ = batch["hashType"]
    if type_ not in TYPES:
        raise ValueError(type_)
    for entry in batch["entries"]:
        hash_ = b64decode(entry["hash"], validate=True)
        if len(hash_) != HASH_BYTES:
            raise ValueError(hash_)
        yield kid, type_, hash_


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()[:HASH_BYTES]
