"""How the judgement of a credential ends: the first stage that failed, why, and the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus

VALID = "valid"


class Stage(StrEnum):
    """What is checked, in this order; a judgement names the first that failed."""

    PREFIX = "prefix"
    BASE45 = "base45"
    INFLATE = "inflate"
    CBOR = "cbor"
    COSE = "cose"
    ISSUER = "issuer"
    KEY_USAGE = "key-usage"
    SIGNATURE = "signature"
    VALIDITY = "validity"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to fail: where, the stable word for why, and what the lane makes of it."""

    stage: Stage
    reason: str
    status: CredentialStatus


class Refused(Exception):  # noqa: N818 - the end of a judgement, not an error of ours
    """Ends a judgement at its first failing stage."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.reason)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a verified signature vouches for; absent while nothing does."""

    subject: str
    issuer: str | None
    entry: str | None
    issued_ms: int | None
    expires_ms: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of one text. `claims` names nobody; `person` does and is never stored."""

    kind: CredentialKind
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()
    signed: Signed | None = None
    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    person: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def ok(self) -> bool:
        """Whether every stage was passed."""
        return self.refusal is None

    @property
    def failed_at(self) -> Stage | None:
        """The first failing stage."""
        return self.refusal.stage if self.refusal else None

    @property
    def reason(self) -> str:
        """The stable word for the outcome, `valid` when all is well."""
        return self.refusal.reason if self.refusal else VALID

    @property
    def subject(self) -> str | None:
        """The keyed hash of the signed identity; None while no signature vouches for it."""
        return self.signed.subject if self.signed else None

    @property
    def credential(self) -> Credential:
        """What the lane may know: facts that a signature vouches for, and no person."""
        refusal, signed = self.refusal, self.signed
        status = refusal.status if refusal else CredentialStatus.VALID
        reason = refusal.reason if refusal else None
        if signed is None:
            return Credential(self.kind, status, reason)
        return Credential(
            self.kind,
            status,
            reason,
            signed.subject,
            signed.issuer,
            signed.entry,
            signed.issued_ms,
            signed.expires_ms,
        )
