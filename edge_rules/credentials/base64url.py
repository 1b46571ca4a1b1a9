"""base64url as JOSE has it (RFC 7515, section 2): no padding, and one text only for any bytes."""

from base64 import urlsafe_b64encode
from binascii import Error, a2b_base64

# What stands for 62 and 63 elsewhere, and padding, become what the decoder knows nowhere.
_FOREIGN = bytes.maketrans(b"-_+/=", b"+/***")
# What a text may end in whose last group is not whole: the bits left over are zero.
_LAST = (None, None, b"AQgw", b"AEIMQUYcgkosw048")


def decode_base64url(text: str) -> bytes | None:
    """Decode strictly; None for a strange character, padding, or bits left over that are set."""
    try:
        characters = text.encode("ascii")
        padded = characters.translate(_FOREIGN) + b"=" * (-len(characters) % 4)
        decoded = a2b_base64(padded, strict_mode=True)
    except (UnicodeEncodeError, Error):
        return None
    last = _LAST[len(characters) % 4]
    return decoded if last is None or characters[-1] in last else None


def encode_base64url(data: bytes) -> str:
    """Encode without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
