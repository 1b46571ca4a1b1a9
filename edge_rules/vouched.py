"""What a guard vouches for where no device reads a credential."""

from dataclasses import dataclass
from enum import StrEnum

from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus

MAX_PERSONS = 8  # who come in on one guard's word; a longer row comes in two

BY_DOCUMENT = "checked-by-document"  # the credential's reason: no signature stands behind it
BY_NUMBER = "checked-by-number"


class How(StrEnum):
    """By what a guard knows who it is."""

    PAPER = "paper"
    LIST = "list"
    COMPANION = "companion"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Vouched:
    """A guard's word for somebody, never a name.

    `credential` is what was seen, for a companion only whom the guard makes of him (`person`,
    `minor`). `checked` says how it was looked at, `listed` what the estate's list said, `refused`
    why the gateway itself knows better.
    """

    how: How
    credential: Credential
    checked: str | None = None
    listed: bool | None = None
    persons: int = 1
    refused: str | None = None


def nothing_shown(person: str | None = None, *, minor: bool | None = None) -> Credential:
    """Return what somebody shows who shows nothing."""
    return Credential(CredentialKind.NONE, CredentialStatus.UNVERIFIED, person=person, minor=minor)
