"""An issuer of test health certificates for people who don't exist.

Written from the specification on cryptography and cbor2 alone: it shares no codec with the
verifier, so that a mistake made the same way on both sides still shows. Its ES256 and ES384 keys
follow from the seed: anyone can make them, so its signer belongs in no real trust folder.
"""

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

DAY_MS = 86_400_000
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
USAGES = {"test": 1, "vaccination": 2, "recovery": 3}
LETTERS = {"test": "t", "vaccination": "v", "recovery": "r"}
COVID_19 = "840539006"

_FAMILIES = ("Ahornblatt", "Bergamotte", "Calvados", "Dattelkern", "Eisvogel", "Federgras")
_GIVEN = ("Adalind", "Birk", "Corvin", "Dorothea", "Emmerich", "Fenja", "Gisbert", "Hulda")


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who doesn't exist, and the number of the certificate made for them."""

    family: str
    given: str
    born: str
    uvci: str


def invent_holder(name: object) -> Holder:
    """Invent the person that this name always stands for."""
    rng = Random(f"holder {name}")
    born = datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=rng.randrange(30_000))
    return Holder(
        rng.choice(_FAMILIES),
        rng.choice(_GIVEN),
        f"{born:%Y-%m-%d}",
        f"URN:UVCI:01:XX:{rng.getrandbits(96):024X}",
    )


class DccIssuer:
    """Signs certificates under one key; the same seed gives the same ES256 key and signer.

    The signer's certificate is `certificate_der`; `entries` are what its key is meant for, None
    for a certificate that does not say. `algorithm` is ES256, ES384 or PS256 (whose RSA key is new
    at each start).
    """

    def __init__(
        self,
        seed: object = 1,
        *,
        algorithm: str = "ES256",
        country: str = "XX",
        entries: tuple[str, ...] | None = None,
        not_before_ms: int = 1_735_689_600_000,  # 2025-01-01
        not_after_ms: int = 2_051_222_400_000,  # 2035-01-01
    ) -> None:
        self.algorithm = algorithm
        self.country = country
        self._key = _make_key(f"signer {seed}", algorithm)
        self._forger = _make_key(f"forger {seed}", algorithm)
        certificate = _certificate(self._key, country, entries, not_before_ms, not_after_ms)
        self.certificate_der = certificate.public_bytes(Encoding.DER)
        self.certificate_pem = certificate.public_bytes(Encoding.PEM)
        self.certificate_base64 = b64encode(self.certificate_der).decode()
        self.kid = hashlib.sha256(self.certificate_der).digest()[:8]

    def issue(self, entry: str, holder: Holder, issued_ms: int, expires_ms: int) -> str:
        """Make the QR text of a genuine certificate."""
        return self.sign(payload(self.country, entry, holder, issued_ms, expires_ms))

    def forge(self, entry: str, holder: Holder, issued_ms: int, expires_ms: int) -> str:
        """Make one that names the genuine signer and was signed with another key."""
        content = payload(self.country, entry, holder, issued_ms, expires_ms)
        return self.sign(content, key=self._forger)

    def sign(
        self, content: object, *, key: PrivateKey | None = None, kid_inside: bool = True
    ) -> str:
        """Sign any content; the key identifier stands inside or outside what is signed."""
        number = {"ES256": -7, "ES384": -35, "PS256": -37}[self.algorithm]
        kid = {4: self.kid}
        protected = cbor2.dumps({1: number} | (kid if kid_inside else {}))
        body = cbor2.dumps(content)
        signature = self.signature(cbor2.dumps(["Signature1", protected, b"", body]), key=key)
        unprotected: dict[int, bytes] = {} if kid_inside else kid
        return wrap(cbor2.CBORTag(18, [protected, unprotected, body, signature]))

    def signature(self, data: bytes, *, key: PrivateKey | None = None) -> bytes:
        """Sign bytes as COSE lays signatures out."""
        return _sign(key or self._key, data)


@dataclass(frozen=True, slots=True)
class HealthCodes:
    """What simulated people carry: the codes of one issuer, made at the time they are shown."""

    issuer: DccIssuer
    now_ms: Callable[[], int]
    entry: str = "vaccination"

    def valid(self, holder: str) -> str:
        """Make a code that holds."""
        now_ms = self.now_ms()
        return self.issuer.issue(
            self.entry, invent_holder(holder), now_ms - DAY_MS, now_ms + 180 * DAY_MS
        )

    def expired(self, holder: str) -> str:
        """Make a genuine code whose time is over."""
        now_ms = self.now_ms()
        return self.issuer.issue(
            self.entry, invent_holder(holder), now_ms - 90 * DAY_MS, now_ms - DAY_MS
        )

    def forged(self, holder: str) -> str:
        """Make a code whose signature is not the issuer's."""
        now_ms = self.now_ms()
        return self.issuer.forge(
            self.entry, invent_holder(holder), now_ms - DAY_MS, now_ms + 180 * DAY_MS
        )


def payload(
    country: str, entry: str, holder: Holder, issued_ms: int, expires_ms: int
) -> dict[int, Any]:
    """Lay out the CWT claims of a health certificate, schema 1.3.0."""
    day = f"{datetime.fromtimestamp(issued_ms / 1000, UTC):%Y-%m-%d}"
    common: dict[str, object] = {
        "tg": COVID_19,
        "co": country,
        "is": "Test Authority",
        "ci": holder.uvci,
    }
    owns: dict[str, dict[str, object]] = {
        "vaccination": {
            "vp": "1119349007",
            "mp": "EU/1/20/1528",
            "ma": "ORG-100030215",
            "dn": 2,
            "sd": 2,
            "dt": day,
        },
        "test": {"tt": "LP6464-4", "sc": f"{day}T08:00:00Z", "tr": "260415000", "tc": "Centre 1"},
        "recovery": {"fr": day, "df": day, "du": day},
    }
    name = {
        "fn": holder.family,
        "fnt": holder.family.upper(),
        "gn": holder.given,
        "gnt": holder.given.upper(),
    }
    entries = [common | owns[entry]]
    certificate = {"ver": "1.3.0", "nam": name, "dob": holder.born, LETTERS[entry]: entries}
    return {1: country, 4: expires_ms // 1000, 6: issued_ms // 1000, -260: {1: certificate}}


def wrap(envelope: object) -> str:
    """Turn a COSE object into QR text: CBOR, zlib, base45, prefix."""
    return "HC1:" + encode_base45(zlib.compress(cbor2.dumps(envelope), 9))


def encode_base45(data: bytes) -> str:
    """Encode as RFC 9285 says."""
    text = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            text.append(BASE45[digit])
    return "".join(text)


def _make_key(seed: str, algorithm: str) -> PrivateKey:
    if algorithm == "PS256":
        return rsa.generate_private_key(65537, 2048)
    curve = ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1()
    # Below the order of either curve, and never zero.
    secret = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big") >> 1 | 1
    return ec.derive_private_key(secret, curve)


def _sign(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        digest = hashes.SHA256()
        return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    hash_ = hashes.SHA256() if key.curve.name == "secp256r1" else hashes.SHA384()
    width = key.curve.key_size // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hash_, deterministic_signing=True)))
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def _certificate(
    key: PrivateKey,
    country: str,
    entries: tuple[str, ...] | None,
    not_before_ms: int,
    not_after_ms: int,
) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Menshen test signer"),
        ]
    )
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=datetime.fromtimestamp(not_before_ms / 1000, UTC),
        not_valid_after=datetime.fromtimestamp(not_after_ms / 1000, UTC),
    )
    if entries is not None:
        oids = [x509.ObjectIdentifier(f"1.3.6.1.4.1.1847.2021.1.{USAGES[e]}") for e in entries]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    if isinstance(key, rsa.RSAPrivateKey):
        return builder.sign(key, hashes.SHA256())
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
