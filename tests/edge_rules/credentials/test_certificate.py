"""edge_rules.credentials.certificate and der: signers as they are found, not as they should be."""

import json
import warnings
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.certificate import CertificateError, read_certificate
from simulators.dcc_issuer import DccIssuer
from tests.edge_rules.credentials.chain import issuer


def signers(test_data: Path) -> set[bytes]:
    lines = (test_data / "dcc" / "vectors.jsonl").read_text("utf-8").splitlines()
    return {b64decode(json.loads(line)["cert"]) for line in lines}


def test_public_signers_read_as_a_full_parser_reads_them(test_data: Path) -> None:
    refused = 0
    for der in signers(test_data):
        signer = read_certificate(der)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cryptography complains of their serial numbers
            full = x509.load_der_x509_certificate(der)
        assert signer.kid == full.fingerprint(hashes.SHA256())[:8]
        assert signer.not_before_ms == full.not_valid_before_utc.timestamp() * 1000
        assert signer.not_after_ms == full.not_valid_after_utc.timestamp() * 1000
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert signer.key.public_bytes(*form) == full.public_key().public_bytes(*form)
        try:
            named = list(full.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        except x509.ExtensionNotFound:
            assert signer.usages is None
        except ValueError:
            refused += 1  # extensions that the full parser refuses, and that still serve here
        else:
            ours = [oid for oid in named if ".1847.2021.1." in oid.dotted_string]
            assert signer.usages is not None
            assert len(signer.usages) == len(ours)
    assert refused >= 2


@pytest.mark.parametrize("entries", [("test",), ("vaccination",), ("recovery", "test")])
def test_a_signer_may_sign_what_its_certificate_names(entries: tuple[str, ...]) -> None:
    signer = read_certificate(issuer(entries=entries).certificate_der)
    assert signer.usages == frozenset(entries)
    assert signer.may_sign(frozenset(entries))
    assert not signer.may_sign(frozenset({"test", "vaccination", "recovery"}))


def test_a_signer_that_names_nothing_may_sign_everything() -> None:
    signer = read_certificate(issuer().certificate_der)
    assert signer.usages is None
    assert signer.may_sign(frozenset({"test", "vaccination"}))


@pytest.mark.parametrize(("oid", "may"), [("2.5.29.37.0", True), ("1.3.6.1.5.5.7.3.1", False)])
def test_other_usages_alone_exclude_all_but_any_usage(oid: str, may: bool) -> None:
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid)])
    signer = read_certificate(made(ec.generate_private_key(ec.SECP256R1()), usage))
    assert signer.may_sign(frozenset({"test"})) is may
    assert signer.may_sign(frozenset()) is may


def test_dates_country_and_kind_of_key() -> None:
    made_for = DccIssuer(1, country="AT", not_before_ms=1_000, not_after_ms=253_402_300_799_000)
    signer = read_certificate(made_for.certificate_der)
    assert (signer.not_before_ms, signer.not_after_ms) == (1_000, 253_402_300_799_000)
    assert (signer.country, signer.key_kind) == ("AT", "secp256r1")
    assert read_certificate(issuer("PS256").certificate_der).key_kind == "rsa"


def test_keys_that_no_issuer_uses_are_refused() -> None:
    for key in (
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 1024),
    ):
        with pytest.raises(CertificateError, match="must be RSA of 2048 to 4096 bits"):
            read_certificate(made(key))


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused(data: st.DataObject) -> None:
    der = bytearray(issuer(entries=("test",)).certificate_der)
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(der)))
    for damaged in (bytes(der), bytes(der[:cut]), bytes(der[cut:])):
        try:
            read_certificate(damaged)
        except CertificateError:
            continue


@given(st.binary(max_size=200))
def test_random_bytes_are_no_certificate(data: bytes) -> None:
    with pytest.raises(CertificateError):
        read_certificate(data)


def made(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    usage: x509.ExtendedKeyUsage | None = None,
) -> bytes:
    name = x509.Name([])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    if usage is not None:
        builder = builder.add_extension(usage, critical=False)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.DER)
