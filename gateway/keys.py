"""The site's own keys: made on first use, readable by the gateway's user alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices.errors import Fault, SetupError
from gateway.stand_down.destroying import destroy

SUBJECT_KEY = "subject.key"
SIGNING_KEY = "signing.key"
KEY_BYTES = 32


def load_subject_key(data_dir: Path, now_ms: int | None = None) -> bytes:
    """Return the key that subjects are hashed under, making it if the folder has none.

    Two processes that start at once get the same key: the file appears whole, and only once. One
    that is made now is stamped `now_ms`, from which its age counts.
    """
    path = data_dir / SUBJECT_KEY
    new = not path.exists()
    key = load_key(path, "people seen before then count as new")
    if new and now_ms is not None:
        _stamp(path, now_ms)
    return key


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
        _write_key(draft, secrets.token_bytes(KEY_BYTES))
        with suppress(FileExistsError):  # another process was first: its key is the key
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def subject_key_made_ms(data_dir: Path) -> int:
    """Return when the key was made, Unix ms: its file is never written again."""
    return (data_dir / SUBJECT_KEY).stat().st_mtime_ns // 1_000_000


def draft_subject_key(data_dir: Path, key: bytes) -> Path:
    """Lay a new key beside the one in use; it counts for nothing yet."""
    draft = data_dir / f".{SUBJECT_KEY}.{secrets.token_hex(8)}"
    _write_key(draft, key)
    return draft


def swap_subject_key(data_dir: Path, draft: Path, now_ms: int) -> bytes:
    """Put a drafted key in the place of the one in use, in one step, and return it.

    The old one still lies there until `forget_old_subject_keys`: the new name has to be on the disk
    before it goes.
    """
    key = draft.read_bytes()
    _stamp(draft, now_ms)
    os.link(data_dir / SUBJECT_KEY, data_dir / f".{SUBJECT_KEY}.old")
    draft.replace(data_dir / SUBJECT_KEY)
    return key


def forget_old_subject_keys(data_dir: Path) -> None:
    """Destroy every key of subjects but the one in use, also what a crash left of a change."""
    _sync(data_dir)
    kept = data_dir / SUBJECT_KEY
    for path in data_dir.glob(f".{SUBJECT_KEY}.*"):
        if kept.exists() and path.samefile(kept):  # a change that was cut off: the old key stays
            path.unlink()
        else:
            destroy(path)


def _write_key(path: Path, key: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())


def _stamp(path: Path, made_ms: int) -> None:
    """Date a key by the gateway's own clock."""
    os.utime(path, ns=(made_ms * 1_000_000, made_ms * 1_000_000))


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
