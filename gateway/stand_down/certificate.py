"""The certificate: JSON that anybody can read, signed with the site's own key (Ed25519)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KIND = "menshen-stand-down/1"
SIGNATURE = "signature"
PUBLIC_KEY = "public_key"


def sign(facts: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """Add the public key and a signature over everything else, in canonical JSON."""
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")
    whole = {**facts, PUBLIC_KEY: public}
    return {**whole, SIGNATURE: base64.b64encode(key.sign(_canonical(whole))).decode("ascii")}


def fault_of(certificate: object) -> str | None:
    """Say why a certificate does not hold, None if it does."""
    if not isinstance(certificate, dict) or certificate.get("certificate") != KIND:
        return f"is no certificate: its key certificate must be {KIND!r}"
    try:
        public = base64.b64decode(certificate[PUBLIC_KEY], validate=True)
        signature = base64.b64decode(certificate[SIGNATURE], validate=True)
        key = Ed25519PublicKey.from_public_bytes(public)
    except (KeyError, TypeError, ValueError):
        return f"has no {PUBLIC_KEY} or {SIGNATURE} that could be read"
    whole = {name: value for name, value in certificate.items() if name != SIGNATURE}
    try:
        key.verify(signature, _canonical(whole))
    except InvalidSignature:
        return "was changed: its signature does not hold"
    return None


def fingerprint(certificate: Mapping[str, Any]) -> str:
    """Name the key that signed, to compare with what the site has posted."""
    public = base64.b64decode(certificate[PUBLIC_KEY])
    return hashlib.sha256(public).hexdigest()[:32]


def _canonical(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
