"""A simulation's issuer that outlives the process: its secret in a folder, its signer beside it."""

import os
import secrets
from pathlib import Path

from devices.errors import Fault, SetupError
from simulators.dcc_issuer import DccIssuer, HealthCodes
from simulators.real_clock import real_now

SECRET = "secret"  # noqa: S105 - a file's name
SIGNER = "signer.pem"


def load_issuer(folder: Path) -> DccIssuer:
    """Return the issuer of a folder, made at the first call; later calls return the same one.

    The secret that its key follows from is readable by its owner alone.
    """
    path, signer = folder / SECRET, folder / SIGNER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        issuer = DccIssuer(_kept(path) or _made(path))
        # Not written again: a gateway that starts now may be reading it.
        if not signer.exists() or signer.read_bytes() != issuer.certificate_pem:
            signer.write_bytes(issuer.certificate_pem)
    except OSError as error:
        what = f"the issuer's files can't be read or written: {error.strerror}"
        raise SetupError([Fault(str(path), 1, 1, what)]) from error
    return issuer


def codes_of(issuer: DccIssuer) -> HealthCodes:
    """Return what people carry: codes that are made as they are shown."""
    return HealthCodes(issuer, lambda: real_now().wall_ms)


def _kept(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip() or None
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        what = "is not an issuer's secret; delete it for a new one"
        raise SetupError([Fault(str(path), 1, 1, what)]) from error


def _made(path: Path) -> str:
    secret = secrets.token_hex(32)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret + "\n")
    beside.replace(path)
    return secret
