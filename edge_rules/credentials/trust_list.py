"""Lists of signers as national backends hand them out, read only where their signature holds.

Two forms, told apart by what stands in them:

- a list of certificates as the EU gateway has them, `{"certificates": [{"kid", "country",
  "certificateType", "rawData": base64 DER, …}]}`, below a line with its ECDSA signature (r and s
  in base64), as Germany published it (Digitaler-Impfnachweis/certification-apis, dsc-update);
- a DSC-TL, a compact JWS of `{"iss", "iat", "exp", "dsc_trust_list": {"XX": {"keys": [{"kid",
  "x5c": [base64 DER]}]}}}`, as Sweden does (diggsweden/dgc-trust, trust-list.md, 1.0.0).

The body alone, without its signature, is read too; whoever asks for that has to say so.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.credentials.base64url import decode_base64url
from edge_rules.credentials.certificate import RSA, CertificateError, key_id, read_certificate
from edge_rules.credentials.signature import ALGORITHMS, PublicKey

DSC = "DSC"  # the one type of certificate that signs health certificates

_FORM = (
    'must hold {"certificates": [{"kid", "rawData": base64 DER}, …]} or '
    '{"dsc_trust_list": {"XX": {"keys": [{"kid", "x5c": [base64 DER]}]}}}'
)
_JWS = re.compile(rb"eyJ[\w-]*\.[\w-]*\.[\w-]*", re.ASCII)
_SIGNATURE_LINE = re.compile(rb"([A-Za-z0-9+/]{40,}={0,2})\r?\n")
_BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS.values()}
_BY_CURVE = {
    algorithm.key_kind: algorithm for algorithm in ALGORITHMS.values() if algorithm.key_kind != RSA
}


class TrustListError(ValueError):
    """A list that is not to be believed, or is none; the sentence says why."""


@dataclass(frozen=True, slots=True)
class TrustList:
    """What a list holds: certificates in DER, each once and fit to serve, in its order.

    `passed_over` has a sentence on each entry that is no fit signer; nobody here can mend it.
    """

    certificates: tuple[bytes, ...]
    passed_over: tuple[str, ...]
    signed: bool
    issued_s: int | None = None
    expires_s: int | None = None


def read_trust_list(data: bytes, key: PublicKey | None) -> TrustList:
    """Read a list; TrustListError where its signature is not of `key`, or it is no list.

    Without a key nothing is known of where the list comes from.
    """
    body, signed = _opened(data.strip(), key) if _JWS.fullmatch(data.strip()) else _cut(data, key)
    if key is not None and not signed:
        msg = "is not signed: there is nothing that the key could prove"
        raise TrustListError(msg)
    try:
        content = parse_strict(body)
    except JsonRefusedError as refused:
        raise TrustListError(refused.what) from None
    return _listed(content, signed=signed)


def _opened(jws: bytes, key: PublicKey | None) -> tuple[bytes, bool]:
    """Take a compact JWS apart; what stands in its own `x5c` proves nothing."""
    head, payload, signature = (decode_base64url(part) for part in jws.decode().split("."))
    if head is None or payload is None or signature is None:
        msg = "is a JWS with broken base64url"
        raise TrustListError(msg)
    if key is None:
        return payload, False
    try:
        header = parse_strict(head)
    except JsonRefusedError:
        header = None
    name = header.get("alg") if isinstance(header, dict) and "crit" not in header else None
    algorithm = _BY_NAME.get(name) if isinstance(name, str) else None
    if algorithm is None:
        msg = f"must be a JWS signed with one of {', '.join(sorted(_BY_NAME))}, and without crit"
        raise TrustListError(msg)
    if algorithm.key_kind != _kind(key):
        msg = f"is signed with {algorithm.name}, and the key is for another algorithm"
        raise TrustListError(msg)
    return payload, _held(algorithm.verify(key, signature, jws.rpartition(b".")[0]))


def _cut(data: bytes, key: PublicKey | None) -> tuple[bytes, bool]:
    """Cut the first line off if it is a signature, and hold the rest against it."""
    line = _SIGNATURE_LINE.match(data)
    if line is None:
        return data, False
    body = data[line.end() :]
    if key is None:
        return body, False
    algorithm = _BY_CURVE.get(_kind(key))
    if algorithm is None:
        msg = "is signed with ECDSA, and the key is for another algorithm"
        raise TrustListError(msg)
    try:
        signature = b64decode(line[1], validate=True)
    except Base64Error:
        signature = b""
    return body, _held(algorithm.verify(key, signature, body))


def _held(signature_holds: bool) -> bool:
    if not signature_holds:
        msg = "does not bear the signature of this key: the list was changed, or is another's"
        raise TrustListError(msg)
    return True


def _kind(key: PublicKey) -> str:
    return key.curve.name if isinstance(key, EllipticCurvePublicKey) else RSA


def _listed(content: object, *, signed: bool) -> TrustList:
    found: dict[bytes, None] = {}
    passed_over: list[str] = []
    for place, entry, der in _entries(content):
        fault = _fault(entry, der)
        if fault is not None:
            passed_over.append(f"{place} {fault}")
        elif der is not None:
            found[der] = None
    dates = content if isinstance(content, dict) else {}
    return TrustList(
        tuple(found), tuple(passed_over), signed, _second(dates, "iat"), _second(dates, "exp")
    )


def _entries(content: object) -> Iterator[tuple[str, Mapping[str, Any], bytes | None]]:
    """Walk the entries of either form: where each stands, itself, and its certificate."""
    if isinstance(content, list):
        content = {"certificates": content}
    countries = content.get("dsc_trust_list") if isinstance(content, dict) else None
    certificates = content.get("certificates") if isinstance(content, dict) else None
    if isinstance(countries, dict):
        for country, keys in countries.items():
            for number, entry in enumerate(_list(keys, "keys")):
                chain = _list(entry, "x5c")
                yield f"{country} {number}", _object(entry), _der(chain[0] if chain else None)
    elif isinstance(certificates, list):
        for number, entry in enumerate(certificates):
            yield f"certificate {number}", _object(entry), _der(_object(entry).get("rawData"))
    else:
        raise TrustListError(_FORM)


def _fault(entry: Mapping[str, Any], der: bytes | None) -> str | None:
    """Say what keeps an entry from serving, None if nothing does."""
    if entry.get("certificateType", DSC) != DSC:
        return "is no signer (certificateType)"
    if der is None:
        return "has no certificate in base64"
    try:
        read_certificate(der)
    except CertificateError as fault:
        return str(fault)
    kid = entry.get("kid")
    if _der(kid) != key_id(der):
        return "has a kid that is not its certificate's"
    return None


def _der(text: object) -> bytes | None:
    try:
        return b64decode(text, validate=True) if isinstance(text, str) and text else None
    except ValueError:  # also what is no ASCII
        return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object, name: str) -> list[Any]:
    found = _object(value).get(name)
    return found if isinstance(found, list) else []


def _second(content: Mapping[str, Any], name: str) -> int | None:
    value = content.get(name)
    if value is None or (isinstance(value, int | float) and 0 <= value < 1e11):
        return None if value is None else int(value)
    msg = f"must have {name} in seconds since 1970"
    raise TrustListError(msg)
