"""A whole list of signers or issuers taken into the trust folder, in place of the one before it."""

import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from devices.errors import Fault, MenshenError, SetupError
from devices.moment import format_stamp
from edge_rules.credentials.signature import PublicKey
from edge_rules.credentials.trust import CARD_ISSUERS, TrustContents, read_contents
from edge_rules.credentials.trust_list import TrustList, TrustListError, read_trust_list
from gateway.trust.pem import pem_of
from gateway.trust_folder import read_file
from gateway.whole_file import write_whole

IMPORTED = ".import"
SNAPSHOT = b'"issuerInfo"'
MODE = 0o644
_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_ISSUED = re.compile(rb"issued ([0-9]{1,12})")


class ImportRefusedError(MenshenError):
    """A list that is not taken in; what was imported before stays."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: how many count now, which came and which went."""

    path: Path
    count: int
    added: int
    gone: int
    signed: bool
    passed_over: tuple[str, ...] = ()


def import_list(
    folder: Path, given: Path, source: str, key: PublicKey | None, now_ms: int
) -> Imported:
    """Take a list in whole; without a key its signature is not looked at.

    One file a source, put in place in one step: a reader finds the old list or the new one.
    """
    if not _SOURCE.fullmatch(source):
        msg = f"--source {source!r}: must be 1 to 32 of a-z, 0-9 and -, such as de or se-test"
        raise ImportRefusedError(msg)
    data = read_file(given)
    if isinstance(data, Fault):
        raise ImportRefusedError(str(data))
    if SNAPSHOT in data:
        return _snapshot(folder, given, data, source, signed=key is not None)
    try:
        found = read_trust_list(data, key)
    except TrustListError as error:
        msg = f"{given}: {error}"
        raise ImportRefusedError(msg) from None
    if not found.certificates:
        msg = f"{given}: holds no signer that could serve; the import before stays"
        raise ImportRefusedError(msg)
    path = _path(folder, source, ".pem")
    before = read_file(path) if path.exists() else b""
    _check_dates(given, found, before if isinstance(before, bytes) else b"", now_ms)
    known = set(_contents(path, before).signers)
    new = set(found.certificates)
    _put(path, _text(found, source))
    return Imported(
        path, len(new), len(new - known), len(known - new), found.signed, found.passed_over
    )


def read_backend_key(path: Path) -> PublicKey:
    """Read the key that a backend signs with: a public key or a certificate."""
    data = read_file(path)
    if isinstance(data, Fault):
        raise ImportRefusedError(str(data))
    try:
        key = _key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey | RSAPublicKey):
        msg = f"{path}: must be a public key in PEM, or a certificate, on a NIST curve or of RSA"
        raise ImportRefusedError(msg)
    return key


def _key(data: bytes) -> object:
    if b"BEGIN PUBLIC KEY" in data:
        return load_pem_public_key(data)
    if b"BEGIN CERTIFICATE" in data:
        return load_pem_x509_certificate(data).public_key()
    return load_der_x509_certificate(data).public_key()


def _snapshot(folder: Path, given: Path, data: bytes, source: str, *, signed: bool) -> Imported:
    """Take the snapshot of a directory of SMART Health Card issuers in; nobody signs those."""
    if signed:
        msg = f"{given}: is a directory's snapshot, which nobody signs: say --unsigned"
        raise ImportRefusedError(msg)
    path = _path(folder, source, CARD_ISSUERS)
    try:
        found = read_contents([(path.name, data)]).cards.sets
    except SetupError as error:
        fault = error.faults[0]
        msg = f"{given}:{fault.line}:{fault.column}: {fault.what}"
        raise ImportRefusedError(msg) from None
    new = {one.issuer for one in found if one.keys}
    if not new:
        msg = f"{given}: holds no issuer whose keys could serve; the import before stays"
        raise ImportRefusedError(msg)
    before = read_file(path) if path.exists() else b""
    known = {one.issuer for one in _contents(path, before).cards.sets if one.keys}
    _put(path, data)
    return Imported(path, len(new), len(new - known), len(known - new), signed=False)


def _path(folder: Path, source: str, ending: str) -> Path:
    """Name the one file of a source; what it was of another form before would go on counting."""
    for other in (".pem", CARD_ISSUERS):
        if other != ending and (taken := folder / f"{source}{IMPORTED}{other}").exists():
            msg = f"{taken} is of this source and of another form: take another --source"
            raise ImportRefusedError(msg)
    return folder / f"{source}{IMPORTED}{ending}"


def _contents(path: Path, data: bytes | Fault) -> TrustContents:
    """Read what was imported before; a file that somebody spoilt counts as none."""
    try:
        return read_contents([(path.name, data)] if isinstance(data, bytes) and data else [])
    except SetupError:
        return TrustContents()


def _check_dates(given: Path, found: TrustList, before: bytes, now_ms: int) -> None:
    if found.expires_s is not None and found.expires_s * 1000 <= now_ms:
        msg = f"{given}: ended {format_stamp(found.expires_s * 1000)}: fetch a fresh list"
        raise ImportRefusedError(msg)
    issued = _ISSUED.search(before.partition(b"\n")[0])
    if issued and (found.issued_s is None or found.issued_s < int(issued[1])):
        msg = (
            f"{given}: is older than what was imported, of {format_stamp(int(issued[1]) * 1000)}: "
            "fetch a fresh list"
        )
        raise ImportRefusedError(msg)


def _text(found: TrustList, source: str) -> bytes:
    issued = "" if found.issued_s is None else f", issued {found.issued_s}"
    proven = "signed" if found.signed else "signature not looked at"
    head = f"imported from {source}, {proven}{issued}\n".encode()
    return head + b"".join(map(pem_of, found.certificates))


def _put(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data, mode=MODE)
    except OSError as error:
        msg = f"{path}: can't be written: {error.strerror}"
        raise ImportRefusedError(msg) from error
