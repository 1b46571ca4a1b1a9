"""Base45 (RFC 9285): bytes as the 45 characters that a QR code packs best."""

import numpy as np

from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

CHARACTER = Refusal(Stage.BASE45, "base45-character", CredentialStatus.UNREADABLE)
LENGTH = Refusal(Stage.BASE45, "base45-length", CredentialStatus.UNREADABLE)
VALUE = Refusal(Stage.BASE45, "base45-value", CredentialStatus.UNREADABLE)

_STRANGE = 0xFF  # the value of every character that is none
_VALUES = bytes(ALPHABET.find(chr(character)) & _STRANGE for character in range(256))
# Sums stay below 2^24: floats of 32 bits hold them exactly, and numpy multiplies them fastest.
_WEIGHTS = np.array([1, 45, 2025], np.float32)
_BYTE, _FLOAT, _PAIR = np.dtype(np.uint8), np.dtype(np.float32), np.dtype(">u2")


def decode_base45(text: str) -> bytes:
    """Decode groups of three characters to two bytes and a last pair to one; else Refused."""
    try:
        characters = text.encode("ascii")
    except UnicodeEncodeError:
        raise Refused(CHARACTER) from None
    values = characters.translate(_VALUES)
    if _STRANGE in values:
        raise Refused(CHARACTER)
    whole, rest = divmod(len(values), 3)
    if rest == 1:
        raise Refused(LENGTH)
    groups = np.frombuffer(values, _BYTE, whole * 3).astype(_FLOAT).reshape(whole, 3)
    pairs = groups.dot(_WEIGHTS)
    last = values[-2] + 45 * values[-1] if rest else 0
    # argmax is one call into C, max takes several through Python
    if last > 0xFF or (whole and pairs.item(pairs.argmax()) > 0xFFFF):
        raise Refused(VALUE)
    decoded: bytes = pairs.astype(_PAIR).tobytes()
    return decoded + bytes((last,)) if rest else decoded
