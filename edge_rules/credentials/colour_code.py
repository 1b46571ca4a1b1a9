"""Colour codes: which texts are ones the site says, which colour they have a platform says."""

from dataclasses import dataclass
from typing import Any

import re2

from devices.colour_platform.answer import COLOURS, PlatformAnswer, Said
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.recognise import BLANKS, recognise
from edge_rules.credentials.subject import keyed_subject

MAX_TEXT = 4296  # what a QR code holds
MAX_PATTERN_MEMORY = 1 << 20
MAX_PROGRAM = 1000  # instructions; with MAX_TEXT it bounds what a text costs to some milliseconds
IDENTITY = "id"  # the group of a pattern that says whose code it is

COLOUR_UNKNOWN = "colour-unknown"  # until a platform has answered

_STATUS = {
    Said.EXPIRED: CredentialStatus.EXPIRED,
    Said.NOT_FOUND: CredentialStatus.INVALID,
    Said.FAILED: CredentialStatus.UNVERIFIED,
    Said.TIMEOUT: CredentialStatus.UNVERIFIED,
}


@dataclass(frozen=True, slots=True)
class ColourCode:
    """A text that is one: the keyed hash of it, and its subject where the text itself says whose.

    `subject` is None where the platform's answer says that.
    """

    code: str
    subject: str | None

    def unasked(self) -> Credential:
        """Return what is known of it before anybody was asked."""
        return Credential(
            CredentialKind.COLOUR_CODE, CredentialStatus.UNVERIFIED, COLOUR_UNKNOWN, self.subject
        )


class ColourCodes:
    """The texts that are colour codes at one site; ValueError where `match` is no pattern.

    `by_answer`: whose code it is stands in the platform's answer, not in the text.
    """

    def __init__(self, match: str, *, by_answer: bool) -> None:
        self._pattern = _pattern(match)
        self._by_answer = by_answer
        self._has_identity = IDENTITY in self._pattern.groupindex

    def find(self, text: str, subject_key: bytes) -> ColourCode | None:
        """Recognise a scanned text; None for every other one, also of a kind that needs no query.

        Lacking anything better, a code's whole text is its subject: one that changes each minute is
        another subject each minute.
        """
        text = text.strip(BLANKS)
        if len(text) > MAX_TEXT or recognise(text) is not CredentialKind.UNKNOWN:
            return None
        try:
            found = self._pattern.fullmatch(text)
        except UnicodeError:  # half a character is nobody's code
            return None
        if found is None:
            return None
        code = keyed_subject(subject_key, CredentialKind.COLOUR_CODE, text)
        if self._by_answer:
            return ColourCode(code, None)
        whose = found[IDENTITY] if self._has_identity else None
        subject = keyed_subject(subject_key, CredentialKind.COLOUR_CODE, whose) if whose else code
        return ColourCode(code, subject)


def credential_of(answer: PlatformAnswer, code: ColourCode, subject_key: bytes) -> Credential:
    """Make facts of a platform's answer; whose code it is goes no further than its hash."""
    said = answer.said
    subject = code.subject
    if answer.identity is not None:
        subject = keyed_subject(subject_key, CredentialKind.COLOUR_CODE, answer.identity)
    return Credential(
        CredentialKind.COLOUR_CODE,
        _STATUS.get(said, CredentialStatus.VALID),
        said.value,
        None if said is Said.NOT_FOUND else subject,  # nobody knows such a code
        colour=said.value if said in COLOURS else None,
    )


def _pattern(match: str) -> Any:  # noqa: ANN401 - RE2's module has no types
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PATTERN_MEMORY
    try:
        pattern = re2.compile(match, options)
    except (re2.error, UnicodeError) as error:
        said = error.args[0] if isinstance(error, re2.error) else "not Unicode"
        what = said.decode(errors="replace")[:80] if isinstance(said, bytes) else str(said)[:80]
        msg = f"not a pattern of RE2: {what}"
        raise ValueError(msg) from error
    if pattern.programsize > MAX_PROGRAM:
        msg = f"a pattern of {pattern.programsize} steps; at most {MAX_PROGRAM} are tried on a text"
        raise ValueError(msg)
    if pattern.fullmatch("") is not None:
        msg = "matches also nothing at all: begin with what every code begins with"
        raise ValueError(msg)
    return pattern
