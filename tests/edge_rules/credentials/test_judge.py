"""edge_rules.credentials.judge: each stage of an EU certificate, one fault at a time."""

import re
import traceback
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edge_rules.credentials import base45, cose, eu_dcc, hcert, inflating
from edge_rules.credentials import judge as judge_module
from edge_rules.credentials.cbor import CborError, decode_cbor
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Refusal, Stage
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import DccIssuer, payload, wrap
from tests.edge_rules.credentials.chain import (
    EXPIRES_MS,
    ISSUED_MS,
    KEY,
    NOW_MS,
    STRANGER,
    good,
    issuer,
    judge,
    store,
)
from tests.edge_rules.credentials.faulty import FAULTS, envelope, reshaped, sealed, unwrapped


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "PS256"])
@pytest.mark.parametrize("entry", ["vaccination", "test", "recovery"])
def test_a_good_certificate_is_valid(algorithm: str, entry: str) -> None:
    judgement = judge(f" {good(algorithm, entry)}\r\n", issuer(algorithm))
    assert (judgement.ok, judgement.reason, judgement.warnings) == (True, "valid", ())
    credential = judgement.credential
    assert credential == Credential(
        CredentialKind.EU_DCC,
        CredentialStatus.VALID,
        None,
        judgement.subject,
        "XX",
        entry,
        ISSUED_MS,
        EXPIRES_MS,
    )
    assert judgement.claims()["algorithm"] == algorithm
    assert judgement.person()["number"] == STRANGER.uvci


@pytest.mark.parametrize(("text", "stage", "reason"), FAULTS)
def test_one_fault_gives_one_stage_and_one_reason(text: str, stage: str, reason: str) -> None:
    judgement = judge(text)
    assert (judgement.ok, judgement.failed_at, judgement.reason) == (False, stage, reason)
    assert judgement.credential.status != CredentialStatus.VALID
    assert (judgement.subject is None) == (stage != Stage.VALIDITY)


def test_every_reason_of_the_chain_is_shown_by_a_test_and_told_to_the_reader() -> None:
    modules = (base45, cose, eu_dcc, hcert, inflating, judge_module)
    known = {
        value.reason
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Refusal)
    }
    elsewhere = {
        "key-usage-wrong",
        "credential-expired",
        "credential-not-yet-valid",
        "signer-expired",
        "signer-not-yet-valid",
        "credential-revoked",
    }
    assert known == {reason for _, _, reason in FAULTS} | elsewhere
    page = (Path(__file__).parents[3] / "docs" / "credentials.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z0-9-]+)`", page))
    assert known | {"schema", "signer-dates"} | set(Stage) <= told


@pytest.mark.parametrize(
    ("at_ms", "reason", "status"),
    [
        (ISSUED_MS - 1, "credential-not-yet-valid", CredentialStatus.NOT_YET_VALID),
        (ISSUED_MS, "valid", CredentialStatus.VALID),
        (EXPIRES_MS, "valid", CredentialStatus.VALID),
        (EXPIRES_MS + 1, "credential-expired", CredentialStatus.EXPIRED),
    ],
)
def test_the_payloads_dates_bound_its_life(
    at_ms: int, reason: str, status: CredentialStatus
) -> None:
    judgement = judge(good(), at_ms=at_ms)
    assert (judgement.reason, judgement.credential.status) == (reason, status)
    assert judgement.subject == judge(good()).subject


@pytest.mark.parametrize(
    ("at_ms", "reason"),
    [
        (NOW_MS - 1, "signer-not-yet-valid"),
        (NOW_MS, "valid"),
        (NOW_MS + 5_999, "valid"),
        (NOW_MS + 6_000, "signer-expired"),
    ],
)
def test_the_signers_dates_bound_it_too(at_ms: int, reason: str) -> None:
    brief = DccIssuer("brief", not_before_ms=NOW_MS, not_after_ms=NOW_MS + 5_000)
    text = brief.issue("test", STRANGER, ISSUED_MS, EXPIRES_MS)
    judgement = judge(text, brief, at_ms=at_ms)
    assert judgement.reason == reason
    assert judgement.warnings == ("signer-dates",)


def test_a_key_signs_only_what_it_is_meant_for() -> None:
    tester = issuer(entries=("test",))
    assert judge(tester.issue("test", STRANGER, ISSUED_MS, EXPIRES_MS), tester).ok
    judgement = judge(tester.issue("recovery", STRANGER, ISSUED_MS, EXPIRES_MS), tester)
    assert (judgement.failed_at, judgement.reason) == ("key-usage", "key-usage-wrong")
    assert judgement.credential.status == CredentialStatus.INVALID


def test_all_signers_with_one_key_identifier_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    # A collision of eight bytes of SHA-256 can't be made here, so the store is told of one.
    genuine, other = issuer(), issuer("ES384")
    trust = TrustStore([("a.cer", other.certificate_der), ("b.cer", genuine.certificate_der)])
    monkeypatch.setattr(trust, "_by_kid", {genuine.kid: trust.signers})
    assert judge_text(good(), trust, NOW_MS, KEY).ok


def test_a_signer_not_meant_for_it_is_named_even_beside_one_that_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tester, anything = issuer(entries=("test",)), DccIssuer("other")
    trust = store(anything, tester)
    monkeypatch.setattr(trust, "_by_kid", {tester.kid: trust.signers})
    text = tester.issue("recovery", STRANGER, ISSUED_MS, EXPIRES_MS)
    assert judge_text(text, trust, NOW_MS, KEY).reason == "key-usage-wrong"


@pytest.mark.parametrize("tags", [(), (18,), (61, 18), (61,)])
def test_tags_around_the_envelope_are_optional(tags: tuple[int, ...]) -> None:
    item: object = envelope(good())
    for tag in reversed(tags):
        item = cbor2.CBORTag(tag, item)
    assert judge(wrap(item)).ok


def test_a_key_identifier_outside_the_signature_serves_unless_one_stands_inside() -> None:
    content = payload("XX", "test", STRANGER, ISSUED_MS, EXPIRES_MS)
    outside = issuer().sign(content, kid_inside=False)
    assert judge(outside).ok
    assert judge(reshaped(lambda p: p.__setitem__(1, {4: b"foo"}))).ok
    parts = envelope(outside)
    parts[1] = {4: b"foo"}
    assert judge(wrap(cbor2.CBORTag(18, parts))).reason == "issuer-unknown"


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.pop("ver"),
        lambda h: h.__setitem__("ver", "2.0.0"),
        lambda h: h.pop("nam"),
        lambda h: h.__setitem__("dob", 1990),
        lambda h: h.pop("v"),
        lambda h: h.__setitem__("v", []),
        lambda h: h.__setitem__("t", h["v"]),
        lambda h: h["v"][0].pop("mp"),
        lambda h: h["v"][0].__setitem__("dn", "2"),
    ],
)
def test_a_fault_of_the_schema_alone_warns(change: Callable[[dict[str, Any]], object]) -> None:
    def damage(content: dict[Any, Any]) -> None:
        change(content[-260][1])

    judgement = judge(sealed(damage))
    assert judgement.ok
    assert judgement.warnings == ("schema",)


def test_claims_carry_codes_and_no_free_text() -> None:
    claims = judge(good(entry="test")).claims()
    assert claims["test"] == [
        {
            "co": "XX",
            "sc": "2026-07-21T08:00:00Z",
            "tg": "840539006",
            "tr": "260415000",
            "tt": "LP6464-4",
        }
    ]


def test_a_sentence_in_a_codes_place_is_not_told() -> None:
    def gossip(content: dict[Any, Any]) -> None:
        content[-260][1]["v"][0] |= {"vp": "given to A. Person", "mp": "x" * 41, "dn": float("nan")}

    (told,) = judge(sealed(gossip)).claims()["vaccination"]
    assert (told["vp"], told["mp"], told["dn"]) == (None, None, None)
    assert told["sd"] == 2


def test_nothing_shows_a_text_or_a_person_when_it_is_printed() -> None:
    text = good()
    parts = cose.read_sign1(zlib.decompress(unwrapped(text)))
    judgement = judge(text)
    shown = [
        *(repr(x) for x in (parts, hcert.read_hcert(parts.payload), store(issuer()))),
        *(repr(x) for x in (judgement, judgement.content, judgement.credential, judgement.signed)),
    ]
    person = (STRANGER.family, STRANGER.given, STRANGER.born, STRANGER.uvci)
    for secret in (*person, text[4:24], repr(parts.payload)[2:20]):
        assert not [said for said in shown if secret.upper() in said.upper()]


@pytest.mark.parametrize(
    "data", [b"\x66secret\xff", b"\xa2\x66secret\0\x66secret\0", b"\xd8\x24\x66secret"]
)
def test_a_fault_of_cbor_quotes_nothing(data: bytes) -> None:
    with pytest.raises(CborError) as caught:
        decode_cbor(data)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_threads_judge_alike() -> None:
    texts = [text for text, _, _ in FAULTS] + [good()]
    alone = [judge(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        for together in pool.map(lambda _: [judge(text) for text in texts], range(8)):
            assert [(x.refusal, x.signed) for x in together] == [
                (x.refusal, x.signed) for x in alone
            ]


def test_a_key_of_the_wrong_curve_does_not_serve() -> None:
    parts = envelope(good("ES384"))
    parts[0] = cbor2.dumps({1: -7, 4: issuer("ES384").kid})
    judgement = judge(wrap(cbor2.CBORTag(18, parts)), issuer("ES384"))
    assert judgement.reason == "algorithm-mismatch"
    assert ec.SECP384R1().name == store(issuer("ES384")).signers[0].key_kind


@pytest.mark.parametrize("protected", [b"", b"\xa0"])
def test_an_empty_protected_header_is_signed_as_no_bytes(protected: bytes) -> None:
    body = cbor2.dumps(payload("XX", "test", STRANGER, ISSUED_MS, EXPIRES_MS))
    signature = issuer().signature(cbor2.dumps(["Signature1", b"", b"", body]))
    parts = [protected, {1: -7, 4: issuer().kid}, body, signature]
    assert judge(wrap(cbor2.CBORTag(18, parts))).ok
