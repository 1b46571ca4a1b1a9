"""edge_rules.credentials.dcc_revocation."""

import json
from base64 import b64encode
from hashlib import sha256

import pytest

from devices.errors import SetupError
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import DccIssuer, payload, wrap
from tests.edge_rules.credentials.chain import (
    EXPIRES_MS,
    ISSUED_MS,
    KEY,
    NOW_MS,
    STRANGER,
    issuer,
)
from tests.edge_rules.credentials.faulty import envelope
from tests.edge_rules.credentials.test_subject import ORDER_P256


def batch(type_: str, *revoked: bytes, kid: bytes | None = None) -> dict[str, object]:
    hashes = [{"hash": b64encode(sha256(data).digest()[:16]).decode()} for data in revoked]
    key = "UNKNOWN_KID" if kid is None else b64encode(kid).decode()
    return {"country": "XX", "expires": "2022-11-01T00:00:00Z", "kid": key} | {
        "hashType": type_,
        "entries": hashes,
    }


def judged(text: str, signer: DccIssuer, *batches: object, at_ms: int = NOW_MS) -> Judgement:
    lists = json.dumps(batches).encode()
    files = [("s.cer", signer.certificate_der), ("x.dcc-revoked.json", lists)]
    return judge_text(text, TrustStore(files), at_ms, KEY)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_each_type_of_hash_revokes(algorithm: str) -> None:
    signer = issuer(algorithm)
    text = signer.issue("test", STRANGER, ISSUED_MS, EXPIRES_MS)
    signature = envelope(text)[3]
    number = STRANGER.uvci.encode()
    for one in (
        batch("UCI", b"another", number),
        batch("UCI", number, kid=signer.kid),
        batch("COUNTRYCODEUCI", b"XX" + number),
        batch("SIGNATURE", signature[:32] if algorithm == "ES256" else signature),
    ):
        judgement = judged(text, signer, batch("UCI"), one)
        assert (judgement.failed_at, judgement.reason) == ("revoked", "credential-revoked")
        assert judgement.credential.status == CredentialStatus.REVOKED
        assert judgement.subject


def test_what_another_signer_revoked_or_another_type_named_stays_good() -> None:
    text = issuer().issue("test", STRANGER, ISSUED_MS, EXPIRES_MS)
    number = STRANGER.uvci.encode()
    others = [
        batch("UCI", number, kid=b"another!"),
        batch("SIGNATURE", number),
        batch("UCI", b"XX" + number),
    ]
    assert judged(text, issuer(), *others).ok


def test_without_an_issuer_in_it_the_signers_country_counts() -> None:
    content = payload("XX", "test", STRANGER, ISSUED_MS, EXPIRES_MS)
    del content[1]
    text = issuer().sign(content)
    assert judged(text, issuer()).credential.issuer == "XX"
    one = batch("COUNTRYCODEUCI", b"XX" + STRANGER.uvci.encode())
    assert judged(text, issuer(), one).reason == "credential-revoked"


def test_each_entry_of_a_certificate_may_be_revoked_and_its_malleated_signature_too() -> None:
    content = payload("XX", "test", STRANGER, ISSUED_MS, EXPIRES_MS)
    content[-260][1]["t"].append(content[-260][1]["t"][0] | {"ci": "second"})
    text = issuer().sign(content)
    assert judged(text, issuer(), batch("UCI", b"second")).reason == "credential-revoked"
    parts = envelope(text)
    r, s = parts[3][:32], int.from_bytes(parts[3][32:], "big")
    parts[3] = r + (ORDER_P256 - s).to_bytes(32, "big")
    assert judged(wrap(parts), issuer()).ok
    assert judged(wrap(parts), issuer(), batch("SIGNATURE", r)).reason == "credential-revoked"


def test_lists_of_several_files_add_up() -> None:
    one, two = (json.dumps(batch("UCI", data, data)).encode() for data in (b"a", b"b"))
    trust = TrustStore([("x.dcc-revoked.json", one), ("y.dcc-revoked.json", two)])
    assert len(trust.revoked) == 2


def test_a_date_is_looked_at_before_the_lists() -> None:
    text = issuer().issue("test", STRANGER, ISSUED_MS, EXPIRES_MS)
    one = batch("UCI", STRANGER.uvci.encode())
    assert judged(text, issuer(), one, at_ms=EXPIRES_MS + 1).reason == "credential-expired"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "is not JSON"),
        ("7", "batch 0 must be"),
        ("[{}]", "batch 0 must be"),
        (json.dumps([batch("UCI"), batch("OTHER")]), "batch 1 must be"),
        ('{"kid": "UNKNOWN_KID", "hashType": "UCI", "entries": [{"hash": "AAAA"}]}', "batch 0"),
        ('{"kid": "UNKNOWN_KID", "hashType": [], "entries": []}', "batch 0"),
    ],
)
def test_a_list_that_is_none_is_named(text: str, what: str) -> None:
    with pytest.raises(SetupError, match=rf"x\.dcc-revoked\.json:1:1: {what}"):
        TrustStore([("x.dcc-revoked.json", text.encode())])
