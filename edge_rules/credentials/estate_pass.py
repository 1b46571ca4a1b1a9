"""Passes of the estate itself: COSE_Sign1 over a CWT, in base45 without compression."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from devices.moment import format_stamp
from edge_rules.credentials.base45 import decode_base45
from edge_rules.credentials.cose import Sign1, read_sign1
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.judgement import Judgement, Refusal, Refused, Stage
from edge_rules.credentials.pass_proof import STEPS_OFF, Proof, challenge, read_proof, step_of
from edge_rules.credentials.pass_terms import PassTerms, read_terms
from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.credentials.signature import ALGORITHMS
from edge_rules.credentials.subject import keyed_subject
from edge_rules.credentials.trust import TrustStore
from edge_rules.credentials.weekly_times import times_text, within
from edge_rules.vouched import BY_NUMBER

PREFIX = "MP1:"
ENTRY = "pass"
ALGORITHM = -7
ES256 = ALGORITHMS[ALGORITHM]
SECOND_MS = 1000

VERSION = Refusal(Stage.PREFIX, "prefix-unsupported", CredentialStatus.UNREADABLE)
KID_MISSING = Refusal(Stage.ISSUER, "kid-missing", CredentialStatus.UNVERIFIED)
OTHER_ESTATE = Refusal(Stage.ISSUER, "other-estate", CredentialStatus.UNVERIFIED)
ISSUER_UNKNOWN = Refusal(Stage.ISSUER, "issuer-unknown", CredentialStatus.UNVERIFIED)
UNSUPPORTED = Refusal(Stage.SIGNATURE, "algorithm-unsupported", CredentialStatus.INVALID)
FORGED = Refusal(Stage.SIGNATURE, "signature-invalid", CredentialStatus.INVALID)
NO_PROOF = Refusal(Stage.SIGNATURE, "proof-missing", CredentialStatus.INVALID)
NO_PHONE = Refusal(Stage.SIGNATURE, "proof-unwanted", CredentialStatus.INVALID)
OTHER_PHONE = Refusal(Stage.SIGNATURE, "proof-invalid", CredentialStatus.INVALID)
ABSURD = Refusal(Stage.VALIDITY, "dates-absurd", CredentialStatus.INVALID)
EXPIRED = Refusal(Stage.VALIDITY, "credential-expired", CredentialStatus.EXPIRED)
EARLY = Refusal(Stage.VALIDITY, "credential-not-yet-valid", CredentialStatus.NOT_YET_VALID)
OUTSIDE = Refusal(Stage.VALIDITY, "outside-pass-times", CredentialStatus.NOT_YET_VALID)
TOO_OLD = Refusal(Stage.VALIDITY, "code-too-old", CredentialStatus.EXPIRED)
TOO_NEW = Refusal(Stage.VALIDITY, "code-too-new", CredentialStatus.NOT_YET_VALID)
REVOKED = Refusal(Stage.REVOKED, "credential-revoked", CredentialStatus.REVOKED)


@dataclass(frozen=True, slots=True, repr=False)
class _Content:
    """What the pass says, laid out for people and programs."""

    envelope: Sign1
    terms: PassTerms

    def warnings(self) -> tuple[str, ...]:
        """Name nothing: what is odd about a pass of one's own refuses it."""
        return ()

    def claims(self) -> Mapping[str, Any]:
        """Lay out what names no person and no pass."""
        terms, kid = self.terms, self.envelope.key_id
        return {
            "issuer": terms.estate,
            "entry": ENTRY,
            "person": terms.person,
            "minor": terms.minor,
            "issued": format_stamp(terms.issued_s * SECOND_MS),
            "from": format_stamp(terms.since_s * SECOND_MS),
            "expires": format_stamp(terms.until_s * SECOND_MS),
            "gates": list(terms.gates),
            "times": times_text(terms.times),
            "uses_per_day": terms.uses_per_day,
            "rotating": terms.phone is not None,
            "kid": None if kid is None else kid.hex(),
        }

    def person(self) -> Mapping[str, Any]:
        """Give the pass's own number; a name stands nowhere in it."""
        return {"number": self.terms.id.hex()}


def judge_estate_pass(text: str, trust: TrustStore, at_ms: int, subject_key: bytes) -> Judgement:
    """Judge a text that begins like a pass; never raises, whatever the text."""
    kind, passes = CredentialKind.ESTATE_PASS, trust.passes
    try:
        envelope = _open(text)
        terms, proof = read_terms(envelope.payload), read_proof(envelope)
    except Refused as refused:
        return Judgement(kind, refused.refusal)
    refusal, signed = None, None
    try:
        _check_issuer(envelope, terms, passes)
        _check_phone(terms, proof)
        signed = _vouched(terms, subject_key)
        _check_times(terms, proof, passes, at_ms)
        _check_revoked(terms, passes)
    except Refused as refused:
        refusal = refused.refusal
    return Judgement(kind, refusal, signed, _Content(envelope, terms))


def judge_number(
    terms: PassTerms, key_id: bytes, passes: PassTrust, at_ms: int, subject_key: bytes
) -> Credential:
    """Judge a pass that a guard reads the number of: known here, by no signature of its own."""
    credential = _vouched(terms, subject_key)
    try:
        _check_key(key_id, passes)
        _check_times(terms, None, passes, at_ms)
        _check_revoked(terms, passes)
    except Refused as refused:
        refusal = refused.refusal
        return replace(credential, status=refusal.status, reason=refusal.reason)
    return replace(credential, reason=BY_NUMBER)


def _open(text: str) -> Sign1:
    if not text.startswith(PREFIX):
        raise Refused(VERSION)
    return read_sign1(decode_base45(text[len(PREFIX) :]))


def _check_issuer(envelope: Sign1, terms: PassTerms, passes: PassTrust) -> None:
    if passes.estate not in {None, terms.estate}:
        raise Refused(OTHER_ESTATE)
    if envelope.key_id is None:
        raise Refused(KID_MISSING)
    candidates = passes.keys.get(envelope.key_id)
    if not candidates:
        raise Refused(ISSUER_UNKNOWN)
    if envelope.algorithm != ALGORITHM:
        raise Refused(UNSUPPORTED)
    data = envelope.to_be_signed
    if not any(ES256.verify(key, envelope.signature, data) for key in candidates):
        raise Refused(FORGED)


def _check_key(key_id: bytes, passes: PassTrust) -> None:
    if key_id not in passes.keys:  # keys were ended, and with them all their passes
        raise Refused(ISSUER_UNKNOWN)


def _check_phone(terms: PassTerms, proof: Proof | None) -> None:
    """Hold what stands beside a pass to the phone's key; a printed pass has neither."""
    if terms.phone is None:
        if proof is not None:
            raise Refused(NO_PHONE)
        return
    if proof is None:
        raise Refused(NO_PROOF)
    try:
        phone = _phone_key(terms.phone)
    except ValueError:  # no point of the curve: no phone ever had this key
        raise Refused(OTHER_PHONE) from None
    if not ES256.verify(phone, proof.signature, challenge(terms.id, proof.step)):
        raise Refused(OTHER_PHONE)


@lru_cache(maxsize=4096)  # an estate's phones come every day; only signed passes get so far
def _phone_key(point: bytes) -> EllipticCurvePublicKey:
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)


def _vouched(terms: PassTerms, subject_key: bytes) -> Credential:
    return Credential(
        CredentialKind.ESTATE_PASS,
        CredentialStatus.VALID,
        subject=keyed_subject(subject_key, CredentialKind.ESTATE_PASS, terms.id.hex()),
        issuer=terms.estate,
        entry=ENTRY,
        issued_ms=terms.issued_s * SECOND_MS,
        expires_ms=terms.until_s * SECOND_MS,
        person=terms.person,
        minor=terms.minor,
        gates=terms.gates or None,
        uses_per_day=terms.uses_per_day,
        rotating=terms.phone is not None,
    )


def _check_times(terms: PassTerms, proof: Proof | None, passes: PassTrust, at_ms: int) -> None:
    at_s = at_ms // SECOND_MS
    if terms.until_s < terms.since_s:
        raise Refused(ABSURD)
    if at_s > terms.until_s:
        raise Refused(EXPIRED)
    if at_s < terms.since_s:
        raise Refused(EARLY)
    if terms.times and not within(terms.times, datetime.fromtimestamp(at_s, passes.zone)):
        raise Refused(OUTSIDE)
    if proof is None:
        return
    behind = step_of(at_ms) - proof.step
    if behind > STEPS_OFF:
        raise Refused(TOO_OLD)
    if behind < -STEPS_OFF:
        raise Refused(TOO_NEW)


def _check_revoked(terms: PassTerms, passes: PassTrust) -> None:
    if terms.id in passes.revoked:
        raise Refused(REVOKED)
