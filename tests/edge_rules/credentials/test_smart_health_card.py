"""edge_rules.credentials.smart_health_card: each stage of a card, one fault at a time."""

import json
import re
import time
import traceback
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from devices.reasons import REASONS
from edge_rules.credentials import (
    card_codes,
    card_revocation,
    health_card,
    inflating,
    jws,
    smart_health_card,
)
from edge_rules.credentials import judge as judge_module
from edge_rules.credentials.card_issuers import CardIssuers, CardTrust, read_issuers
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import invent_holder
from simulators.shc_issuer import (
    NOT_DETECTED,
    SARS_COV_2,
    ShcIssuer,
    codes,
    deflate,
    encode,
    make_key,
    minified,
)
from tests.edge_rules.credentials.cards import (
    CAREFUL,
    ISSUER,
    as_jws,
    changed,
    claims,
    good,
    judge,
    revoking,
    signed,
    trusting,
)
from tests.edge_rules.credentials.chain import ISSUED_MS, NOW_MS, STRANGER
from tests.edge_rules.credentials.faulty_cards import FAULTS

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
RID = claims()["vc"]["rid"]
MODULES = (card_codes, health_card, inflating, jws, smart_health_card, judge_module)


@pytest.mark.parametrize("entry", ["vaccination", "test"])
def test_a_good_card_is_valid(entry: str) -> None:
    judgement = judge(f" {good(entry)}\r\n")
    assert (judgement.ok, judgement.reason, judgement.warnings) == (True, "valid", ())
    assert judgement.credential == Credential(
        CredentialKind.SMART_HEALTH_CARD,
        CredentialStatus.VALID,
        None,
        judgement.subject,
        ISSUER.issuer,
        entry,
        ISSUED_MS,
        None,
    )
    assert judgement.person() == {
        "family": STRANGER.family,
        "given": STRANGER.given,
        "born": STRANGER.born,
        "number": RID,
    }


@pytest.mark.parametrize(("texts", "stage", "reason"), FAULTS)
def test_one_fault_gives_one_stage_and_one_reason(
    texts: str | list[str], stage: str, reason: str
) -> None:
    judgement = judge(texts)
    assert (judgement.ok, judgement.failed_at, judgement.reason) == (False, stage, reason)
    assert judgement.credential.status != CredentialStatus.VALID
    vouched = stage in {"validity", "payload"} and reason != "payload-broken"
    assert (judgement.subject is not None) == vouched
    assert judgement.credential.issuer == (ISSUER.issuer if vouched else None)


def test_there_are_faults_of_every_stage() -> None:
    counts = {stage: sum(fault[1] == stage for fault in FAULTS) for stage in {f[1] for f in FAULTS}}
    assert len(FAULTS) >= 100
    assert min(counts.values()) >= 8
    assert len(counts) == 8  # and those of revoked cards stand by themselves below


def test_every_reason_is_shown_by_a_test_and_told_to_the_reader() -> None:
    known = {
        value.reason
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, Refusal)
    }
    elsewhere = {"issuer-key-unfit", "credential-revoked", "prefix-unsupported"}
    assert known == {reason for _, _, reason in FAULTS} | elsewhere
    page = (Path(__file__).parents[3] / "docs" / "credentials.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z0-9-]+)`", page))
    warnings = {card_revocation.REVOCATION_UNKNOWN, card_revocation.REVOCATION_STALE}
    assert known | warnings | set(Stage) <= told
    assert known | warnings <= REASONS.keys()


@pytest.mark.parametrize(
    ("at_ms", "reason"),
    [
        (ISSUED_MS - 1, "credential-not-yet-valid"),
        (ISSUED_MS, "valid"),
        (NOW_MS + 500, "valid"),
        (NOW_MS + 501, "credential-expired"),
    ],
)
def test_fractions_of_seconds_bound_its_life(at_ms: int, reason: str) -> None:
    judgement = judge(good(exp=NOW_MS / 1000 + 0.5), at_ms=at_ms)
    assert judgement.reason == reason
    assert judgement.credential.expires_ms == NOW_MS + 500
    assert judgement.subject == judge(good()).subject


def test_most_cards_never_expire() -> None:
    assert judge(good(), at_ms=ISSUED_MS + 3_000_000_000_000).ok


@pytest.mark.parametrize(
    ("rids", "status"),
    [
        ([RID], "revoked"),
        ([f"{RID}.{ISSUED_MS // 1000 + 1}"], "revoked"),
        ([f"{RID}.{ISSUED_MS // 1000}"], "valid"),
        ([f"{RID}.{ISSUED_MS // 1000}.001"], "revoked"),
        ([f"{RID}.5", RID], "revoked"),
        ([RID, f"{RID}.5"], "revoked"),
        ([f"{RID}.5"], "valid"),
        ([RID.swapcase(), RID[:-1], f"{RID}-"], "valid"),
        ([], "valid"),
    ],
)
def test_a_card_is_revoked_by_its_number_and_the_second_before_which(
    rids: list[str], status: str
) -> None:
    text = CAREFUL.issue("vaccination", STRANGER, ISSUED_MS)
    judgement = judge(text, revoking(*rids))
    assert judgement.credential.status == status
    assert judgement.warnings == ()
    assert judgement.failed_at == ("revoked" if status == "revoked" else None)
    assert judgement.subject is not None


def test_revoked_comes_last() -> None:
    late = CAREFUL.issue("vaccination", STRANGER, ISSUED_MS, exp=NOW_MS / 1000 - 1)
    assert judge(late, revoking(RID)).reason == "credential-expired"
    untyped = CAREFUL.payload("vaccination", STRANGER, ISSUED_MS)
    untyped["vc"]["type"] = []
    assert judge(codes(CAREFUL.sign(untyped)), revoking(RID)).reason == "card-type"


def test_a_card_without_a_number_is_revoked_by_none() -> None:
    content = CAREFUL.payload("vaccination", STRANGER, ISSUED_MS)
    del content["vc"]["rid"]
    assert judge(codes(CAREFUL.sign(content)), revoking(RID)).ok


def test_lists_that_are_missing_or_old_are_told_and_refuse_nothing() -> None:
    text = CAREFUL.issue("vaccination", STRANGER, ISSUED_MS)
    unknown = judge(text, trusting(CAREFUL))
    assert (unknown.ok, unknown.warnings) == (True, ("revocation-unknown",))
    stale = judge(text, revoking("x", counter=1))
    assert (stale.ok, stale.warnings) == (True, ("revocation-stale",))
    assert judge(text, revoking("x", counter=3)).warnings == ()
    assert judge(text, revoking(RID, counter=1)).reason == "credential-revoked"
    assert judge(good()).warnings == ()  # an issuer that makes no lists


def test_a_key_that_is_not_as_it_has_to_be_verifies_nothing() -> None:
    for wrong in ({"use": "enc"}, {"crv": "P-384"}, {"d": "AA"}, {"x": ISSUER.jwk["y"]}):
        read = CardTrust()
        read_issuers({"issuer": ISSUER.issuer, "keys": [ISSUER.jwk | wrong]}, read)
        trust = TrustStore([])
        trust.cards = CardIssuers(read)
        judgement = judge(good(), trust)
        assert (judgement.failed_at, judgement.reason) == ("issuer", "issuer-key-unfit")


def test_a_key_serves_its_own_issuer_alone() -> None:
    foreign = ShcIssuer("foreign", issuer="https://foreign.invalid")
    trust = trusting(ISSUER, foreign)
    assert judge(foreign.issue("test", STRANGER, ISSUED_MS), trust).ok
    stolen = codes(foreign.sign(claims()))  # names the usual issuer under the other one's key
    judgement = judge(stolen, trust)
    assert (judgement.failed_at, judgement.reason) == ("issuer", "issuer-key-unknown")


def test_issuers_may_share_a_key() -> None:
    proxy = ShcIssuer("tests", issuer="https://proxy.invalid")
    assert proxy.kid == ISSUER.kid
    trust = trusting(ISSUER, proxy)
    assert judge(good(), trust).ok
    assert judge(proxy.issue("test", STRANGER, ISSUED_MS), trust).credential.issuer == proxy.issuer


def test_a_turned_signature_is_the_same_credential() -> None:
    header, body, signature = as_jws(good()).split(".")
    raw = urlsafe_b64decode(signature + "==")
    turned = raw[:32] + (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    (text,) = codes(f"{header}.{body}.{encode(turned)}")
    assert text != good()
    assert (judge(text).ok, judge(text).subject) == (True, judge(good()).subject)


def test_the_subject_is_the_issuers_number_or_else_the_whole_payload() -> None:
    renewed = ISSUER.issue("test", STRANGER, ISSUED_MS - 5000)
    assert judge(renewed).subject == judge(good()).subject
    foreign = ShcIssuer("foreign", issuer="https://foreign.invalid")
    theirs = foreign.issue("vaccination", STRANGER, ISSUED_MS)
    assert judge(theirs, trusting(ISSUER, foreign)).subject != judge(good()).subject
    another = ISSUER.issue("vaccination", invent_holder("another"), ISSUED_MS)
    assert judge(another).subject != judge(good()).subject

    content = claims()
    del content["vc"]["rid"]
    text = signed(content)
    assert judge(text).subject not in {None, judge(good()).subject}
    packed = signed(deflate(minified(content), 1))
    assert packed != text
    assert judge(packed).subject == judge(text).subject
    content["nbf"] += 1
    assert judge(signed(content)).subject != judge(text).subject


@pytest.mark.parametrize("rid", ["x" * 25, "", "a b", "é", 7, None, "\ud800", "a.5"])
def test_a_number_that_is_none_is_told_and_not_believed(rid: object) -> None:
    content = claims()
    content["vc"]["rid"] = rid
    judgement = judge(signed(content))
    assert (judgement.ok, judgement.warnings) == (True, ("schema",))
    assert judgement.subject is not None
    assert judgement.person()["number"] is None


def test_blanks_that_json_allows_are_no_fault() -> None:
    text = b" \r\n" + minified(claims()) + b"\t"
    assert judge(signed(deflate(text))).ok
    spaced = json.dumps(claims(), indent=2).encode()
    assert judge(signed(deflate(spaced))).ok


def test_only_headers_of_a_usual_length_are_kept_in_memory() -> None:
    judge(good())
    known = jws._kept_kid.cache_info().currsize
    assert judge(signed(claims(), x="y" * 90)).ok
    assert jws._kept_kid.cache_info().currsize == known
    assert jws._kept_kid.cache_info().maxsize == 256


def test_two_patients_are_told() -> None:
    def put(content: dict[str, Any]) -> None:
        entries = content["vc"]["credentialSubject"]["fhirBundle"]["entry"]
        entries.append(entries[0])

    assert judge(changed(put)).warnings == ("schema",)


def test_claims_name_nobody_and_hold_no_sentence() -> None:
    patient = STRANGER.family, STRANGER.given, STRANGER.born, RID
    for entry in ("vaccination", "test"):
        laid_out = dict(judge(good(entry)).claims())
        assert not [word for word in (*patient, "Authority") if word in repr(laid_out)]
        assert laid_out["entry"] == entry
        assert (laid_out["kid"], laid_out["algorithm"]) == (ISSUER.kid, "ES256")
    assert laid_out["test"] == [
        {
            "codes": [SARS_COV_2],
            "date": "2026-07-21T08:00:00Z",
            "status": "final",
            "result": [NOT_DETECTED],
        }
    ]

    def put(content: dict[str, Any]) -> None:
        entries = content["vc"]["credentialSubject"]["fhirBundle"]["entry"]
        vaccination = entries[1]["resource"]
        vaccination["status"] = "Ann Other was here"
        vaccination["occurrenceDateTime"] = "Ann"
        vaccination["vaccineCode"] = {"coding": [{"system": "Ann O", "code": 7}, 8], "text": "Ann"}

    assert judge(changed(put)).claims()["vaccination"] == [
        {"codes": [{"system": None, "code": None}], "date": None, "status": None}
    ]


def test_what_is_not_vouched_for_stays_off_the_lane() -> None:
    forged = codes(ISSUER.sign(claims(), key=make_key("forger")))
    judgement = judge(forged)
    assert judgement.credential == Credential(
        CredentialKind.SMART_HEALTH_CARD, CredentialStatus.INVALID, "signature-invalid"
    )
    assert judgement.claims()["entry"] == "vaccination"  # for whoever looks into it by hand


def test_a_repr_or_a_traceback_shows_nothing_of_it() -> None:
    private = (STRANGER.family, STRANGER.given, RID, good()[40:60])
    seen = repr(judge(good()))
    try:
        health_card.read_health_card(f'{{"family": "{STRANGER.family}", '.encode())
    except Refused:
        seen += traceback.format_exc()
    assert not [word for word in private if word in seen]


@pytest.mark.parametrize(
    "data",
    [
        bytes(10_000_000),
        b"[" * 60_000,
        b'{"vc":' * 10_000,
        b"[" + b"[]," * 20_000 + b"[]]",
        b'{"iss":"' + b"x" * 60_000 + b'"}',
        b'{"vc":{"credentialSubject":{"fhirBundle":{"entry":[' + b"{}," * 20_000 + b"{}]}}}}",
    ],
)
def test_a_bomb_costs_little(data: bytes) -> None:
    bomb = codes(ISSUER.sign(deflate(data)))
    spent_s = []
    for _ in range(5):
        began_s = time.process_time()
        assert not judge(bomb).ok
        spent_s.append(time.process_time() - began_s)
    assert min(spent_s) < 0.02  # a hang guard: it takes two milliseconds
