"""Files that passes are judged by: public keys and revocations, in the data and trust folders."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from devices.errors import Fault, SetupError
from edge_rules.credentials.pass_terms import ID_BYTES
from edge_rules.credentials.pass_trust import PassTrust, by_key_id
from gateway.passes.ledger import LEDGER, PassLedger

FOLDER = "passes"  # of the data folder
KEY = ".passkey.pem"
REVOKED = ".pass-revoked.json"
MAX_BYTES = 16 * 1024 * 1024  # four hundred thousand revoked passes

Stamp = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class PassFolders:
    """Where they lie: the site's own, and the trust folder that gateways of an estate share."""

    own: Path
    shared: Path | None

    @classmethod
    def of(cls, data: Path, trust: Path | None) -> "PassFolders":
        """Name them for a data folder."""
        return cls(data / FOLDER, trust)

    @classmethod
    def among(cls, data: Path | None, trust: Path | None) -> "PassFolders | None":
        """Name what there is of them; None where there is neither."""
        if data is not None:
            return cls.of(data, trust)
        return None if trust is None else cls(trust, None)

    def shared_from(self, site: str) -> list[Path]:
        """List what this site laid into the trust folder for other gateways."""
        if self.shared is None or not self.own.is_dir():
            return []
        names = [path.name for path in self.own.glob(f"*{KEY}")] + [f"{site}{REVOKED}"]
        return [self.shared / name for name in names if (self.shared / name).is_file()]

    def files(self) -> list[Path]:
        """List what counts; a folder that is not there holds nothing."""
        found: list[Path] = []
        for folder in (self.own, self.shared):
            if folder is not None and folder.is_dir():
                found += (
                    path
                    for path in sorted(folder.iterdir())
                    if path.name.endswith((KEY, REVOKED)) and not path.name.startswith(".")
                )
        ledger = self.own / LEDGER
        return [*found, ledger] if ledger.exists() else found

    def stamps(self) -> tuple[Stamp, ...]:
        """Tell all of them from what they were before."""
        return tuple(map(_stamp, self.files()))


def load_passes(folders: PassFolders, estate: str | None, zone: tzinfo) -> PassTrust:
    """Read everything that passes are judged by; SetupError names each file at fault."""
    faults: list[Fault] = []
    keys: list[EllipticCurvePublicKey] = []
    revoked: set[bytes] = set()
    for path in _listed(folders, faults):
        try:
            if path.name.endswith(KEY):
                keys.append(read_key(path))
            elif path.name == LEDGER:
                revoked |= PassLedger(path.parent).revoked
            else:
                revoked |= set(_revoked(_bounded(path)))
        except OSError as error:
            faults.append(Fault(str(path), 1, 1, f"can't be read: {error.strerror}"))
        except ValueError as error:
            faults.append(Fault(str(path), 1, 1, str(error)))
    if faults:
        raise SetupError(faults)
    return PassTrust(estate, by_key_id(keys), frozenset(revoked), zone)


def read_key(path: Path) -> EllipticCurvePublicKey:
    """Read one public key; ValueError says what is wrong with it."""
    data = _bounded(path)
    if b"PRIVATE KEY" in data:
        msg = "holds a private key: only public ones belong here; take it away, it is no secret now"
        raise ValueError(msg)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        msg = "must hold one -----BEGIN PUBLIC KEY----- on the curve P-256"
        raise ValueError(msg)  # noqa: TRY004 - the file's fault, not a caller's
    return key


def revocations(ids: Iterator[bytes]) -> str:
    """Lay revoked passes out as other gateways read them."""
    return json.dumps({"revoked": sorted(one.hex() for one in ids)}, indent=0)


def _listed(folders: PassFolders, faults: list[Fault]) -> list[Path]:
    try:
        return folders.files()
    except OSError as error:
        faults.append(Fault(str(error.filename), 1, 1, f"can't be read: {error.strerror}"))
        return []


def _bounded(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        msg = f"over {MAX_BYTES} bytes: take out passes that have ended"
        raise ValueError(msg)
    return path.read_bytes()


def _revoked(data: bytes) -> Iterator[bytes]:
    msg = f'must be {{"revoked": ["<{2 * ID_BYTES} hex digits>", …]}}'
    try:
        ids = json.loads(data)["revoked"]
        found = [bytes.fromhex(one) for one in ids]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(msg) from None
    if any(len(one) != ID_BYTES for one in found):
        raise ValueError(msg)
    return iter(found)


def _stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino
