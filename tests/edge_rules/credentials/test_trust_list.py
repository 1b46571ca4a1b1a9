"""edge_rules.credentials.trust_list."""

import json
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.trust_list import TrustListError, read_trust_list
from simulators.dcc_issuer import DccIssuer
from tests.edge_rules.credentials.trust_lists import BACKEND, OTHER, entry, german, swedish

KEY = BACKEND.public_key()
ONE, TWO = DccIssuer("one", country="DE"), DccIssuer("two", country="FR")
GERMAN, SWEDISH = german(entry(ONE), entry(TWO)), swedish(ONE, TWO)


@pytest.mark.parametrize("data", [GERMAN, SWEDISH, SWEDISH + b"\n"])
def test_both_forms_are_read_under_their_key(data: bytes) -> None:
    found = read_trust_list(data, KEY)
    assert found.certificates == (ONE.certificate_der, TWO.certificate_der)
    assert found.signed
    assert found.passed_over == ()


def test_a_list_tells_when_it_was_issued_and_ends() -> None:
    found = read_trust_list(SWEDISH, KEY)
    assert (found.issued_s, found.expires_s) == (1_700_000_000, 2_000_000_000)
    assert read_trust_list(GERMAN, KEY).issued_s is None


@pytest.mark.parametrize("data", [GERMAN, SWEDISH])
def test_another_key_reads_nothing(data: bytes) -> None:
    with pytest.raises(TrustListError, match="does not bear the signature of this key"):
        read_trust_list(data, OTHER.public_key())
    with pytest.raises(TrustListError, match="key is for another algorithm"):
        read_trust_list(data, rsa.generate_private_key(65537, 2048).public_key())


@given(st.sampled_from([GERMAN, SWEDISH]), st.data())
def test_no_changed_byte_is_read_under_the_key(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    bit = 1 << draw.draw(st.integers(0, 7))
    changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
    try:
        found = read_trust_list(changed, KEY)
    except TrustListError:
        return
    assert found == read_trust_list(data, KEY)  # where base64 leaves bits without a meaning


@pytest.mark.parametrize("data", [GERMAN, SWEDISH, GERMAN.partition(b"\n")[2]])
def test_without_a_key_nothing_is_said_to_be_signed(data: bytes) -> None:
    found = read_trust_list(data, None)
    assert (len(found.certificates), found.signed) == (2, False)


def test_a_body_without_a_signature_is_not_read_under_a_key() -> None:
    for body in (GERMAN.partition(b"\n")[2], json.dumps([entry(ONE)]).encode()):
        with pytest.raises(TrustListError, match="is not signed"):
            read_trust_list(body, KEY)


def test_what_cant_serve_is_passed_over_and_told() -> None:
    entries = [
        entry(ONE, certificateType="CSCA"),
        entry(ONE, rawData="!"),
        entry(ONE, rawData="AAAA"),
        entry(ONE, kid="AAAAAAAAAAA="),
        entry(TWO),
        entry(TWO),
    ]
    found = read_trust_list(german(*entries), KEY)
    assert found.certificates == (TWO.certificate_der,)
    assert found.passed_over == (
        "certificate 0 is no signer (certificateType)",
        "certificate 1 has no certificate in base64",
        "certificate 2 no readable X.509 certificate: found tag 0x00 where 0x30 belongs",
        "certificate 3 has a kid that is not its certificate's",
    )


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "RS256"}, {"alg": []}, {}, [], {"alg": "ES256", "crit": []}]
)
def test_a_header_that_proves_nothing_is_refused(header: object) -> None:
    head = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    data = head + SWEDISH[SWEDISH.index(b".") :]
    with pytest.raises(
        TrustListError, match=r"must be a JWS signed with one of ES256|is not signed"
    ):
        read_trust_list(data, KEY)


@pytest.mark.parametrize("body", [b"{}", b"7", b"[", b"", b'{"certificates": 7}'])
def test_what_is_no_list_is_none(body: bytes) -> None:
    with pytest.raises(TrustListError, match=r"must hold|is not JSON"):
        read_trust_list(body, None)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_sentence_or_a_list(data: bytes) -> None:
    try:
        read_trust_list(data, KEY)
    except TrustListError:
        return
    pytest.fail("nobody signed this")
