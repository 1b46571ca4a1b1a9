"""Which kind of credential a scanned text is, from the text alone, without what a scanner did."""

import re

from devices.qr_scanner.symbology import split_symbology
from edge_rules.credentials.credential import CredentialKind
from edge_rules.credentials.keyboards import as_typed

# What scanners and pasted lines put around a text: blanks, start and end marks, a byte order mark.
BLANKS = " \t\r\n\v\f\0\1\2\3\4\x1c\x1d\x1e\x1f\x7f\ufeff"
MAX_TYPED = 8192  # characters; the longest QR code holds 7,089

_KINDS = (
    (re.compile(r"HC\d:"), CredentialKind.EU_DCC),
    (re.compile(r"shc:/"), CredentialKind.SMART_HEALTH_CARD),
    (re.compile(r"MP\d:"), CredentialKind.ESTATE_PASS),
)


def recognise(text: str) -> CredentialKind:
    """Return the kind that a text claims to be, with nothing around it."""
    for mark, kind in _KINDS:
        if mark.match(text):
            return kind
    return CredentialKind.UNKNOWN


def read_scan(text: str) -> tuple[CredentialKind, str]:
    """Return the kind of a scanned text, and the text as the code said it.

    Only what is no kind as it stands is looked at again: without the scanner's identifier of the
    symbology, then as a keyboard of another country may have typed it. Every kind here is signed:
    a text that was mended wrongly fails a stage, and can't become somebody else's.
    """
    text = text.strip(BLANKS)
    kind = recognise(text)
    return _mended(text) if kind is CredentialKind.UNKNOWN else (kind, text)


def _mended(text: str) -> tuple[CredentialKind, str]:
    typed = as_typed(text) if len(text) <= MAX_TYPED else ()
    for reading in (text, *typed):
        plain = split_symbology(reading)[1].strip(BLANKS)
        kind = recognise(plain)
        if kind is not CredentialKind.UNKNOWN:
            return kind, plain
    return CredentialKind.UNKNOWN, text
