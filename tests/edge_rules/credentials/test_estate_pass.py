"""edge_rules.credentials.estate_pass: each stage of a pass, one fault at a time."""

import re
from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from edge_rules.credentials import estate_pass, pass_proof, pass_terms
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Refusal, Stage
from edge_rules.credentials.pass_trust import PassTrust, by_key_id
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import encode_base45
from simulators.pass_issuer import OWN, PROOF, PassHolder, PassIssuer, Phone, pass_id, show
from tests.conftest import REPOSITORY
from tests.edge_rules.credentials.chain import EXPIRES_MS, ISSUED_MS, KEY, NOW_MS
from tests.edge_rules.credentials.passes import (
    HOLDER,
    OFFICE,
    claims,
    judge,
    printed,
    rotating,
    trusting,
)

STEP_MS = 30_000
STEP_BEGINS_MS = NOW_MS // STEP_MS * STEP_MS
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def reshaped(change: Callable[[list[Any]], object], text: str = "") -> str:
    """Show what a change makes of a good pass, or of a phone's code."""
    parts = opened(text or printed())
    change(parts)
    return show(parts)


def opened(text: str) -> list[Any]:
    """Take a text apart, slowly and with nobody's help."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    data = bytearray()
    for at in range(4, len(text), 3):
        group = text[at : at + 3]
        value = sum(alphabet.index(c) * 45**n for n, c in enumerate(group))
        data += value.to_bytes(len(group) - 1, "big")
    return list(cbor2.loads(bytes(data)).value)


def sealed(change: Callable[[dict[Any, Any]], object]) -> str:
    """Sign what a change makes of good claims."""
    content = claims()
    changed = change(content)
    return show(OFFICE.parts(changed if isinstance(changed, list) else content))


def bound(change: Callable[[dict[Any, Any]], object]) -> str:
    """Sign a pass for a phone whose key is described wrongly."""
    key = Phone().public()
    change(key)
    return sealed(lambda c: c.__setitem__(8, {1: key}))


def without(key: int) -> str:
    return sealed(lambda content: content.pop(key))


def own(key: int, value: object) -> str:
    return sealed(lambda c: c[OWN].__setitem__(key, value))


GOOD = cbor2.dumps(cbor2.CBORTag(18, opened(printed())))
CWT = (Stage.COSE, "cwt-structure")
FAULTS: list[tuple[str, Stage, str]] = [
    ("MP2:" + printed()[4:], Stage.PREFIX, "prefix-unsupported"),
    ("MP1:" + printed()[4:].lower(), Stage.BASE45, "base45-character"),
    ("MP1:A", Stage.BASE45, "base45-length"),
    ("MP1:::::", Stage.BASE45, "base45-length"),
    ("MP1::::", Stage.BASE45, "base45-value"),
    ("MP1:", Stage.CBOR, "cbor-broken"),
    ("MP1:" + encode_base45(GOOD[:-3]), Stage.CBOR, "cbor-broken"),
    ("MP1:" + encode_base45(b"\x81" * 400), Stage.CBOR, "cbor-broken"),
    (show(OFFICE.parts(b"\xff")), Stage.CBOR, "payload-broken"),
    ("MP1:" + encode_base45(cbor2.dumps([1])), Stage.COSE, "cose-structure"),
    ("MP1:" + encode_base45(GOOD + b"\0"), Stage.COSE, "cose-trailing"),
    (sealed(lambda _: [1]), *CWT),
    *[(without(key), *CWT) for key in (1, 4, 6, 7, OWN)],
    (sealed(lambda c: c.__setitem__(99, "a narrowing of later days")), *CWT),
    (own(6, "a narrowing of later days"), *CWT),
    (sealed(lambda c: c.__setitem__(1, "Riverside Gardens")), *CWT),
    (sealed(lambda c: c.__setitem__(7, b"short")), *CWT),
    (sealed(lambda c: c.__setitem__(7, "x" * 16)), *CWT),
    (sealed(lambda c: c.__setitem__(4, 1.5)), *CWT),
    (sealed(lambda c: c.__setitem__(4, 2**32)), *CWT),
    (sealed(lambda c: c.__setitem__(6, -1)), *CWT),
    (sealed(lambda c: c.__setitem__(6, True)), *CWT),
    (sealed(lambda c: c.__setitem__(5, None)), *CWT),
    (sealed(lambda c: c.__setitem__(OWN, [1])), *CWT),
    (own(1, 0), *CWT),
    (own(1, 6), *CWT),
    (own(2, False), *CWT),
    (own(2, 1), *CWT),
    (own(3, "north"), *CWT),
    (own(3, ["North Gate"]), *CWT),
    (own(3, ["north"] * 17), *CWT),
    (own(4, [[31, 360]]), *CWT),
    (own(4, [[31, 360, 360]]), *CWT),
    (own(4, [[31, 360, 1441]]), *CWT),
    (own(4, [[128, 360, 1200]]), *CWT),
    (own(4, [[31, 360, 1200]] * 15), *CWT),
    (own(5, 0), *CWT),
    (own(5, 1001), *CWT),
    (own(5, "4"), *CWT),
    (bound(lambda key: key.pop(-3)), *CWT),
    (bound(lambda key: key.__setitem__(-3, b"y" * 32)), *CWT),
    (bound(lambda key: key.__setitem__(-1, 2)), *CWT),
    (bound(lambda key: key.__setitem__(-2, b"x" * 31)), *CWT),
    (reshaped(lambda p: p.__setitem__(1, {PROOF: b"x" * 67})), Stage.COSE, "proof-structure"),
    (reshaped(lambda p: p.__setitem__(1, {PROOF: "x" * 68})), Stage.COSE, "proof-structure"),
    (show(OFFICE.parts(claims(), {1: -7})), Stage.ISSUER, "kid-missing"),
    (show(OFFICE.parts(claims(), {1: -7, 4: "text"})), Stage.ISSUER, "kid-missing"),
    (show(PassIssuer(seed=2).parts(claims())), Stage.ISSUER, "issuer-unknown"),
    (sealed(lambda c: c.__setitem__(1, "hillside")), Stage.ISSUER, "other-estate"),
    (show(OFFICE.parts(claims(), {1: -35, 4: OFFICE.kid})), Stage.SIGNATURE,
     "algorithm-unsupported"),
    (show(OFFICE.parts(claims(), {4: OFFICE.kid})), Stage.SIGNATURE, "algorithm-unsupported"),
    (show(PassIssuer(seed=2).parts(claims(), {1: -7, 4: OFFICE.kid})), Stage.SIGNATURE,
     "signature-invalid"),
    (reshaped(lambda p: p.__setitem__(3, p[3][:32] + b"\0" + p[3][32:])), Stage.SIGNATURE,
     "signature-invalid"),
    (reshaped(lambda p: p.__setitem__(1, {PROOF: b"x" * 68})), Stage.SIGNATURE, "proof-unwanted"),
    (reshaped(lambda p: p.__setitem__(1, {}), rotating()), Stage.SIGNATURE, "proof-missing"),
    (reshaped(lambda p: p.__setitem__(1, {PROOF: b"x" * 68}), rotating()), Stage.SIGNATURE,
     "proof-invalid"),
    (sealed(lambda c: c.__setitem__(4, ISSUED_MS // 1000 - 1)), Stage.VALIDITY, "dates-absurd"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "stage", "reason"), FAULTS)
def test_one_fault_gives_one_stage_and_one_reason(text: str, stage: str, reason: str) -> None:
    judgement = judge(text)
    assert (judgement.failed_at, judgement.reason) == (stage, reason)
    assert judgement.credential.status != CredentialStatus.VALID
    assert (judgement.subject is None) == (stage != Stage.VALIDITY)


def test_every_reason_is_shown_by_a_test_and_told_to_the_reader() -> None:
    known = {
        value.reason
        for module in (estate_pass, pass_proof, pass_terms)
        for value in vars(module).values()
        if isinstance(value, Refusal)
    }
    elsewhere = {
        "credential-expired", "credential-not-yet-valid", "credential-revoked",
        "outside-pass-times", "code-too-old", "code-too-new",
    }  # fmt: skip
    assert known == {r for _, _, r in FAULTS if r in known} | elsewhere
    page = (REPOSITORY / "docs" / "passes.md").read_text("utf-8")
    assert known <= set(re.findall(r"`([a-z0-9-]+)`", page))


@pytest.mark.parametrize("text", [printed(), rotating()])
def test_a_good_pass_is_valid_and_names_nobody(text: str) -> None:
    judgement = judge(f" {text}\r\n")
    assert (judgement.ok, judgement.reason, judgement.warnings) == (True, "valid", ())
    assert judgement.credential == Credential(
        CredentialKind.ESTATE_PASS,
        CredentialStatus.VALID,
        subject=judgement.subject,
        issuer="riverside",
        entry="pass",
        issued_ms=ISSUED_MS,
        expires_ms=EXPIRES_MS,
        person="resident",
        minor=False,
        rotating=text == rotating(),
    )
    number = pass_id(HOLDER).hex()
    assert number not in str(judgement.claims())
    assert judgement.person() == {"number": number}
    assert text[4:24] not in repr((judgement, judgement.content))
    assert number not in repr((judgement, judgement.content, judgement.credential))


def test_a_pass_says_whom_it_lets_in_where_and_how_often() -> None:
    text = printed(person="visitor", minor=True, gates=["north-gate", "south-in"], uses=2)
    credential = judge(text).credential
    assert (credential.person, credential.minor) == ("visitor", True)
    assert (credential.gates, credential.uses_per_day) == (("north-gate", "south-in"), 2)
    told = judge(printed(times=[[31, 360, 1200]])).claims()
    assert told["times"] == "Mon-Fri 06:00-20:00"


@pytest.mark.parametrize(
    ("at_ms", "reason", "status"),
    [
        (ISSUED_MS - 1, "credential-not-yet-valid", "not-yet-valid"),
        (ISSUED_MS, "valid", "valid"),
        (EXPIRES_MS + 999, "valid", "valid"),  # the last second belongs to it
        (EXPIRES_MS + 1000, "credential-expired", "expired"),
        (253_402_300_799_000, "credential-expired", "expired"),
        (-1, "credential-not-yet-valid", "not-yet-valid"),
    ],
)
def test_its_dates_bound_its_life(at_ms: int, reason: str, status: str) -> None:
    judgement = judge(printed(), at_ms=at_ms)
    assert (judgement.reason, judgement.credential.status) == (reason, status)
    assert judgement.subject == judge(printed()).subject


def test_a_pass_may_begin_after_it_was_issued() -> None:
    text = sealed(lambda c: c.__setitem__(5, NOW_MS // 1000 + 60))
    assert judge(text).reason == "credential-not-yet-valid"
    assert judge(text, at_ms=NOW_MS + 60_000).ok


@pytest.mark.parametrize(
    ("local", "ok"),
    [  # 2026-07-22 was a Wednesday; Shanghai is eight hours ahead
        ("06:00 on Wednesday", True),
        ("05:59 on Wednesday", False),
        ("20:00 on Wednesday", False),
        ("12:00 on Saturday", False),
    ],
)
def test_hours_of_the_week_are_those_of_the_site(local: str, ok: bool) -> None:
    clock, _, day = local.partition(" on ")
    hour, minute = map(int, clock.split(":"))
    days = {"Wednesday": 0, "Saturday": 3}[day]
    midnight_ms = 1_784_649_600_000  # of that Wednesday in Shanghai
    at_ms = midnight_ms + ((days * 24 + hour) * 60 + minute) * 60_000
    judgement = judge(printed(times=[[31, 360, 1200]]), at_ms=at_ms)
    assert judgement.ok is ok
    assert judgement.reason == ("valid" if ok else "outside-pass-times")
    assert judgement.credential.status == ("valid" if ok else "not-yet-valid")


@pytest.mark.parametrize(
    ("age_ms", "reason", "status"),
    [
        (-60_001, "code-too-new", "not-yet-valid"),
        (-30_000, "valid", "valid"),
        (0, "valid", "valid"),
        (59_999, "valid", "valid"),
        (60_000, "code-too-old", "expired"),
        (90_000, "code-too-old", "expired"),
    ],
)
def test_a_photographed_code_dies_within_a_minute(age_ms: int, reason: str, status: str) -> None:
    text = rotating(STEP_BEGINS_MS)
    judgement = judge(text, at_ms=STEP_BEGINS_MS + age_ms)
    assert (judgement.reason, judgement.credential.status) == (reason, status)
    assert judgement.subject == judge(rotating()).subject


def test_only_the_phone_that_it_was_given_to_can_show_it() -> None:
    parts = opened(rotating())
    parts[1] = {PROOF: Phone(2).proof(pass_id(HOLDER), NOW_MS)}
    assert judge(show(parts)).reason == "proof-invalid"
    parts[1] = {PROOF: Phone().proof(pass_id("another"), NOW_MS)}
    assert judge(show(parts)).reason == "proof-invalid"


def test_a_later_step_cant_be_made_of_an_earlier_one() -> None:
    parts = opened(rotating(NOW_MS - 90_000))
    step = (NOW_MS // STEP_MS).to_bytes(4, "big")
    parts[1] = {PROOF: step + parts[1][PROOF][4:]}
    judgement = judge(show(parts))
    assert (judgement.failed_at, judgement.reason) == ("signature", "proof-invalid")
    assert judgement.subject is None


def test_no_point_of_the_curve_is_nobodys_phone() -> None:
    content = claims() | {8: {1: {1: 2, -1: 1, -2: b"\xff" * 32, -3: True}}}
    parts = OFFICE.parts(content)
    parts[1] = {PROOF: Phone().proof(pass_id(HOLDER), NOW_MS)}
    assert judge(show(parts)).reason == "proof-invalid"


@pytest.mark.parametrize("text", [printed(), rotating()])
def test_a_revoked_pass_is_revoked_on_paper_and_on_the_phone(text: str) -> None:
    judgement = judge(text, trusting(revoked=True))
    assert (judgement.failed_at, judgement.reason) == ("revoked", "credential-revoked")
    assert judgement.credential.person == "resident"
    other = OFFICE.claims("another", ISSUED_MS, EXPIRES_MS)
    assert judge(show(OFFICE.parts(other)), trusting(revoked=True)).ok


def test_the_subject_is_the_number_alone_whoever_shows_it_however() -> None:
    subject = judge(printed()).subject
    parts = opened(printed())
    r, s = parts[3][:32], int.from_bytes(parts[3][32:], "big")
    parts[1], parts[3] = {99: "anything"}, r + (ORDER_P256 - s).to_bytes(32, "big")
    assert judge(show(parts)).ok
    renewed = OFFICE.claims(HOLDER, ISSUED_MS, EXPIRES_MS + 1000, "staff")
    for text in (show(parts), rotating(), show(OFFICE.parts(renewed))):
        assert judge(text).subject == subject
    assert judge_text(printed(), trusting(), NOW_MS, b"another site's key").subject != subject


def test_old_keys_hold_beside_the_new_one_and_all_of_one_identifier_are_tried() -> None:
    new = PassIssuer(seed=2)
    both = trusting(OFFICE, new)
    assert judge(printed(), both).ok
    assert judge(show(new.parts(claims())), both).ok
    store = TrustStore([])
    keys = tuple(key for found in both.passes.keys.values() for key in found)
    store.passes = PassTrust("riverside", {OFFICE.kid: keys[::-1]})
    assert judge(printed(), store).ok


def test_one_key_given_twice_is_one() -> None:
    public = OFFICE.key.public_key()
    assert [len(keys) for keys in by_key_id([public, public]).values()] == [1]


def test_without_a_site_any_estate_is_judged_for_itself() -> None:
    store = TrustStore([])
    hillside = PassIssuer("hillside")
    store.passes = PassTrust(keys=by_key_id([hillside.key.public_key()]))
    text = PassHolder(hillside).text(hillside.claims(1, ISSUED_MS, EXPIRES_MS), NOW_MS)
    assert judge(text, store).ok
    assert judge(text).reason == "other-estate"
    assert judge(printed(), TrustStore([])).reason == "issuer-unknown"


def test_another_sites_passes_and_keys_of_certificates_do_not_mix() -> None:
    assert judge_text(printed(), TrustStore([]), NOW_MS, KEY).kind == "estate-pass"


@pytest.mark.parametrize("text", [printed(), rotating()])
def test_no_edit_of_one_character_is_accepted(text: str) -> None:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    whole = opened(text)
    for at in range(4, len(text)):
        for other in (alphabet[(alphabet.index(text[at]) + step) % 45] for step in (1, 7)):
            changed = text[:at] + other + text[at + 1 :]
            if judge(changed).ok:
                parts = opened(changed)
                assert (parts[0], parts[2]) == (whole[0], whole[2])
