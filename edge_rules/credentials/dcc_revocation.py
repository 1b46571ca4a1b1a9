"""Revoked EU certificates: the batches of hashes that the EU gateway hands its members.

A batch is JSON: `{"country", "expires", "kid": base64, "hashType", "entries": [{"hash": base64}]}`,
each hash the first 16 bytes of a SHA-256. Source: Implementing Decision (EU) 2022/483, annex.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from edge_rules.credentials.hash_list import HASH_BYTES, HashList

UNKNOWN_KID = b""  # a batch whose signer the country could not name holds for all of them

UCI = "UCI"
COUNTRY_UCI = "COUNTRYCODEUCI"
SIGNATURE = "SIGNATURE"
TYPES = frozenset({UCI, COUNTRY_UCI, SIGNATURE})

_FORM = (
    "{kid: base64, hashType: UCI, COUNTRYCODEUCI or SIGNATURE, "
    "entries: [{hash: 16 bytes in base64}]}"
)
_NONE = HashList()


class RevocationError(ValueError):
    """A file that is no list of batches; the sentence says where and what would be right."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one signer's country revoked, as hashes of one type."""

    kid: bytes
    type: str
    hashes: frozenset[bytes]


class DccRevocations:
    """Every revoked certificate that this site knows of; a batch past its `expires` still holds."""

    def __init__(self, batches: Iterable[Batch] = ()) -> None:
        """Merge batches by signer and type."""
        merged: dict[tuple[bytes, str], set[bytes]] = {}
        for batch in batches:
            merged.setdefault((batch.kid, batch.type), set()).update(batch.hashes)
        self._hashes = {key: HashList.of(hashes) for key, hashes in merged.items()}

    def __len__(self) -> int:
        return sum(map(len, self._hashes.values()))

    def holds(
        self, kid: bytes, country: str, numbers: Iterable[str], signature: bytes, *, ecdsa: bool
    ) -> bool:
        """Tell whether a certificate is revoked by its number, with its country, or its signature.

        Of an ECDSA signature (r, s) only r counts: anyone can turn s into n-s.
        """
        if not self._hashes:
            return False
        signed = signature[: len(signature) // 2] if ecdsa else signature
        own = {
            SIGNATURE: [_hash(signed)],
            UCI: [_hash(number.encode()) for number in numbers],
            COUNTRY_UCI: [_hash((country + number).encode()) for number in numbers],
        }
        return any(
            hash_ in self._hashes.get((whose, type_), _NONE)
            for whose in (kid, UNKNOWN_KID)
            for type_, hashes in own.items()
            for hash_ in hashes
        )


def read_batches(data: bytes) -> Iterator[Batch]:
    """Read one batch, or a list of them; RevocationError says what is wrong."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        msg = "is not JSON"
        raise RevocationError(msg) from None
    for number, batch in enumerate(content if isinstance(content, list) else [content]):
        try:
            yield _batch(batch)
        except (ValueError, TypeError, KeyError):
            msg = f"batch {number} must be {_FORM}"
            raise RevocationError(msg) from None


def _batch(content: Any) -> Batch:  # noqa: ANN401 - JSON is any data
    kid = content["kid"]
    batch = Batch(
        UNKNOWN_KID if kid == "UNKNOWN_KID" else b64decode(kid, validate=True),
        content["hashType"],
        frozenset(b64decode(entry["hash"], validate=True) for entry in content["entries"]),
    )
    if batch.type not in TYPES or any(len(hash_) != HASH_BYTES for hash_ in batch.hashes):
        msg = "another type or length"
        raise ValueError(msg)
    return batch


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()[:HASH_BYTES]
