"""Whose passes count at a site: its estate's name, the keys of its passes, what was taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KID_BYTES = 4  # an estate has a handful of keys, and each byte makes every code larger


def pass_key_id(key: EllipticCurvePublicKey) -> bytes:
    """Return the first bytes of the SHA-256 of a key's SubjectPublicKeyInfo."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).digest()[:KID_BYTES]


def by_key_id(
    keys: Iterable[EllipticCurvePublicKey],
) -> Mapping[bytes, tuple[EllipticCurvePublicKey, ...]]:
    """Sort keys by their identifier; several may share one, and all of them are tried."""
    found: dict[bytes, tuple[EllipticCurvePublicKey, ...]] = {}
    for key in keys:
        kid = pass_key_id(key)
        if key not in found.get(kid, ()):
            found[kid] = (*found.get(kid, ()), key)
    return found


@dataclass(frozen=True, slots=True)
class PassTrust:
    """What passes are judged by; never changed, only replaced as a whole.

    `estate` is None where no site asks: then any estate's pass is judged for itself. `zone` is
    that of weekly times.
    """

    estate: str | None = None
    keys: Mapping[bytes, tuple[EllipticCurvePublicKey, ...]] = field(default_factory=dict)
    revoked: frozenset[bytes] = frozenset()
    zone: tzinfo = UTC
