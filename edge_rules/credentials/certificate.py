"""Signers' certificates (X.509, RFC 5280): what verifying needs of them, and no more.

Public signers carry extensions and encodings that strict parsers refuse whole; here only the
public key, the dates, the country and the extended key usage are read, each on its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from edge_rules.credentials.der import (
    BOOLEAN,
    SEQUENCE,
    DerError,
    Node,
    object_id,
    read_node,
    unix_ms,
)

TEST = "test"
VACCINATION = "vaccination"
RECOVERY = "recovery"

RSA = "rsa"
MAX_CERTIFICATE = 16 * 1024  # bytes; a signer's has one or two thousand
RSA_BITS = range(2048, 4097)  # shorter is weak, longer is slow and no issuer's
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})

_COUNTRY = "2.5.4.6"
_EXTENDED_KEY_USAGE = "2.5.29.37"
_ANY_USAGE = "2.5.29.37.0"
# The first arc is the registered one; the second, with a zero too many, stood in the first
# edition of the specification and in most signers of 2021.
_USAGES: Mapping[str, str] = {
    f"1.3.6.1.4.1.{arc}.2021.1.{last}": entry
    for arc in ("1847", "0.1847")
    for last, entry in ((1, TEST), (2, VACCINATION), (3, RECOVERY))
}


class CertificateError(ValueError):
    """A certificate that can't serve as a signer; the sentence says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Signer:
    """One trusted signer, parsed once. `key_kind` is the curve's name, or `rsa`.

    `usages` are the entries its key may sign; None where the certificate does not limit them, and
    empty where it is strictly for other uses.
    """

    kid: bytes
    key: EllipticCurvePublicKey | RSAPublicKey
    key_kind: str
    not_before_ms: int
    not_after_ms: int
    country: str | None
    usages: frozenset[str] | None

    def may_sign(self, entries: frozenset[str]) -> bool:
        """Tell whether the key is meant for all of these entries."""
        if self.usages is None:
            return True
        return bool(self.usages) and entries <= self.usages


def key_id(der: bytes) -> bytes:
    """Return the first eight bytes of a certificate's SHA-256."""
    return sha256(der).digest()[:8]


def read_certificate(der: bytes) -> Signer:
    """Read one DER certificate; CertificateError says what keeps it from serving."""
    try:
        return _read(der)
    except DerError as error:
        msg = f"no readable X.509 certificate: {error}"
        raise CertificateError(msg) from None


def _read(der: bytes) -> Signer:
    if len(der) > MAX_CERTIFICATE:
        msg = f"over {MAX_CERTIFICATE} bytes"
        raise DerError(msg)
    certificate = read_node(der).expect(SEQUENCE)
    if certificate.whole != der:
        msg = "bytes behind the certificate"
        raise DerError(msg)
    parts = certificate.first().expect(SEQUENCE).children()
    fields = [part for part in parts if part.tag != 0xA0]  # the version may be left out
    if len(fields) < 6:
        msg = "fields are missing"
        raise DerError(msg)
    # serial number, algorithm and issuer come first: RFC 5280, section 4.1
    validity, subject, public_key = (field.expect(SEQUENCE) for field in fields[3:6])
    dates = [unix_ms(date) for date in islice(validity.children(), 2)]
    if len(dates) < 2:
        msg = "dates are missing"
        raise DerError(msg)
    extensions = next((field for field in fields[6:] if field.tag == 0xA3), None)
    usages = None if extensions is None else _usages(extensions)
    key, kind = _key(public_key)
    return Signer(key_id(der), key, kind, dates[0], dates[1], _country(subject), usages)


def _key(public_key: Node) -> tuple[EllipticCurvePublicKey | RSAPublicKey, str]:
    try:
        key = load_der_public_key(public_key.whole)
    except (ValueError, UnsupportedAlgorithm):
        msg = "its public key can't be read"
        raise CertificateError(msg) from None
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name in CURVES:
        return key, key.curve.name
    if isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS:
        return key, RSA
    msg = "its public key must be RSA of 2048 to 4096 bits, or on the curve P-256, P-384 or P-521"
    raise CertificateError(msg)


def _country(subject: Node) -> str | None:
    for name in subject.children():
        for part in name.children():
            pair = list(part.children())
            if len(pair) == 2 and object_id(pair[0]) == _COUNTRY:
                text = pair[1].content.decode("ascii", "replace").upper()
                return text if len(text) == 2 and text.isalpha() else None
    return None


def _usages(extensions: Node) -> frozenset[str] | None:
    for extension in extensions.first().children():
        parts = list(extension.children())
        if len(parts) >= 2 and object_id(parts[0]) == _EXTENDED_KEY_USAGE:
            inner = read_node(parts[-1].content).expect(SEQUENCE)
            named = {object_id(usage) for usage in inner.children()}
            ours = frozenset(_USAGES[oid] for oid in named & _USAGES.keys())
            # Naming none of ours limits nothing, says the specification, and some signers name
            # only uses of their own; but an extension marked critical (RFC 5280) stands as it is.
            if ours or (_is_critical(parts) and named and _ANY_USAGE not in named):
                return ours
    return None


def _is_critical(parts: list[Node]) -> bool:
    return parts[1].tag == BOOLEAN and parts[1].content != b"\0"
