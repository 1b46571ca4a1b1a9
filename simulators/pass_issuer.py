"""An estate that hands out passes to people who don't exist, and the phones that show them.

Written from docs/passes.md on cryptography and cbor2 alone: it shares no codec with the verifier.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulators.dcc_issuer import encode_base45

PROOF = OWN = -65_537
PERSONS = {"resident": 1, "staff": 2, "visitor": 3, "delivery": 4, "emergency": 5}
STEP_MS = 30_000


def make_key(seed: object) -> ec.EllipticCurvePrivateKey:
    """Make the key that always goes with a seed; anyone can."""
    secret = int.from_bytes(hashlib.sha256(f"pass {seed}".encode()).digest(), "big") >> 1 | 1
    return ec.derive_private_key(secret, ec.SECP256R1())


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """Sign as ES256 does: r and s, 32 bytes each."""
    der = key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def show(parts: list[object]) -> str:
    """Turn the four parts of a COSE_Sign1 into QR text."""
    return "MP1:" + encode_base45(cbor2.dumps(cbor2.CBORTag(18, parts)))


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone with a key of its own."""

    seed: object = 1

    def public(self) -> dict[int, Any]:
        """Lay its key out as a COSE_Key with a compressed point."""
        key = make_key(f"phone {self.seed}").public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return {1: 2, -1: 1, -2: point[1:], -3: point[0] == 3}

    def proof(self, pass_id: bytes, at_ms: int) -> bytes:
        """Prove that it is this phone, now."""
        step = (at_ms // STEP_MS).to_bytes(4, "big")
        return step + sign(make_key(f"phone {self.seed}"), b"menshen-pass/1" + pass_id + step)


@dataclass(frozen=True, slots=True)
class PassIssuer:
    """An estate's office; the same seed gives the same key."""

    estate: str = "riverside"
    seed: object = 1

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The key that it signs with."""
        return make_key(f"issuer {self.seed}")

    @property
    def kid(self) -> bytes:
        """The identifier of its key."""
        public = self.key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).digest()[:4]

    def claims(
        self,
        holder: object,
        issued_ms: int,
        until_ms: int,
        person: str = "resident",
        **own: Any,  # noqa: ANN401
    ) -> dict[int, Any]:
        """Lay out a pass; `own` are its private claims: minor, gates, times, uses."""
        numbers = {"minor": 2, "gates": 3, "times": 4, "uses": 5}
        return {
            1: self.estate, 4: until_ms // 1000, 6: issued_ms // 1000, 7: pass_id(holder),
            OWN: {1: PERSONS[person]} | {numbers[name]: value for name, value in own.items()},
        }  # fmt: skip

    def parts(self, claims: object, header: Mapping[int, object] | None = None) -> list[object]:
        """Sign claims: protected header, unprotected header, payload, signature."""
        protected = cbor2.dumps({1: -7, 4: self.kid} if header is None else header)
        payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims)
        data = cbor2.dumps(["Signature1", protected, b"", payload])
        return [protected, {}, payload, sign(self.key, data)]


@dataclass(frozen=True, slots=True)
class PassHolder:
    """Somebody with a pass on a phone."""

    issuer: PassIssuer = field(default_factory=PassIssuer)
    phone: Phone = field(default_factory=Phone)

    def text(self, claims: Mapping[int, Any], at_ms: int) -> str:
        """Show the code of this moment."""
        parts = self.issuer.parts({**claims, 8: {1: self.phone.public()}})
        parts[1] = {PROOF: self.phone.proof(claims[7], at_ms)}
        return show(parts)


def pass_id(holder: object) -> bytes:
    """Return the pass number that always goes with a holder."""
    return hashlib.sha256(f"holder {holder}".encode()).digest()[:16]
