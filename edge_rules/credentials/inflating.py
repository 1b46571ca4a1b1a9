"""Decompression of what strangers compressed: bounded, whole, nothing behind it."""

import zlib

from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

MAX_INFLATED = 16 * 1024  # a QR code holds 3 kB; its certificate inflates to one, seldom two

BROKEN = Refusal(Stage.INFLATE, "inflate-broken", CredentialStatus.UNREADABLE)
TRUNCATED = Refusal(Stage.INFLATE, "inflate-truncated", CredentialStatus.UNREADABLE)
TOO_LONG = Refusal(Stage.INFLATE, "inflate-too-long", CredentialStatus.UNREADABLE)
TRAILING = Refusal(Stage.INFLATE, "inflate-trailing", CredentialStatus.UNREADABLE)


def inflate_zlib(compressed: bytes) -> bytes:
    """Decompress one whole zlib stream (RFC 1950), never past MAX_INFLATED; else Refused."""
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(compressed, MAX_INFLATED + 1)
    except zlib.error:
        raise Refused(BROKEN) from None
    if len(inflated) > MAX_INFLATED:
        raise Refused(TOO_LONG)
    if not stream.eof:
        raise Refused(TRUNCATED)
    if stream.unused_data:
        raise Refused(TRAILING)
    return inflated
