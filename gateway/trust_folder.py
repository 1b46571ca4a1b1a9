"""The trust folder: signers, revocation lists and national rules, every fault with its file."""

from collections.abc import Iterator
from pathlib import Path

from devices.errors import Fault, SetupError
from edge_rules.certlogic.rule_book import Place
from edge_rules.certlogic.rule_files import RULES, VALUE_SET
from edge_rules.credentials.trust import CARD_ISSUERS, CARDS_REVOKED, REVOKED, TrustStore
from gateway.passes.pass_files import KEY
from gateway.passes.pass_files import REVOKED as PASSES_REVOKED

PASSES = (KEY, PASSES_REVOKED)  # read apart, and again while the gateway runs
SIGNERS = (".pem", ".cer")
LISTS = (REVOKED, RULES, VALUE_SET, CARD_ISSUERS, CARDS_REVOKED)
PLURAL = "valuesets.json"
RENAMED = {".crt": "*.pem (PEM) or *.cer (DER)", ".der": "*.cer", ".cert": "*.pem or *.cer"}
MAX_FILE = 64 * 1024 * 1024  # a million revoked certificates; all signers of all countries are one


def load_trust(folder: Path, place: Place | None = None) -> TrustStore:
    """Read every signer, list and rule of a folder; SetupError names each file at fault.

    The rules that count are those of `place`. Other files (notes, a licence) are left alone, but
    not one that looks like a certificate or a list under another ending: it would seem to count
    and not do so.
    """
    faults: list[Fault] = []
    try:
        store = TrustStore(_files(folder, faults), place)
    except SetupError as error:
        faults += error.faults
    if faults:
        raise SetupError(faults)
    return store


def _files(folder: Path, faults: list[Fault]) -> Iterator[tuple[str, bytes]]:
    """Give the files that count one by one, so that one is in memory at a time."""
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
        right = _right_name(path)
        if right is not None:
            faults.append(Fault(str(path), 1, 1, f"would not be read: name it {right}"))
        elif path.name.endswith((*SIGNERS, *LISTS)) and not path.name.endswith(PASSES):
            data = _read(path)
            if isinstance(data, Fault):
                faults.append(data)
            else:
                yield str(path), data


def _right_name(path: Path) -> str | None:
    """Return what a file should be called that seems to count and would not."""
    ending = path.suffix.lower()
    if ending in RENAMED:
        return RENAMED[ending]
    if ending in SIGNERS and path.suffix != ending:
        return f"*{ending}"
    name = path.name.lower()
    meant = next((ending for ending in (*LISTS, *PASSES) if name.endswith(ending[1:])), None)
    meant = VALUE_SET if name.endswith(PLURAL) else meant
    return f"*{meant}" if meant and not path.name.endswith(meant) else None


def _read(path: Path) -> bytes | Fault:
    try:
        if not path.is_file():
            return Fault(str(path), 1, 1, "is no file, or a link to none")
        if path.stat().st_size > MAX_FILE:
            return Fault(str(path), 1, 1, f"over {MAX_FILE} bytes: split it, or remove it")
        return path.read_bytes()
    except OSError as error:
        return Fault(str(path), 1, 1, f"can't be read: {error.strerror}")
