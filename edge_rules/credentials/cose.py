"""COSE_Sign1 (RFC 9052): one payload, one signature, two headers."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import cbor2
from cbor2 import CBORTag

from edge_rules.credentials.cbor import CborError, decode_cbor, decode_first
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

ALGORITHM = 1
KEY_ID = 4

SIGN1_TAG = 18
CWT_TAG = 61

CBOR_BROKEN = Refusal(Stage.CBOR, "cbor-broken", CredentialStatus.UNREADABLE)
TRAILING = Refusal(Stage.COSE, "cose-trailing", CredentialStatus.UNREADABLE)
STRUCTURE = Refusal(Stage.COSE, "cose-structure", CredentialStatus.UNREADABLE)

_EMPTY: Mapping[Any, Any] = MappingProxyType({})
_KEPT_BYTES = 64  # a header with an algorithm and a key identifier has a dozen
_KEPT_HEADERS = 256


class Sign1(NamedTuple):
    """One COSE_Sign1. What stands in the protected header counts before the unprotected one.

    Its `repr` shows none of it: the payload names a person. A tuple, since one is made for every
    code and a frozen dataclass takes three times as long to make.
    """

    protected: bytes
    headers: Mapping[Any, Any]
    payload: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "Sign1(…)"

    @property
    def algorithm(self) -> object:
        """The signature algorithm as IANA numbers it; anything at all if the header lies."""
        return self.headers.get(ALGORITHM)

    @property
    def key_id(self) -> bytes | None:
        """The signer's key identifier."""
        kid = self.headers.get(KEY_ID)
        return kid if isinstance(kid, bytes) else None

    @property
    def to_be_signed(self) -> bytes:
        """The Sig_structure of RFC 9052, section 4.4, with no external data."""
        protected, payload = _string(self.protected), _string(self.payload)
        return b"\x84\x6aSignature1%b\x40%b" % (protected, payload)


def read_sign1(data: bytes) -> Sign1:
    """Take a COSE_Sign1 apart, bare, tagged, or tagged inside a CWT tag; else Refused."""
    usual = _usual(data)
    if usual is not None:
        protected, payload, signature = usual
        own = _headers(protected)
        return Sign1(protected if own else b"", own, payload, signature)
    protected, unprotected, payload, signature, end = _any(data)
    own = _headers(protected)
    if end != len(data):
        raise Refused(TRAILING)
    # RFC 9052, section 3: an empty header may come as an empty map, yet is signed as no bytes.
    return Sign1(protected if own else b"", {**unprotected, **own}, payload, signature)


def _usual(data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Cut up what nearly every issuer writes: d2 84, a short header, a0, payload, 64 bytes.

    Only for speed: what is written otherwise, or broken, is the decoder's, so None is no fault.
    """
    if not data.startswith(b"\xd2\x84") or len(data) < 94 or not 0x40 <= data[2] < 0x58:
        return None
    at = data[2] - 0x3D  # where the unprotected header begins
    size, head = data[at + 2], at + 3
    if data[at + 1] == 0x59:
        size, head = size << 8 | data[head], at + 4
    elif data[at + 1] != 0x58:
        return None
    end = head + size
    if data[at] != 0xA0 or len(data) != end + 66 or data[end : end + 2] != b"\x58\x40":
        return None
    return data[3:at], data[head:end], data[end + 2 :]


def _any(data: bytes) -> tuple[bytes, Mapping[Any, Any], bytes, bytes, int]:
    try:
        item, end = decode_first(data)
    except CborError:
        raise Refused(CBOR_BROKEN) from None
    if isinstance(item, CBORTag) and item.tag == CWT_TAG:
        item = item.value
    if isinstance(item, CBORTag) and item.tag == SIGN1_TAG:
        item = item.value
    match item:
        case [bytes(protected), Mapping() as unprotected, bytes(payload), bytes(signature)]:
            return protected, unprotected, payload, signature, end
        case _:
            raise Refused(STRUCTURE)


def _protected_map(protected: bytes) -> Mapping[Any, Any]:
    if not protected:
        return _EMPTY
    try:
        headers = decode_cbor(protected)
    except CborError:
        raise Refused(CBOR_BROKEN) from None
    if not isinstance(headers, dict):
        raise Refused(STRUCTURE)
    return MappingProxyType(headers)


# All that one signer signs has one and the same protected header.
_kept_map = lru_cache(_KEPT_HEADERS)(_protected_map)


def _headers(protected: bytes) -> Mapping[Any, Any]:
    return (_kept_map if len(protected) <= _KEPT_BYTES else _protected_map)(protected)


def _string(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return b"%c%b" % (0x40 | size, data)
    if size < 0x100:
        return b"\x58%c%b" % (size, data)
    return cbor2.dumps(data)
