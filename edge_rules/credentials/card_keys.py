"""Keys of those who issue SMART Health Cards: JSON Web Keys on P-256, each under its thumbprint.

Source: https://spec.smarthealth.cards/#determining-keys-associated-with-an-issuer, RFC 7517,
RFC 7518 (section 6.2) and RFC 7638.
"""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)

from edge_rules.credentials.base64url import decode_base64url, encode_base64url
from edge_rules.credentials.certificate import CertificateError, read_certificate

COORDINATE = 32  # bytes
MAX_ISSUER = 200  # characters; the longest that issue have a hundred
_ISSUER = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[\w.~%!$&'()*+,;=:@-]+)*", re.ASCII)
_SIGNING = {"kty": "EC", "use": "sig", "alg": "ES256"}


class CardKeyError(ValueError):
    """A key that can't serve; the sentence says why, and what would be right."""


class OtherKeyError(CardKeyError):
    """A key for something else, such as an issuer's set may hold too."""


@dataclass(frozen=True, slots=True, eq=False)
class CardKey:
    """One public key; `crl_version` counts the revocation lists its issuer made for it."""

    kid: str
    key: EllipticCurvePublicKey
    crl_version: int | None = None


def is_issuer(text: object) -> bool:
    """Tell whether a text may name an issuer: an https URL without a slash at its end."""
    return isinstance(text, str) and len(text) <= MAX_ISSUER and bool(_ISSUER.fullmatch(text))


def thumbprint(x: str, y: str) -> str:
    """Return the SHA-256 thumbprint of a key on P-256 (RFC 7638), given as its JWK has it."""
    return encode_base64url(
        sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest()
    )


def read_card_key(jwk: object) -> CardKey:
    """Read one JSON Web Key; CardKeyError says what keeps it from serving."""
    if not isinstance(jwk, dict):
        msg = "must be an object"
        raise CardKeyError(msg)
    if "d" in jwk:
        msg = "holds a private key (d): take it out, and tell its issuer that it is no secret"
        raise CardKeyError(msg)
    if any(jwk.get(name) != right for name, right in _SIGNING.items()):
        msg = "is not for signing cards: kty EC, use sig, alg ES256"
        raise OtherKeyError(msg)
    if jwk.get("crv") != "P-256":
        msg = "crv must be P-256"
        raise CardKeyError(msg)
    x, y = (_coordinate(jwk, name) for name in "xy")
    kid = thumbprint(jwk["x"], jwk["y"])
    if jwk.get("kid") != kid:
        msg = "kid must be the key's own SHA-256 thumbprint (RFC 7638)"
        raise CardKeyError(msg)
    try:
        key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError:
        msg = "x and y are no point on P-256"
        raise CardKeyError(msg) from None
    if "x5c" in jwk and _certified(jwk["x5c"]) != key:
        msg = "x5c must begin with a certificate of this very key"
        raise CardKeyError(msg)
    return CardKey(kid, key, _version(jwk))


def _coordinate(jwk: dict[str, Any], name: str) -> int:
    text = jwk.get(name)
    data = decode_base64url(text) if isinstance(text, str) else None
    if data is None or len(data) != COORDINATE:
        msg = f"{name} must be {COORDINATE} bytes in base64url"
        raise CardKeyError(msg)
    return int.from_bytes(data, "big")


def _version(jwk: dict[str, Any]) -> int | None:
    version = jwk.get("crlVersion")
    if version is None or (type(version) is int and version >= 0):
        return version
    msg = "crlVersion must be a whole number"
    raise CardKeyError(msg)


def _certified(chain: object) -> object:
    """Return the key of a chain's first certificate, None if there is none."""
    first = chain[0] if isinstance(chain, list) and chain else None
    try:
        return read_certificate(b64decode(first, validate=True)).key if first else None
    except (CertificateError, binascii.Error, TypeError, ValueError):
        return None
