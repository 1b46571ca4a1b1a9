"""COSE_Sign1 (RFC 9052): one payload, one signature, two headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True, repr=False)
class Sign1:
    """One COSE_Sign1. What stands in the protected header counts before the unprotected one.

    Its `repr` shows none of it: the payload names a person.
    """

    protected: bytes
    headers: Mapping[Any, Any]
    payload: bytes
    signature: bytes

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
        return cbor2.dumps(["Signature1", self.protected, b"", self.payload])


def read_sign1(data: bytes) -> Sign1:
    """Take a COSE_Sign1 apart, bare, tagged, or tagged inside a CWT tag; else Refused."""
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
            own = _protected_map(protected)
        case _:
            raise Refused(STRUCTURE)
    if end != len(data):
        raise Refused(TRAILING)
    # RFC 9052, section 3: an empty header may come as an empty map, yet is signed as no bytes.
    return Sign1(protected if own else b"", {**unprotected, **own}, payload, signature)


def _protected_map(protected: bytes) -> Mapping[Any, Any]:
    if not protected:
        return {}
    try:
        headers = decode_cbor(protected)
    except CborError:
        raise Refused(CBOR_BROKEN) from None
    if not isinstance(headers, dict):
        raise Refused(STRUCTURE)
    return headers
