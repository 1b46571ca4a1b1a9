"""Files put into the trust folder: known for what they are, sound, new, and under a right name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from devices.errors import Fault, MenshenError, SetupError
from devices.moment import format_stamp
from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.certlogic.rule_files import RULES, VALUE_SET
from edge_rules.credentials.trust import (
    CARD_ISSUERS,
    CARDS_REVOKED,
    REVOKED,
    TrustContents,
    read_contents,
)
from gateway.trust_folder import LISTS, SIGNERS, files_of, read_file
from gateway.whole_file import write_new

MODE = 0o644
_ENDINGS = (*SIGNERS, *LISTS)
_ENDED = re.compile(r"(\.(json|txt|crt|cert|der|cer|pem|jwks|rules|valueset))+$", re.IGNORECASE)
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")


class PlacingRefusedError(MenshenError):
    """A file that was not put into the folder; none of those given with it was either."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One file and where it lies now."""

    given: Path
    path: Path


def place_files(folder: Path, given: Sequence[Path], now_ms: int) -> list[Placed]:
    """Put files in, all or none; PlacingRefusedError says what is wrong with the first that is."""
    faults: list[Fault] = []
    known = list(files_of(folder, faults))
    if faults:
        msg = f"{faults[0]}; mend the folder first"
        raise PlacingRefusedError(msg)
    placing: list[tuple[Placed, bytes]] = []
    contents = _read(folder, known)
    for one in given:
        data = read_file(one)
        if isinstance(data, Fault):
            raise PlacingRefusedError(str(data))
        path = folder / right_file_name(one, data)
        _check_new(one, data, path, known)
        _check_signers(one, _read(one, [(str(path), data)]), contents, known, now_ms)
        known.append((str(path), data))
        contents = _read(one, known)  # another file may have the same rules already
        placing.append((Placed(one, path), data))
    return [_put(placed, data) for placed, data in placing]


def right_file_name(given: Path, data: bytes) -> str:
    """Name a file by what it holds; it keeps its stem, and an ending that counts."""
    if given.name.endswith(_ENDINGS) and not given.name.startswith("."):
        return given.name
    stem = _OTHER.sub("-", _ENDED.sub("", given.name)).strip(".-") or "added"
    return stem + _ending(given, data)


def _ending(given: Path, data: bytes) -> str:
    if b"-----BEGIN " in data:
        return ".pem"
    if data[:1] == b"\x30":
        return ".cer"
    try:
        content = parse_strict(data)
    except JsonRefusedError as refused:
        msg = f"{given}: is no certificate (PEM or DER), and {refused.what}"
        raise PlacingRefusedError(msg) from None
    ending = _json_ending(content)
    if ending is None:
        msg = f"{given}: holds no signers, keys, revocations, rules or value sets known here"
        raise PlacingRefusedError(msg)
    return ending


def _json_ending(content: object) -> str | None:
    """Tell by its names what a JSON file, or the first of a list in it, is about."""
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict) or not first:
        return None
    issuers = any(name.startswith("https://") for name in first)
    sets = "valueSetId" in first or all(isinstance(codes, list) for codes in first.values())
    for names, ending in (
        ({"hashType"}, REVOKED),
        ({"rids"}, CARDS_REVOKED),
        ({"issuerInfo", "issuer", "keys"}, CARD_ISSUERS),
        ({"Identifier", "Logic"}, RULES),
    ):
        if names & first.keys():
            return ending
    if issuers:
        return CARD_ISSUERS
    return VALUE_SET if sets else None


def _check_new(given: Path, data: bytes, path: Path, known: Sequence[tuple[str, bytes]]) -> None:
    digest = sha256(data).digest()
    for name, other in known:
        if sha256(other).digest() == digest:
            msg = f"{given}: is in the folder already, as {Path(name).name}"
            raise PlacingRefusedError(msg)
    if path.exists() or any(name == str(path) for name, _ in known):
        msg = f"{given}: another {path.name} is in the folder: rename yours, or remove that one"
        raise PlacingRefusedError(msg)


def _check_signers(
    given: Path,
    own: TrustContents,
    before: TrustContents,
    known: Sequence[tuple[str, bytes]],
    now_ms: int,
) -> None:
    for der, signer in own.signers.items():
        kid = signer.kid.hex()
        if der in before.signers:
            msg = f"{given}: signer {kid} is in the folder already, in {_holder(der, known)}"
            raise PlacingRefusedError(msg)
        if signer.not_after_ms <= now_ms:
            msg = f"{given}: signer {kid} ended {format_stamp(signer.not_after_ms)[:10]}"
            raise PlacingRefusedError(msg)


def _read(given: Path, files: Sequence[tuple[str, bytes]]) -> TrustContents:
    try:
        return read_contents(files)
    except SetupError as error:
        fault = error.faults[0]
        msg = f"{given}:{fault.line}:{fault.column}: {fault.what} ({Path(fault.source).name})"
        raise PlacingRefusedError(msg) from None


def _holder(der: bytes, known: Sequence[tuple[str, bytes]]) -> str:
    holding = (name for name, data in known if der in read_contents([(name, data)]).signers)
    return Path(next(holding)).name


def _put(placed: Placed, data: bytes) -> Placed:
    try:
        write_new(placed.path, data, mode=MODE)
    except FileExistsError:
        msg = f"{placed.given}: another {placed.path.name} came into the folder just now"
        raise PlacingRefusedError(msg) from None
    except OSError as error:
        msg = f"{placed.path}: can't be written: {error.strerror}"
        raise PlacingRefusedError(msg) from error
    return placed
