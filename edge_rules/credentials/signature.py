"""COSE signatures (RFC 9053, RFC 8230): ECDSA and RSASSA-PSS, the algorithm bound to the key."""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from edge_rules.credentials.certificate import RSA

PublicKey = ec.EllipticCurvePublicKey | RSAPublicKey


@dataclass(frozen=True, slots=True)
class Ecdsa:
    """ECDSA on its own curve; a signature is r and s, each `width` bytes long."""

    name: str
    curve: str
    width: int
    scheme: ec.ECDSA

    def fits(self, key_kind: str) -> bool:
        """Tell whether a key of this kind is for this algorithm."""
        return key_kind == self.curve

    def verify(self, key: PublicKey, signature: bytes, data: bytes) -> bool:
        """Tell whether the signature holds."""
        if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != 2 * self.width:
            return False
        r = int.from_bytes(signature[: self.width], "big")
        s = int.from_bytes(signature[self.width :], "big")
        try:
            key.verify(encode_dss_signature(r, s), data, self.scheme)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Pss:
    """RSASSA-PSS with a salt as long as the hash."""

    name: str
    hash: hashes.HashAlgorithm
    padding: padding.PSS

    def fits(self, key_kind: str) -> bool:
        """Tell whether a key of this kind is for this algorithm."""
        return key_kind == RSA

    def verify(self, key: PublicKey, signature: bytes, data: bytes) -> bool:
        """Tell whether the signature holds."""
        if not isinstance(key, RSAPublicKey):
            return False
        try:
            key.verify(signature, data, self.padding, self.hash)
        except InvalidSignature:
            return False
        return True


def _pss(name: str, digest: hashes.HashAlgorithm) -> Pss:
    return Pss(name, digest, padding.PSS(padding.MGF1(digest), digest.digest_size))


# Each curve with its own hash, as the health certificates' specification and JOSE bind them.
ALGORITHMS: Mapping[object, Ecdsa | Pss] = {
    -7: Ecdsa("ES256", "secp256r1", 32, ec.ECDSA(hashes.SHA256())),
    -35: Ecdsa("ES384", "secp384r1", 48, ec.ECDSA(hashes.SHA384())),
    -36: Ecdsa("ES512", "secp521r1", 66, ec.ECDSA(hashes.SHA512())),
    -37: _pss("PS256", hashes.SHA256()),
    -38: _pss("PS384", hashes.SHA384()),
    -39: _pss("PS512", hashes.SHA512()),
}
