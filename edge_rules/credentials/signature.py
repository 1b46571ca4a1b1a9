"""COSE signatures (RFC 9053, RFC 8230): ECDSA and RSASSA-PSS, the algorithm bound to the key."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from edge_rules.credentials.certificate import RSA

PublicKey = ec.EllipticCurvePublicKey | RSAPublicKey


@dataclass(frozen=True, slots=True)
class Ecdsa:
    """ECDSA on its own curve; a signature is r and s, each `width` bytes long."""

    name: str
    key_kind: str
    width: int
    digest: Callable[[bytes], "hashlib._Hash"]
    scheme: ec.ECDSA

    def verify(self, key: PublicKey, signature: bytes, data: bytes) -> bool:
        """Tell whether the signature holds; the key must be of `key_kind`."""
        if len(signature) != 2 * self.width:
            return False
        der = _der(signature[: self.width], signature[self.width :])
        try:
            digest = self.digest(data).digest()  # hashlib starts faster than cryptography's hashes
            cast(ec.EllipticCurvePublicKey, key).verify(der, digest, self.scheme)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Pss:
    """RSASSA-PSS with a salt as long as the hash."""

    name: str
    hash: hashes.HashAlgorithm
    padding: padding.PSS
    key_kind: str = RSA

    def verify(self, key: PublicKey, signature: bytes, data: bytes) -> bool:
        """Tell whether the signature holds; the key must be of `key_kind`."""
        try:
            cast(RSAPublicKey, key).verify(signature, data, self.padding, self.hash)
        except InvalidSignature:
            return False
        return True


def _der(r: bytes, s: bytes) -> bytes:
    """Lay two numbers out as DER, as `encode_dss_signature` does, but faster."""
    r, s = r.lstrip(b"\0"), s.lstrip(b"\0")
    if not r or r[0] >= 0x80:
        r = b"\0" + r
    if not s or s[0] >= 0x80:
        s = b"\0" + s
    size = len(r) + len(s) + 4
    body = b"\x02%c%b\x02%c%b" % (len(r), r, len(s), s)
    return (b"\x30%c%b" if size < 0x80 else b"\x30\x81%c%b") % (size, body)


def _ecdsa(digest: hashes.HashAlgorithm) -> ec.ECDSA:
    return ec.ECDSA(Prehashed(digest))


def _pss(name: str, digest: hashes.HashAlgorithm) -> Pss:
    return Pss(name, digest, padding.PSS(padding.MGF1(digest), digest.digest_size))


# Each curve with its own hash, as the health certificates' specification and JOSE bind them.
ALGORITHMS: Mapping[object, Ecdsa | Pss] = {
    -7: Ecdsa("ES256", "secp256r1", 32, hashlib.sha256, _ecdsa(hashes.SHA256())),
    -35: Ecdsa("ES384", "secp384r1", 48, hashlib.sha384, _ecdsa(hashes.SHA384())),
    -36: Ecdsa("ES512", "secp521r1", 66, hashlib.sha512, _ecdsa(hashes.SHA512())),
    -37: _pss("PS256", hashes.SHA256()),
    -38: _pss("PS384", hashes.SHA384()),
    -39: _pss("PS512", hashes.SHA512()),
}
