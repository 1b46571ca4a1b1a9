"""simulators.dcc_issuer: what it makes, read with nothing of ours."""

import zlib

import cbor2
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from simulators.dcc_issuer import DAY_MS, DccIssuer, HealthCodes, encode_base45, invent_holder
from simulators.people import Kind
from simulators.wallet import Wallet
from tests.edge_rules.credentials.chain import NOW_MS, judge
from tests.edge_rules.credentials.faulty import unwrapped


def check(issuer: DccIssuer, text: str) -> None:
    protected, _, payload, signature = cbor2.loads(zlib.decompress(unwrapped(text))).value
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    key = x509.load_der_x509_certificate(issuer.certificate_der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    data = cbor2.dumps(["Signature1", protected, b"", payload])
    key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))


def test_what_is_issued_verifies_and_what_is_forged_does_not() -> None:
    issuer, holder = DccIssuer(), invent_holder("anybody")
    check(issuer, issuer.issue("vaccination", holder, NOW_MS, NOW_MS + DAY_MS))
    with pytest.raises(InvalidSignature):
        check(issuer, issuer.forge("vaccination", holder, NOW_MS, NOW_MS + DAY_MS))


def test_the_same_seed_makes_the_same_signer_and_the_same_people() -> None:
    assert DccIssuer(7).certificate_der == DccIssuer(7).certificate_der
    assert DccIssuer(7).certificate_der != DccIssuer(8).certificate_der
    assert invent_holder("a") == invent_holder("a") != invent_holder("b")


def test_base45_is_the_standards() -> None:
    assert encode_base45(b"Hello!!") == "%69 VD92EX0"
    assert encode_base45(b"base-45") == "UJCLQE7W581"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Kind.HEALTHY, "valid"),
        (Kind.FEVERED, "valid"),
        (Kind.EXPIRED, "credential-expired"),
        (Kind.FORGED, "signature-invalid"),
    ],
)
@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_simulated_people_carry_what_fits_them(kind: Kind, reason: str, algorithm: str) -> None:
    issuer = DccIssuer("estate", algorithm=algorithm)
    text = Wallet(HealthCodes(issuer, lambda: NOW_MS)).code(kind, "person 1")
    assert text is not None
    assert judge(text, issuer).reason == reason
