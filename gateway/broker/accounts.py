"""Accounts at the broker: passwords made once, kept on every later run."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from devices.errors import Fault, SetupError
from gateway.broker.password_hash import SALT_BYTES, hash_password, password_holds


def new_password() -> str:
    """Make a password nobody can guess, of letters, digits, - and _."""
    return secrets.token_urlsafe(24)


def read_secret(path: Path) -> str | None:
    """Return the one password of a file, None if there is no such file; SetupError if empty."""
    text = _text(path)
    if text is None:
        return None
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise SetupError([Fault(str(path), 1, 1, "is empty: a password must stand in it")])
    return lines[0].strip()


def read_pairs(path: Path, what: str) -> dict[str, str]:
    """Read `name:value` lines in order; a missing file holds none, a broken line is SetupError."""
    pairs: dict[str, str] = {}
    faults = []
    for number, line in enumerate((_text(path) or "").splitlines(), 1):
        name, colon, value = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not colon or not value:
            faults.append(Fault(str(path), number, 1, f"must be {what}"))
        pairs[name.strip()] = value
    if faults:
        raise SetupError(faults)
    return pairs


def passwords_for(users: Sequence[str], kept: Mapping[str, str]) -> dict[str, str]:
    """Keep the passwords of known users, make those of new ones, drop the rest."""
    return {user: kept.get(user) or new_password() for user in users}


def hashes_for(passwords: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """Hash passwords; a kept hash that still holds stays, so that nothing changes needlessly."""
    return {
        user: old
        if (old := kept.get(user, "")) and password_holds(password, old)
        else hash_password(password, secrets.token_bytes(SALT_BYTES))
        for user, password in passwords.items()
    }


def lay_out(pairs: Mapping[str, str]) -> str:
    """Write `name:value` lines."""
    return "".join(f"{name}:{value}\n" for name, value in pairs.items())


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "is not text in UTF-8"
        raise SetupError([Fault(str(path), 1, 1, f"can't be read: {what}")]) from error
