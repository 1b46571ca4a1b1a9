"""The envelope: an order's exact text and the signature over it, so that nothing is rewritten."""

import base64
import binascii
from dataclasses import dataclass

from devices.errors import DeviceProtocolError
from devices.native.json_text import is_text, parse_object
from devices.orders.errors import UNREADABLE, OrderError

MAX_BYTES = 1 << 20  # a policy of thousands of rules; the HQ writes no larger ones
SIGNED_AS = b"menshen/1/order\n"  # before the text: no other signature of the key is an order
SIGNATURE_BYTES = 64
MAX_KEY_ID = 64

_KEYS = {"order", "key", "signature"}
_LOOKS = '{"order": "{…}", "key": "…", "signature": "base64"}'


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order as it came: nothing of it is to be believed before its signature is."""

    text: bytes
    key: str
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers."""
        return SIGNED_AS + self.text


def decode_signed(payload: bytes) -> SignedOrder:
    """Take an envelope apart; OrderError where it is none."""
    try:
        body = parse_object(payload, MAX_BYTES)
    except DeviceProtocolError as error:
        raise OrderError(UNREADABLE, str(error)) from None
    text, key, signature = (body.get(name) for name in ("order", "key", "signature"))
    if set(body) != _KEYS:
        raise OrderError(UNREADABLE, f"an order looks like {_LOOKS}")
    if not is_text(text, MAX_BYTES) or not is_text(key, MAX_KEY_ID):
        raise OrderError(UNREADABLE, "order and key must be texts")
    return SignedOrder(str(text).encode(), str(key), _signature(signature))


def _signature(value: object) -> bytes:
    what = f"signature must be {SIGNATURE_BYTES} bytes in base64"
    if not isinstance(value, str):
        raise OrderError(UNREADABLE, what)
    try:
        signature = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise OrderError(UNREADABLE, what) from None
    if len(signature) != SIGNATURE_BYTES:
        raise OrderError(UNREADABLE, what)
    return signature
