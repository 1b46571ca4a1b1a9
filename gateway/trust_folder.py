"""The trust folder: signers and revocation lists as files, every fault with its file."""

from pathlib import Path

from devices.errors import Fault, SetupError
from edge_rules.credentials.trust import REVOKED, TrustStore

SIGNERS = frozenset({".pem", ".cer"})
RENAMED = {".crt": "*.pem (PEM) or *.cer (DER)", ".der": "*.cer", ".cert": "*.pem or *.cer"}
MAX_FILE = 256 * 1024 * 1024  # all signers of all countries are under one, revocations may be many


def load_trust(folder: Path) -> TrustStore:
    """Read every signer and revocation list of a folder; SetupError names each file at fault.

    Other files (notes, a licence) are left alone, but not one that looks like a certificate under
    another ending: it would seem trusted and not be.
    """
    if not folder.is_dir():
        raise _fault(folder, "no such folder: make it and put the signers' *.pem or *.cer into it")
    files: list[tuple[str, bytes]] = []
    faults: list[Fault] = []
    for path in sorted(folder.iterdir()):
        ending = path.suffix.lower()
        if path.name.startswith(".") or not path.is_file():
            continue
        if ending in RENAMED or (ending in SIGNERS and path.suffix != ending):
            what = f"would not be read: name it {RENAMED.get(ending, '*' + ending)}"
            faults.append(Fault(str(path), 1, 1, what))
        elif ending in SIGNERS or path.name.endswith(REVOKED):
            try:
                files.append((str(path), _read(path)))
            except SetupError as error:
                faults += error.faults
    try:
        store = TrustStore(files)
    except SetupError as error:
        faults += error.faults
    if faults:
        raise SetupError(faults)
    return store


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise _fault(path, f"over {MAX_FILE} bytes: no file of certificates is that large")
        return path.read_bytes()
    except OSError as error:
        raise _fault(path, f"can't be read: {error.strerror}") from error


def _fault(path: Path, what: str) -> SetupError:
    return SetupError([Fault(str(path), 1, 1, what)])
