"""edge_rules.credentials: what issuers send that a strict reader stumbles over, made here."""

import zlib
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from edge_rules.credentials.certificate import key_id
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import encode_base45, payload, wrap
from tests.edge_rules.credentials.chain import (
    EXPIRES_MS,
    ISSUED_MS,
    KEY,
    NOW_MS,
    STRANGER,
    good,
    issuer,
    judge,
)
from tests.edge_rules.credentials.faulty import sealed, unwrapped

KID = issuer().kid
CONTENT = payload("XX", "test", STRANGER, ISSUED_MS, EXPIRES_MS)


def headed(protected: bytes, unprotected: dict[int, object], body: bytes) -> list[Any]:
    signature = issuer().signature(cbor2.dumps(["Signature1", protected, b"", body]))
    return [protected, unprotected, body, signature]


def indefinite(item: object) -> bytes:
    """Encode with no length told ahead, strings in two pieces."""
    match item:
        case dict():
            pairs = (indefinite(key) + indefinite(value) for key, value in item.items())
            return b"\xbf" + b"".join(pairs) + b"\xff"
        case list():
            return b"\x9f" + b"".join(map(indefinite, item)) + b"\xff"
        case str() | bytes():
            mark = b"\x7f" if isinstance(item, str) else b"\x5f"
            return mark + cbor2.dumps(item[:3]) + cbor2.dumps(item[3:]) + b"\xff"
        case _:
            return cbor2.dumps(item)


@pytest.mark.parametrize("seconds", [EXPIRES_MS / 1000 + 0.5, EXPIRES_MS // 1000])
@pytest.mark.parametrize("tag", [None, 1])
def test_a_date_may_be_a_fraction_and_wear_its_tag(seconds: float, tag: int | None) -> None:
    value = seconds if tag is None else cbor2.CBORTag(tag, seconds)
    text = sealed(lambda content: content.__setitem__(4, value))
    judgement = judge(text, at_ms=EXPIRES_MS)
    assert (judgement.ok, judgement.credential.expires_ms) == (True, int(seconds * 1000))


def test_lengths_may_be_told_behind() -> None:
    protected = cbor2.dumps({1: -7, 4: KID})
    envelope = indefinite(headed(protected, {}, indefinite(CONTENT)))
    for tags in (b"", b"\xd2", b"\xd8\x3d\xd2", b"\xd9\xd9\xf7\xd2"):
        assert judge("HC1:" + encode_base45(zlib.compress(tags + envelope))).ok


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ({4: KID}, {1: -7}),
        ({1: -7}, {4: KID}),
        ({1: -7, 4: KID, 3: 60}, {}),
        (None, {1: -7, 4: KID}),
    ],
)
def test_headers_stand_on_either_side(
    inside: dict[int, object] | None, outside: dict[int, object]
) -> None:
    protected = b"" if inside is None else cbor2.dumps(inside)
    assert judge(wrap(headed(protected, outside, cbor2.dumps(CONTENT)))).ok


def test_a_long_number_is_still_the_number() -> None:
    body = cbor2.dumps(CONTENT).replace(b"\x06\x1a", b"\x06\x1b\0\0\0\0", 1)
    assert judge(wrap(headed(cbor2.dumps({1: -7, 4: KID}), {}, body))).ok


def test_a_payload_may_say_that_it_is_cbor() -> None:
    body = cbor2.dumps(cbor2.CBORTag(55799, CONTENT))
    assert judge(wrap(headed(cbor2.dumps({1: -7, 4: KID}), {}, body))).ok


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("window", [9, 15])
def test_any_zlib_will_do(level: int, window: int) -> None:
    packer = zlib.compressobj(level, zlib.DEFLATED, window)
    packed = packer.compress(zlib.decompress(unwrapped(good()))) + packer.flush()
    assert judge("HC1:" + encode_base45(packed)).ok


@pytest.mark.parametrize("window", [-15, 31])
def test_raw_deflate_and_gzip_are_not_zlib(window: int) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    packed = packer.compress(zlib.decompress(unwrapped(good()))) + packer.flush()
    assert judge("HC1:" + encode_base45(packed)).reason == "inflate-broken"


def test_lists_without_an_entry_count_as_none() -> None:
    def pad(content: dict[Any, Any]) -> None:
        content[-260][1] |= {"t": None, "r": []}

    judgement = judge(sealed(pad))
    assert (judgement.credential.entry, judgement.warnings) == ("vaccination", ())


def test_the_largest_rsa_key_serves() -> None:
    key = rsa.generate_private_key(65537, 4096)
    name, day = x509.Name([]), datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day.replace(year=2036))
    der = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    protected, body = cbor2.dumps({1: -37, 4: key_id(der)}), cbor2.dumps(CONTENT)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    data = cbor2.dumps(["Signature1", protected, b"", body])
    text = wrap([protected, {}, body, key.sign(data, pss, hashes.SHA256())])
    assert judge_text(text, TrustStore([("a.cer", der)]), NOW_MS, KEY).ok
