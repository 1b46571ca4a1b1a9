"""JWS in compact form (RFC 7515), as SMART Health Cards have it: ES256, DEFLATE, a key named."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    header, payload, signature = map(decode_base64url, parts)
    if header is None or payload is None or signature is None:
        raise Refused(BASE64)
    kid = _kid(_header(header))
    signed = text[: len(parts[0]) + 1 + len(parts[1])].encode("ascii")
    return Jws(kid, payload, signature, signed)


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


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name twice"
        raise ValueError(msg)
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unambiguous)
