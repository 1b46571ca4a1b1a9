"""The site's own keys: made on first use, readable by the gateway's user alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices.errors import Fault, SetupError

SUBJECT_KEY = "subject.key"
SIGNING_KEY = "signing.key"
KEY_BYTES = 32


def load_subject_key(data_dir: Path) -> bytes:
    """Return the key that subjects are hashed under, making it if the folder has none.

    Two processes that start at once get the same key: the file appears whole, and only once.
    """
    return load_key(data_dir / SUBJECT_KEY, "people seen before then count as new")


def load_signing_key(data_dir: Path) -> Ed25519PrivateKey:
    """Return the key that the site signs its own certificates with, making it if there is none."""
    lost = "what was signed before then is signed by another key"
    return Ed25519PrivateKey.from_private_bytes(load_key(data_dir / SIGNING_KEY, lost))


def load_key(path: Path, lost: str) -> bytes:
    """Return a key of 32 bytes, making it if there is none; `lost`: what goes with a lost one."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_key(path)
        key = path.read_bytes()
    except OSError as error:
        what = f"can't be read or made: {error.strerror}; the gateway's user must own this folder"
        raise SetupError([Fault(str(path), 1, 1, what)]) from error
    if len(key) != KEY_BYTES:
        what = (
            f"holds {len(key)} bytes, a key has {KEY_BYTES}: restore it from a backup, or delete "
            f"it for a new one ({lost})"
        )
        raise SetupError([Fault(str(path), 1, 1, what)])
    return key


def create_key(path: Path) -> None:
    """Make a random key: whole or not at all, never over one that is there, for its owner alone."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key is the key
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
