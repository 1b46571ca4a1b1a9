"""The HQ's keys at a site, and whether one of them signed an order. Pure."""

import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from devices.orders.signed import SignedOrder
from edge_rules.orders.checking import OrderRefusal

KEY_UNKNOWN = "order-key-unknown"
FORGED = "order-forged"
ID_DIGITS = 16  # of SHA-256 over the raw key, in hexadecimal


class OrderKeys:
    """Public keys by their id."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def ids(self) -> list[str]:
        """List the ids of all keys."""
        return sorted(self._keys)

    def check(self, signed: SignedOrder) -> OrderRefusal | None:
        """Check an order's signature; None where it holds."""
        key = self._keys.get(signed.key)
        if key is None:
            what = f"key: must be one of {', '.join(self.ids)} (orders.keys of the site file)"
            return OrderRefusal(KEY_UNKNOWN, what)
        try:
            key.verify(signed.signature, signed.signed)
        except InvalidSignature:
            what = f"signature: is not that of {signed.key} over this very text"
            return OrderRefusal(FORGED, what)
        return None


def read_order_key(pem: bytes) -> Ed25519PublicKey:
    """Read a public key; ValueError says what is wrong with it."""
    wanted = "must be an Ed25519 public key in PEM, as openssl pkey -pubout writes it"
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(wanted) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(wanted)  # noqa: TRY004 - of whatever kind: it is the file that is wrong
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """Name a key by what it is."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:ID_DIGITS]
