"""Decompression of what strangers compressed: bounded, whole, nothing behind it."""

import zlib

from edge_rules.credentials.cbor import MAX_BYTES
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

MAX_INFLATED = MAX_BYTES  # a QR code holds 3 kB; its certificate inflates to less than one

BROKEN = Refusal(Stage.INFLATE, "inflate-broken", CredentialStatus.UNREADABLE)
TRUNCATED = Refusal(Stage.INFLATE, "inflate-truncated", CredentialStatus.UNREADABLE)
TOO_LONG = Refusal(Stage.INFLATE, "inflate-too-long", CredentialStatus.UNREADABLE)
TRAILING = Refusal(Stage.INFLATE, "inflate-trailing", CredentialStatus.UNREADABLE)


def inflate_zlib(compressed: bytes) -> bytes:
    """Decompress one whole zlib stream (RFC 1950), never past MAX_INFLATED; else Refused."""
    return _inflate(compressed, zlib.MAX_WBITS, MAX_INFLATED)


def inflate_raw(compressed: bytes, most: int) -> bytes:
    """Decompress one whole raw DEFLATE stream (RFC 1951) of `most` bytes or fewer; else Refused."""
    return _inflate(compressed, -zlib.MAX_WBITS, most)


def _inflate(compressed: bytes, window_bits: int, most: int) -> bytes:
    stream = zlib.decompressobj(window_bits)
    try:
        inflated = stream.decompress(compressed, most + 1)
    except zlib.error:
        raise Refused(BROKEN) from None
    if len(inflated) > most:
        raise Refused(TOO_LONG)
    if not stream.eof:
        raise Refused(TRUNCATED)
    if stream.unused_data:
        raise Refused(TRAILING)
    return inflated
