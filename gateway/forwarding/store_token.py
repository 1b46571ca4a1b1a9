"""The file that holds a store's API token."""

from pathlib import Path

from devices.errors import MenshenError


def read_token(path: Path) -> str:
    """Read a token file; MenshenError in one sentence if it can't be used."""
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: the store's token can't be read: {error}"
        raise MenshenError(msg) from error
    if not token or not token.isprintable():
        msg = f"{path}: holds no token; write the store's API token into it, on one line"
        raise MenshenError(msg)
    return token
