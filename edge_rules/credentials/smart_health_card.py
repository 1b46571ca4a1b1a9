"""SMART Health Cards: from the scanned texts to a judgement, stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devices.moment import format_stamp
from edge_rules.credentials.card_codes import read_codes
from edge_rules.credentials.card_issuers import CardIssuers
from edge_rules.credentials.card_keys import CardKey
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.health_card import HealthCard, read_health_card
from edge_rules.credentials.inflating import inflate_raw
from edge_rules.credentials.judgement import Judgement, Refusal, Refused, Stage
from edge_rules.credentials.jws import ALGORITHM, Jws, read_jws
from edge_rules.credentials.signature import ALGORITHMS
from edge_rules.credentials.subject import keyed_subject
from edge_rules.credentials.trust import TrustStore

KIND = CredentialKind.SMART_HEALTH_CARD
MAX_INFLATED = 64 * 1024  # bytes; one of three codes inflates to thirty thousand
ES256 = ALGORITHMS[-7]

NO_ISSUER = Refusal(Stage.ISSUER, "issuer-missing", CredentialStatus.UNVERIFIED)
NO_URL = Refusal(Stage.ISSUER, "issuer-malformed", CredentialStatus.UNVERIFIED)
ISSUER_UNKNOWN = Refusal(Stage.ISSUER, "issuer-unknown", CredentialStatus.UNVERIFIED)
KEY_UNKNOWN = Refusal(Stage.ISSUER, "issuer-key-unknown", CredentialStatus.UNVERIFIED)
KEY_UNFIT = Refusal(Stage.ISSUER, "issuer-key-unfit", CredentialStatus.UNVERIFIED)
FORGED = Refusal(Stage.SIGNATURE, "signature-invalid", CredentialStatus.INVALID)
NO_DATES = Refusal(Stage.VALIDITY, "dates-missing", CredentialStatus.INVALID)
ABSURD = Refusal(Stage.VALIDITY, "dates-absurd", CredentialStatus.INVALID)
EXPIRED = Refusal(Stage.VALIDITY, "credential-expired", CredentialStatus.EXPIRED)
EARLY = Refusal(Stage.VALIDITY, "credential-not-yet-valid", CredentialStatus.NOT_YET_VALID)
REVOKED = Refusal(Stage.REVOKED, "credential-revoked", CredentialStatus.REVOKED)

SCHEMA = "schema"


@dataclass(frozen=True, slots=True, repr=False)
class _Content:
    """What the card says, laid out for people and programs."""

    card: HealthCard
    key: CardKey | None
    doubt: str | None  # of the key's revocation list

    def warnings(self) -> tuple[str, ...]:
        """Name what is odd, or could not be looked up: told, not refused."""
        found = [] if self.card.follows_schema() else [SCHEMA]
        return tuple(found + ([self.doubt] if self.doubt else []))

    def claims(self) -> Mapping[str, Any]:
        """Lay out what names no person and no document."""
        card = self.card
        return {
            "issuer": card.issuer,
            "entry": card.entry,
            "issued": None if card.issued_ms is None else format_stamp(card.issued_ms),
            "expires": None if card.expires_ms is None else format_stamp(card.expires_ms),
            "algorithm": ALGORITHM,
            "kid": self.key.kid if self.key else None,
            **card.facts(),
        }

    def person(self) -> Mapping[str, Any]:
        """Lay out who it speaks of, and its number."""
        return self.card.person()


def judge_smart_health_card(
    text: str, trust: TrustStore, at_ms: int, subject_key: bytes
) -> Judgement:
    """Judge a card in one code; never raises, whatever the text."""
    return judge_card_codes((text,), trust, at_ms, subject_key)


def judge_card_codes(
    texts: Sequence[str], trust: TrustStore, at_ms: int, subject_key: bytes
) -> Judgement:
    """Judge a card in one code or several, in any order; never raises, whatever the texts."""
    try:
        jws = read_jws(read_codes(texts))
    except Refused as refused:
        return Judgement(KIND, refused.refusal)
    opened = _opened(jws)
    card = opened if isinstance(opened, HealthCard) else None
    refusal, key, signed = None, None, None
    try:
        key = _trusted_key(jws.kid, card, trust.cards)
        card = _verified(jws, opened, key)
        signed = _vouched(card, subject_key)
        _check_dates(card, at_ms)
        card.check()
        _check_revoked(card, key, trust.cards)
    except Refused as refused:
        refusal = refused.refusal
    if card is None:
        return Judgement(KIND, refusal)
    doubt = trust.cards.revoked.doubt(key.kid, key.crl_version) if key else None
    return Judgement(KIND, refusal, signed, _Content(card, key, doubt))


def _opened(jws: Jws) -> HealthCard | Refusal:
    """Read the payload ahead of its turn: only it names the issuer. What is wrong with it waits."""
    try:
        return read_health_card(inflate_raw(jws.payload, MAX_INFLATED))
    except Refused as refused:
        return refused.refusal


def _trusted_key(kid: str, card: HealthCard | None, issuers: CardIssuers) -> CardKey:
    """Return the key of this identifier in its issuer's own set."""
    if card is None:  # whose key it is can't be asked; whether it is anyone's can
        key = issuers.anyones(kid)
        if key is None:
            raise Refused(KEY_UNKNOWN)
        return key
    issuer = card.issuer
    if issuer is None:
        raise Refused(NO_URL if isinstance(card.claims.get("iss"), str) else NO_ISSUER)
    if issuer not in issuers:
        raise Refused(ISSUER_UNKNOWN)
    key = issuers.keys_of(issuer).get(kid)
    if key is None:
        raise Refused(KEY_UNFIT if issuers.is_unfit(issuer, kid) else KEY_UNKNOWN)
    return key


def _verified(jws: Jws, opened: HealthCard | Refusal, key: CardKey) -> HealthCard:
    if not ES256.verify(key.key, jws.signature, jws.to_be_signed):
        raise Refused(FORGED)
    if isinstance(opened, Refusal):
        raise Refused(opened)
    return opened


def _vouched(card: HealthCard, subject_key: bytes) -> Credential:
    # Numbers are an issuer's own: another one may give the same to somebody else.
    identity = f"{card.issuer}\n{card.rid}" if card.rid else card.payload
    return Credential(
        KIND,
        CredentialStatus.VALID,
        subject=keyed_subject(subject_key, KIND, identity),
        issuer=card.issuer,
        entry=card.entry,
        issued_ms=card.issued_ms,
        expires_ms=card.expires_ms,
    )


def _check_dates(card: HealthCard, at_ms: int) -> None:
    issued_ms, expires_ms = card.issued_ms, card.expires_ms
    if "nbf" not in card.claims:
        raise Refused(NO_DATES)
    if issued_ms is None or ("exp" in card.claims and expires_ms is None):
        raise Refused(ABSURD)
    if expires_ms is not None and expires_ms < issued_ms:
        raise Refused(ABSURD)
    if expires_ms is not None and at_ms > expires_ms:
        raise Refused(EXPIRED)
    if at_ms < issued_ms:
        raise Refused(EARLY)


def _check_revoked(card: HealthCard, key: CardKey, issuers: CardIssuers) -> None:
    if issuers.revoked.holds(key.kid, card.rid, card.began_s or 0.0):
        raise Refused(REVOKED)
