"""EU Digital COVID Certificates: from the scanned text to a judgement, stage by stage."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from devices.moment import format_stamp
from edge_rules.certlogic.rule_book import RulesVerdict, Shown
from edge_rules.credentials.base45 import decode_base45
from edge_rules.credentials.certificate import RSA, Signer
from edge_rules.credentials.cose import Sign1, read_sign1
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.hcert import (
    EXPIRES,
    ISSUED,
    HealthCertificate,
    read_hcert,
)
from edge_rules.credentials.inflating import inflate_zlib
from edge_rules.credentials.judgement import Judgement, Refusal, Refused, Stage
from edge_rules.credentials.signature import ALGORITHMS
from edge_rules.credentials.subject import keyed_subject
from edge_rules.credentials.trust import TrustStore

PREFIX = "HC1:"
SECOND_MS = 1000

VERSION = Refusal(Stage.PREFIX, "prefix-unsupported", CredentialStatus.UNREADABLE)
KID_MISSING = Refusal(Stage.ISSUER, "kid-missing", CredentialStatus.UNVERIFIED)
ISSUER_UNKNOWN = Refusal(Stage.ISSUER, "issuer-unknown", CredentialStatus.UNVERIFIED)
KEY_USAGE = Refusal(Stage.KEY_USAGE, "key-usage-wrong", CredentialStatus.INVALID)
ALGORITHM = Refusal(Stage.SIGNATURE, "algorithm-unsupported", CredentialStatus.INVALID)
MISMATCH = Refusal(Stage.SIGNATURE, "algorithm-mismatch", CredentialStatus.INVALID)
FORGED = Refusal(Stage.SIGNATURE, "signature-invalid", CredentialStatus.INVALID)
NO_DATES = Refusal(Stage.VALIDITY, "dates-missing", CredentialStatus.INVALID)
ABSURD = Refusal(Stage.VALIDITY, "dates-absurd", CredentialStatus.INVALID)
EXPIRED = Refusal(Stage.VALIDITY, "credential-expired", CredentialStatus.EXPIRED)
EARLY = Refusal(Stage.VALIDITY, "credential-not-yet-valid", CredentialStatus.NOT_YET_VALID)
SIGNER_EXPIRED = Refusal(Stage.VALIDITY, "signer-expired", CredentialStatus.EXPIRED)
SIGNER_EARLY = Refusal(Stage.VALIDITY, "signer-not-yet-valid", CredentialStatus.NOT_YET_VALID)
REVOKED = Refusal(Stage.REVOKED, "credential-revoked", CredentialStatus.REVOKED)

SCHEMA = "schema"
SIGNER_DATES = "signer-dates"

_KIND, _VALID = CredentialKind.EU_DCC, CredentialStatus.VALID
_UNASKED = RulesVerdict()


class _Content(NamedTuple):
    """What the certificate says, laid out for people and programs; `repr` shows none of it."""

    envelope: Sign1
    certificate: HealthCertificate
    signer: Signer | None

    def __repr__(self) -> str:
        return "_Content(…)"

    def warnings(self) -> tuple[str, ...]:
        """Name what the specification forbids and issuers do: told, not refused."""
        found = []
        if not self.certificate.follows_schema():
            found.append(SCHEMA)
        if self.signer is not None and _outlives(self.certificate, self.signer):
            found.append(SIGNER_DATES)
        return tuple(found)

    def claims(self) -> Mapping[str, Any]:
        """Lay out what names no person and no document."""
        code, kid = self.envelope.algorithm, self.envelope.key_id
        algorithm = ALGORITHMS.get(code) if type(code) is int else None
        certificate = self.certificate
        issued_ms, expires_ms = certificate.issued_ms, certificate.expires_ms
        return {
            "issuer": certificate.issuer,
            "entry": certificate.entry,
            "issued": None if issued_ms is None else format_stamp(issued_ms),
            "expires": None if expires_ms is None else format_stamp(expires_ms),
            "algorithm": algorithm.name if algorithm else None,
            "kid": None if kid is None else kid.hex(),
            **certificate.facts(),
        }

    def person(self) -> Mapping[str, Any]:
        """Lay out who it speaks of, and its number."""
        return self.certificate.person()


def judge_eu_dcc(text: str, trust: TrustStore, at_ms: int, subject_key: bytes) -> Judgement:
    """Judge a text that begins like a certificate; never raises, whatever the text."""
    try:
        envelope = _open(text)
        certificate = read_hcert(envelope.payload)
    except Refused as refused:
        return Judgement(_KIND, refused.refusal)
    try:
        signer = _verified_signer(envelope, certificate, trust)
    except Refused as refused:
        content = _Content(envelope, certificate, None)
        return Judgement(_KIND, refused.refusal, None, content)
    issuer = certificate.issuer or signer.country
    refusal = _out_of_date(certificate, signer, at_ms)
    ecdsa = signer.key_kind != RSA
    if refusal is None and trust.revoked.holds(
        signer.kid, issuer or "", certificate.numbers, envelope.signature, ecdsa=ecdsa
    ):
        refusal = REVOKED
    # What the nations' rules say is for the policy to weigh, no stage of its own.
    asked = refusal is None and trust.rules.total
    verdict = _ruled(certificate, issuer, trust, at_ms) if asked else _UNASKED
    signed = _vouched(envelope, certificate, issuer, verdict, subject_key)
    content = _Content(envelope, certificate, signer)
    return Judgement(_KIND, refusal, signed, content)


def _open(text: str) -> Sign1:
    if not text.startswith(PREFIX):
        raise Refused(VERSION)
    return read_sign1(inflate_zlib(decode_base45(text[len(PREFIX) :])))


def _verified_signer(envelope: Sign1, certificate: HealthCertificate, trust: TrustStore) -> Signer:
    """Return the signer whose key made the signature, among all that share its identifier."""
    kid = envelope.key_id
    if kid is None:
        raise Refused(KID_MISSING)
    candidates = trust.candidates(kid)
    if not candidates:
        raise Refused(ISSUER_UNKNOWN)
    entries = certificate.entry_names
    for signer in candidates:
        if signer.may_sign(entries):
            break
    else:
        raise Refused(KEY_USAGE)
    code = envelope.algorithm
    algorithm = ALGORITHMS.get(code) if type(code) is int else None
    if algorithm is None:
        raise Refused(ALGORITHM)
    refusal, data = MISMATCH, envelope.to_be_signed
    for signer in candidates:
        if algorithm.key_kind == signer.key_kind:
            refusal = FORGED
            if algorithm.verify(signer.key, envelope.signature, data):
                if not signer.may_sign(entries):
                    raise Refused(KEY_USAGE)
                return signer
    raise Refused(refusal)


def _vouched(
    envelope: Sign1,
    certificate: HealthCertificate,
    issuer: str | None,
    verdict: RulesVerdict,
    subject_key: bytes,
) -> Credential:
    identity = "\n".join(certificate.numbers) or envelope.payload
    return Credential(
        _KIND,
        _VALID,
        None,
        keyed_subject(subject_key, _KIND, identity),
        issuer,
        certificate.entry,
        certificate.issued_ms,
        certificate.expires_ms,
        verdict.rules_ok,
        verdict.failing_rule,
    )


def _out_of_date(certificate: HealthCertificate, signer: Signer, at_ms: int) -> Refusal | None:
    issued_ms, expires_ms = certificate.issued_ms, certificate.expires_ms
    if issued_ms is None or expires_ms is None or expires_ms < issued_ms:
        given = ISSUED in certificate.claims and EXPIRES in certificate.claims
        return ABSURD if given else NO_DATES
    if at_ms > expires_ms:
        return EXPIRED
    if at_ms < issued_ms:
        return EARLY
    if at_ms >= signer.not_after_ms + SECOND_MS:  # the last second belongs to it
        return SIGNER_EXPIRED
    return SIGNER_EARLY if at_ms < signer.not_before_ms else None


def _ruled(
    certificate: HealthCertificate, issuer: str | None, trust: TrustStore, at_ms: int
) -> RulesVerdict:
    shown = Shown(at_ms, issuer, certificate.issued_ms, certificate.expires_ms)
    return trust.rules.judge(certificate.content, shown)


def _outlives(certificate: HealthCertificate, signer: Signer) -> bool:
    issued_ms, expires_ms = certificate.issued_ms, certificate.expires_ms
    early = issued_ms is not None and issued_ms < signer.not_before_ms
    late = expires_ms is not None and expires_ms >= signer.not_after_ms + SECOND_MS
    return early or late
