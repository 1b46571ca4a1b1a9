"""What the rest of the house may know of a credential: facts and a keyed subject, no person."""

from dataclasses import dataclass
from enum import StrEnum


class CredentialKind(StrEnum):
    """What a person showed."""

    EU_DCC = "eu-dcc"
    SMART_HEALTH_CARD = "smart-health-card"
    COLOUR_CODE = "colour-code"
    ESTATE_PASS = "estate-pass"  # noqa: S105 - a kind of credential, not a password
    UNKNOWN = "unknown"
    NONE = "none"


class CredentialStatus(StrEnum):
    """How the judgement of a credential ended."""

    VALID = "valid"
    INVALID = "invalid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    REVOKED = "revoked"
    UNVERIFIED = "unverified"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Credential:
    """Facts of one judged credential; `subject` is a keyed hash of the signed identity.

    `rules_ok` is None where no nation's rule was asked; `failing_rule` names the first that failed.
    `person` is whom an estate pass makes of its holder, `gates` the lanes and checkpoints that it
    is bound to, `uses_per_day` how often it lets in; a `rotating` one is as good as the clock.
    """

    kind: CredentialKind
    status: CredentialStatus
    reason: str | None = None
    subject: str | None = None
    issuer: str | None = None
    entry: str | None = None
    issued_ms: int | None = None
    expires_ms: int | None = None
    rules_ok: bool | None = None
    failing_rule: str | None = None
    colour: str | None = None
    person: str | None = None
    minor: bool | None = None
    gates: tuple[str, ...] | None = None
    uses_per_day: int | None = None
    rotating: bool | None = None
