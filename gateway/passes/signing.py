"""The key that an estate signs its passes with: made on first use, its public half beside it."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge_rules.credentials.pass_trust import pass_key_id
from gateway.keys import load_key
from gateway.passes.pass_files import KEY
from gateway.stand_down.destroying import destroy
from gateway.whole_file import write_whole

PRIVATE = "signing.key"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
LOST = "passes signed before then still hold"


@dataclass(frozen=True, slots=True)
class PassKey:
    """The key in use."""

    private: EllipticCurvePrivateKey

    @property
    def kid(self) -> bytes:
        """Its identifier."""
        return pass_key_id(self.private.public_key())

    @property
    def public_pem(self) -> bytes:
        """What other gateways need of it."""
        public = self.private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """Sign as ES256 does, without chance (RFC 6979): poor chance would betray the key."""
        der = self.private.sign(data, ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signing_key(folder: Path) -> PassKey:
    """Return the key in use, making it if there is none; its public half is then there too."""
    secret = int.from_bytes(load_key(folder / PRIVATE, LOST), "big")
    # 256 random bits over an order just below 2^256: the bias is one in four billion.
    key = PassKey(derive_private_key(secret % (ORDER - 1) + 1, SECP256R1()))
    public = public_file(folder, key.kid)
    if not public.exists():
        write_whole(public, key.public_pem, mode=0o644)
    return key


def public_file(folder: Path, kid: bytes) -> Path:
    """Name the file of a public key."""
    return folder / f"{kid.hex()}{KEY}"


def end_signing(folder: Path) -> None:
    """Destroy the key in use: the next pass is signed by a new one."""
    private = folder / PRIVATE
    if private.exists():
        signing_key(folder)  # what it signed must still be known
        destroy(private)
