"""An issuer of test SMART Health Cards for people who don't exist.

Written from the specification on cryptography and the standard library alone: it shares no codec
with the verifier, so that a mistake made the same way on both sides still shows. Its key follows
from the seed: anyone can make it, so its set belongs in no real trust folder.
"""

import hashlib
import json
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from simulators.dcc_issuer import Holder

ISSUER = "https://cards.invalid/issuer"
HEALTH_CARD = "https://smarthealth.cards#health-card"
COVID_19 = {"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}
SARS_COV_2 = {"system": "http://loinc.org", "code": "94558-4"}
NOT_DETECTED = {"system": "http://snomed.info/sct", "code": "260415000"}


class ShcIssuer:
    """Signs cards under one key of one issuer; the same seed gives the same key."""

    def __init__(self, seed: object = 1, *, issuer: str = ISSUER, crl: int | None = None) -> None:
        self.issuer = issuer
        self.key = make_key(f"cards {seed}")
        self.jwk = jwk_of(self.key)
        if crl is not None:
            self.jwk["crlVersion"] = crl
        self.kid: str = self.jwk["kid"]

    @property
    def key_set(self) -> dict[str, Any]:
        """The set as it stands under `/.well-known/jwks.json`."""
        return {"keys": [self.jwk]}

    def revoking(self, *rids: str, counter: int = 1) -> dict[str, Any]:
        """Make a list of revoked cards."""
        return {"kid": self.kid, "method": "rid", "ctr": counter, "rids": list(rids)}

    def payload(self, entry: str, holder: Holder, issued_ms: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Lay out a card's claims; `more` are claims beside them."""
        return payload(self.issuer, entry, holder, issued_ms) | more

    def issue(self, entry: str, holder: Holder, issued_ms: int, **more: Any) -> str:  # noqa: ANN401 - JSON
        """Make the text of a genuine card in one code."""
        (text,) = codes(self.sign(self.payload(entry, holder, issued_ms, **more)))
        return text

    def sign(
        self,
        content: object,
        *,
        header: Mapping[str, Any] | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> str:
        """Sign any content, or bytes as they are, as a compact JWS."""
        named: dict[str, Any] = {"zip": "DEF", "alg": "ES256", "kid": self.kid, **(header or {})}
        kept = {name: value for name, value in named.items() if value is not None}
        body = content if isinstance(content, bytes) else deflate(minified(content))
        return self.seal(minified(kept), body, key=key)

    def seal(
        self, header: bytes, body: bytes, *, key: ec.EllipticCurvePrivateKey | None = None
    ) -> str:
        """Sign a header and a body, whatever they are."""
        signed = f"{encode(header)}.{encode(body)}"
        return f"{signed}.{encode(sign_bytes(key or self.key, signed.encode()))}"


def payload(issuer: str, entry: str, holder: Holder, issued_ms: int) -> dict[str, Any]:
    """Lay out the claims of a card with one vaccination or one test."""
    day = f"{datetime.fromtimestamp(issued_ms / 1000, UTC):%Y-%m-%d}"
    patient = {
        "resourceType": "Patient",
        "name": [{"family": holder.family, "given": [holder.given]}],
        "birthDate": holder.born,
    }
    owns: dict[str, dict[str, Any]] = {
        "vaccination": {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": {"coding": [COVID_19]},
            "patient": {"reference": "resource:0"},
            "occurrenceDateTime": day,
            "performer": [{"actor": {"display": "Test Authority"}}],
        },
        "test": {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [SARS_COV_2]},
            "subject": {"reference": "resource:0"},
            "effectiveDateTime": f"{day}T08:00:00Z",
            "valueCodeableConcept": {"coding": [NOT_DETECTED]},
        },
    }
    entries = [
        {"fullUrl": f"resource:{number}", "resource": resource}
        for number, resource in enumerate((patient, owns[entry]))
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    rid = encode(hashlib.sha256(holder.uvci.encode()).digest()[:8])
    return {
        "iss": issuer,
        "nbf": issued_ms / 1000,
        "vc": {"type": [HEALTH_CARD], "credentialSubject": subject, "rid": rid},
    }


def codes(jws: str, parts: int = 1) -> list[str]:
    """Lay a JWS out as the texts of so many QR codes."""
    digits = "".join(f"{ord(character) - 45:02d}" for character in jws)
    if parts == 1:
        return [f"shc:/{digits}"]
    cuts = [len(jws) * number // parts * 2 for number in range(parts + 1)]
    pairs = enumerate(pairwise(cuts), 1)
    return [f"shc:/{number}/{parts}/{digits[start:end]}" for number, (start, end) in pairs]


def minified(content: object) -> bytes:
    """Write JSON without blanks."""
    return json.dumps(content, separators=(",", ":")).encode()


def deflate(data: bytes, level: int = 9) -> bytes:
    """Compress without a header."""
    squeezer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return squeezer.compress(data) + squeezer.flush()


def encode(data: bytes) -> str:
    """Write base64url without padding."""
    return b64encode(data, b"-_").decode().rstrip("=")


def make_key(seed: str) -> ec.EllipticCurvePrivateKey:
    """Make the key that a seed always gives."""
    # Below the order of the curve, and never zero.
    secret = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big") >> 1 | 1
    return ec.derive_private_key(secret, ec.SECP256R1())


def jwk_of(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """Write the public half as a JSON Web Key under its thumbprint."""
    numbers = key.public_key().public_numbers()
    x, y = (encode(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    required = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    kid = encode(hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest())
    return {"kty": "EC", "kid": kid, "use": "sig", "alg": "ES256", "crv": "P-256", "x": x, "y": y}


def sign_bytes(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """Sign as JOSE lays ES256 out; deterministic, so that a test fails the same way twice."""
    r, s = decode_dss_signature(
        key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    )
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def trust_file(*issuers: ShcIssuer) -> bytes:
    """Write the file of a trust folder (`*.jwks.json`) that believes these."""
    return json.dumps([{"issuer": one.issuer} | one.key_set for one in issuers]).encode()


def revocation_file(lists: Sequence[Mapping[str, Any]]) -> bytes:
    """Write the file of a trust folder (`*.shc-revoked.json`) with these lists."""
    return json.dumps(lists).encode()
