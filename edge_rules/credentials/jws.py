"""JWS in compact form (RFC 7515), as SMART Health Cards have it: ES256, DEFLATE, a key named."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from devices.strict_json import unambiguous
from edge_rules.credentials.base64url import decode_base64url
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

ALGORITHM = "ES256"
DEFLATE = "DEF"

STRUCTURE = Refusal(Stage.JWS, "jws-structure", CredentialStatus.UNREADABLE)
BASE64 = Refusal(Stage.JWS, "jws-base64", CredentialStatus.UNREADABLE)
HEADER = Refusal(Stage.JWS, "jws-header", CredentialStatus.UNREADABLE)
UNSUPPORTED = Refusal(Stage.JWS, "algorithm-unsupported", CredentialStatus.INVALID)
UNCOMPRESSED = Refusal(Stage.JWS, "zip-unsupported", CredentialStatus.INVALID)
NO_KID = Refusal(Stage.JWS, "kid-missing", CredentialStatus.UNVERIFIED)


_KEPT = 120  # characters; one that names algorithm, compression and key has a hundred


@dataclass(frozen=True, slots=True, repr=False)
class Jws:
    """One signed text. `payload` is still compressed; `repr` shows none of it."""

    kid: str
    payload: bytes
    signature: bytes
    to_be_signed: bytes


def read_jws(text: str) -> Jws:
    """Take a compact JWS apart and check its header; else Refused."""
    parts = text.split(".")
    if len(parts) != 3:
        raise Refused(STRUCTURE)
    header, payload, signature = parts[0], decode_base64url(parts[1]), decode_base64url(parts[2])
    if payload is None or signature is None:
        raise Refused(BASE64)
    kid = _kept_kid(header) if len(header) <= _KEPT else _kid_of(header)
    signed = text[: -1 - len(parts[2])].encode("ascii")
    return Jws(kid, payload, signature, signed)


def _kid_of(header: str) -> str:
    data = decode_base64url(header)
    if data is None:
        raise Refused(BASE64)
    return _kid(_header(data))


def _header(data: bytes) -> Mapping[str, Any]:
    try:
        header = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(HEADER) from None
    # What stands in `crit` must be understood (section 4.1.11), and nothing of it is.
    if not isinstance(header, dict) or "crit" in header:
        raise Refused(HEADER)
    return header


def _kid(header: Mapping[str, Any]) -> str:
    if header.get("alg") != ALGORITHM:
        raise Refused(UNSUPPORTED)
    if header.get("zip") != DEFLATE:
        raise Refused(UNCOMPRESSED)
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise Refused(NO_KID)
    return kid


_kept_kid = lru_cache(256)(_kid_of)  # an issuer's header is the same on each of its cards
_DECODER = json.JSONDecoder(object_pairs_hook=unambiguous)
