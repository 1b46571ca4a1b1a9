"""Base45 (RFC 9285): bytes as the 45 characters that a QR code packs best."""

import numpy as np

from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

CHARACTER = Refusal(Stage.BASE45, "base45-character", CredentialStatus.UNREADABLE)
LENGTH = Refusal(Stage.BASE45, "base45-length", CredentialStatus.UNREADABLE)
VALUE = Refusal(Stage.BASE45, "base45-value", CredentialStatus.UNREADABLE)

_STRANGE = 1 << 20  # so large that one strange character puts its group over every bound
# Whole numbers far below 2^53: floats hold them exactly, and numpy multiplies floats faster.
_VALUES = np.full(256, _STRANGE, np.float64)
_VALUES[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(45)
_WEIGHTS = np.array([1.0, 45.0, 2025.0])


def decode_base45(text: str) -> bytes:
    """Decode groups of three characters to two bytes and a last pair to one; else Refused."""
    try:
        characters = text.encode("ascii")
    except UnicodeEncodeError:
        raise Refused(CHARACTER) from None
    values = _VALUES.take(np.frombuffer(characters, np.uint8))
    whole, rest = divmod(len(values), 3)
    pairs = values[: whole * 3].reshape(whole, 3) @ _WEIGHTS
    last = int(values[whole * 3 :] @ _WEIGHTS[:rest]) if rest else 0
    if rest == 1 or last > 0xFF or (whole and pairs.max() > 0xFFFF):
        raise Refused(_fault(int(values.max()), rest))
    decoded: bytes = pairs.astype(">u2").tobytes()
    return decoded + bytes([last])[: rest // 2]


def _fault(largest: int, rest: int) -> Refusal:
    if largest >= _STRANGE:
        return CHARACTER
    return LENGTH if rest == 1 else VALUE
