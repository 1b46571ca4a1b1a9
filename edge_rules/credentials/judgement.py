"""How the judgement of a credential ends: the first stage that failed, why, and the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus

VALID = "valid"


class Stage(StrEnum):
    """What is checked; each kind of credential has its own of these, in its own order.

    A judgement names the first that failed.
    """

    PREFIX = "prefix"
    BASE45 = "base45"
    INFLATE = "inflate"
    CBOR = "cbor"
    COSE = "cose"
    CHUNKS = "chunks"
    JWS = "jws"
    ISSUER = "issuer"
    KEY_USAGE = "key-usage"
    SIGNATURE = "signature"
    VALIDITY = "validity"
    PAYLOAD = "payload"
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


class Content(Protocol):
    """What stands in a credential, whether or not anything vouches for it."""

    def warnings(self) -> tuple[str, ...]:
        """Name what is odd and yet no reason to refuse."""
        ...

    def claims(self) -> Mapping[str, Any]:
        """Lay out what names no person and no document."""
        ...

    def person(self) -> Mapping[str, Any]:
        """Lay out who the credential speaks of and its number, for a guard's eyes only."""
        ...


class Judgement(NamedTuple):
    """The judgement of one text. Its content is laid out on demand and never stored.

    A tuple, since one is made for every code and a frozen dataclass takes twice as long to make.
    """

    kind: CredentialKind
    refusal: Refusal | None = None
    signed: Credential | None = None  # what is vouched for, as it were if nothing were amiss
    content: Content | None = None

    def __repr__(self) -> str:
        return f"Judgement({self.kind!r}, {self.refusal!r}, {self.signed!r})"

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
    def warnings(self) -> tuple[str, ...]:
        """What is odd and yet no reason to refuse."""
        return self.content.warnings() if self.content else ()

    def claims(self) -> Mapping[str, Any]:
        """Lay out what the credential says, without a name or a document's number."""
        return self.content.claims() if self.content else {}

    def person(self) -> Mapping[str, Any]:
        """Lay out who the credential speaks of: for a guard's eyes only, never to be kept."""
        return self.content.person() if self.content else {}

    @property
    def credential(self) -> Credential:
        """What the lane may know: facts that a signature vouches for, and no person."""
        refusal, signed = self.refusal, self.signed
        if refusal is None:
            return signed or Credential(self.kind, CredentialStatus.VALID)
        if signed is None:
            return Credential(self.kind, refusal.status, refusal.reason)
        return replace(signed, status=refusal.status, reason=refusal.reason)
