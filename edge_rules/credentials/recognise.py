"""Which kind of credential a scanned text is, from the text alone."""

import re

from edge_rules.credentials.credential import CredentialKind

BLANKS = " \t\r\n\v\f\0"  # what scanners and pasted lines put around a text

_KINDS = (
    (re.compile(r"HC\d:"), CredentialKind.EU_DCC),
    (re.compile(r"shc:/"), CredentialKind.SMART_HEALTH_CARD),
    (re.compile(r"MP\d:"), CredentialKind.ESTATE_PASS),
)


def recognise(text: str) -> CredentialKind:
    """Return the kind that a text without blanks around it claims to be."""
    return next((kind for mark, kind in _KINDS if mark.match(text)), CredentialKind.UNKNOWN)
