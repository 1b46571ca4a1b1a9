"""The trust folder: signers, revocation lists and national rules, every fault with its file."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devices.errors import Fault, SetupError
from edge_rules.certlogic.rule_book import Place
from edge_rules.certlogic.rule_files import RULES, VALUE_SET
from edge_rules.credentials.trust import (
    CARD_ISSUERS,
    CARDS_REVOKED,
    REVOKED,
    TrustContents,
    TrustStore,
    read_contents,
)
from gateway.passes.pass_files import KEY
from gateway.passes.pass_files import REVOKED as PASSES_REVOKED

PASSES = (KEY, PASSES_REVOKED)  # read apart, and again while the gateway runs
SIGNERS = (".pem", ".cer")
LISTS = (REVOKED, RULES, VALUE_SET, CARD_ISSUERS, CARDS_REVOKED)
PLURAL = "valuesets.json"
RENAMED = {".crt": "*.pem (PEM) or *.cer (DER)", ".der": "*.cer", ".cert": "*.pem or *.cer"}
Stamp = tuple[str, int, int, int]
Stamps = tuple[Stamp, ...] | None
MAX_FILE = 64 * 1024 * 1024  # a million revoked certificates; all signers of all countries are one


@dataclass(frozen=True, slots=True)
class TrustSource:
    """Where a site's trust lies, for what place, and what it was when the start read it."""

    folder: Path
    place: Place | None
    stamps: Stamps


def load_trust(folder: Path, place: Place | None = None) -> TrustStore:
    """Read every signer, list and rule of a folder; SetupError names each file at fault.

    The rules that count are those of `place`. Other files (notes, a licence) are left alone, but
    not one that looks like a certificate or a list under another ending: it would seem to count
    and not do so.
    """
    contents = read_folder(folder)
    return TrustStore.of(contents, contents.rules.book(place))


def read_folder(folder: Path) -> TrustContents:
    """Read what a folder holds, as `load_trust` does, for whatever place."""
    faults: list[Fault] = []
    try:
        contents = read_contents(files_of(folder, faults))
    except SetupError as error:
        faults += error.faults
    if faults:
        raise SetupError(faults)
    return contents


def stamps_of(folder: Path) -> Stamps:
    """Tell what a folder holds from what it held before; None where it can't be looked at."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if _matters(entry.name)]
        return tuple(sorted(map(_stamp, found)))
    except OSError:
        return None


def size_of(stamps: Stamps) -> int:
    """Return how many bytes there are to read."""
    return sum(size for _, _, size, _ in stamps or ())


def counts(name: str) -> bool:
    """Tell whether a file of this name is read."""
    listed = name.endswith((*SIGNERS, *LISTS)) and not name.endswith(PASSES)
    return listed and not name.startswith(".")


def _matters(name: str) -> bool:
    return counts(name) or (not name.startswith(".") and right_name(name) is not None)


def _stamp(entry: "os.DirEntry[str]") -> Stamp:
    try:
        stat = os.stat(entry.path)  # noqa: PTH116 - follows what Kubernetes swaps under a link
    except OSError:
        return entry.name, 0, 0, 0
    return entry.name, stat.st_mtime_ns, stat.st_size, stat.st_ino


def files_of(folder: Path, faults: list[Fault]) -> Iterator[tuple[str, bytes]]:
    """Give the files that count, path and bytes, one by one: one is in memory at a time."""
    try:
        paths = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        what = "no such folder: make it and put the signers' *.pem or *.cer into it"
        faults.append(Fault(str(folder), 1, 1, what))
        return
    except OSError as error:
        faults.append(Fault(str(folder), 1, 1, f"can't be read: {error.strerror}"))
        return
    for path in paths:
        if path.name.startswith("."):
            continue
        right = right_name(path.name)
        if right is not None:
            faults.append(Fault(str(path), 1, 1, f"would not be read: name it {right}"))
        elif counts(path.name):
            data = read_file(path)
            if isinstance(data, Fault):
                faults.append(data)
            else:
                yield str(path), data


def right_name(name: str) -> str | None:
    """Return what a file should be called that seems to count and would not."""
    suffix = Path(name).suffix
    ending = suffix.lower()
    if ending in RENAMED:
        return RENAMED[ending]
    if ending in SIGNERS and suffix != ending:
        return f"*{ending}"
    small = name.lower()
    meant = next((ending for ending in (*LISTS, *PASSES) if small.endswith(ending[1:])), None)
    meant = VALUE_SET if small.endswith(PLURAL) else meant
    return f"*{meant}" if meant and not name.endswith(meant) else None


def read_file(path: Path) -> bytes | Fault:
    """Read one file whole, or say why not."""
    try:
        if not path.is_file():
            return Fault(str(path), 1, 1, "is no file, or a link to none")
        if path.stat().st_size > MAX_FILE:
            return Fault(str(path), 1, 1, f"over {MAX_FILE} bytes: split it, or remove it")
        return path.read_bytes()
    except OSError as error:
        return Fault(str(path), 1, 1, f"can't be read: {error.strerror}")
