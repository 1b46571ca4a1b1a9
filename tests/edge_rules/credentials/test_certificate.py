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
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.credentials.certificate import CertificateError, read_certificate
from edge_rules.credentials.der import (
    GENERALIZED_TIME,
    OBJECT_ID,
    SEQUENCE,
    UTC_TIME,
    DerError,
    Node,
    object_id,
    unix_ms,
)
from simulators.dcc_issuer import DccIssuer
from tests.edge_rules.credentials.chain import issuer

KEY = ec.generate_private_key(ec.SECP256R1())
ANY_USAGE, SERVERS = "2.5.29.37.0", "1.3.6.1.5.5.7.3.1"
REGISTERED, FIRST_EDITION = "1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1"


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


@pytest.mark.parametrize(
    ("oid", "critical", "may"),
    [
        (ANY_USAGE, False, True),
        (ANY_USAGE, True, True),
        (SERVERS, False, True),
        (SERVERS, True, False),
        (f"{REGISTERED}.4", False, True),
        (f"{REGISTERED}.1", True, True),
        (f"{REGISTERED}.2", False, False),
        (f"{REGISTERED}.2", True, False),
        (f"{FIRST_EDITION}.1", False, True),
        (f"{FIRST_EDITION}.3", False, False),
    ],
)
def test_uses_of_their_own_limit_signers_only_where_critical(
    oid: str, critical: bool, may: bool
) -> None:
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid)])
    signer = read_certificate(made(KEY, usage, critical=critical))
    assert signer.may_sign(frozenset({"test"})) is may
    assert not (critical and oid == SERVERS and signer.may_sign(frozenset()))


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


@settings(deadline=None)
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


@pytest.mark.parametrize(
    ("tag", "text", "ms"),
    [
        (UTC_TIME, "700101000001Z", 1_000),
        (UTC_TIME, "7001010000Z", 0),
        (UTC_TIME, "700101010000+0100", 0),
        (UTC_TIME, "491231235959Z", 2_524_607_999_000),
        (GENERALIZED_TIME, "20500101000000Z", 2_524_608_000_000),
        (GENERALIZED_TIME, "99991231235959-2300", None),  # leads out of all years
        (GENERALIZED_TIME, "00010101000000+2300", None),
        (GENERALIZED_TIME, "20501301000000Z", None),
        (GENERALIZED_TIME, "\xff" * 15, None),
        (SEQUENCE, "20500101000000Z", None),
    ],
)
def test_a_time_is_read_or_is_none(tag: int, text: str, ms: int | None) -> None:
    node = Node(tag, text.encode("latin-1"), b"")
    if ms is not None:
        assert unix_ms(node) == ms
    else:
        with pytest.raises(DerError):
            unix_ms(node)


def test_an_endless_number_in_an_identifier_is_none() -> None:
    with pytest.raises(DerError):
        object_id(Node(OBJECT_ID, b"\xff" * 5_000 + b"\x01", b""))


def test_what_no_certificate_is_as_large_as_is_not_walked_through() -> None:
    wide = b"\x30\x84" + (4_000_000).to_bytes(4, "big") + b"\x30\x00" * 2_000_000
    with pytest.raises(CertificateError, match="over 16384 bytes"):
        read_certificate(wide)


@given(st.binary(max_size=200))
def test_random_bytes_are_no_certificate(data: bytes) -> None:
    with pytest.raises(CertificateError):
        read_certificate(data)


def made(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    usage: x509.ExtendedKeyUsage | None = None,
    *,
    critical: bool = False,
) -> bytes:
    name = x509.Name([])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    if usage is not None:
        builder = builder.add_extension(usage, critical=critical)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.DER)
