"""Texts of policies on disk, by their hash: what was in force is in force after a restart too."""

import os
import secrets
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

FOLDER = "policies"
KEPT = 32  # beside those that stand; old decisions are explained by what judged them


class Shelf:
    """A folder of whole files; safe to use from one thread at a time."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / FOLDER

    def keep(self, hash_: str, text: str, standing: Collection[str] = ()) -> None:
        """Have a text on disk for good before this returns; OSError where that can't be.

        Of those that do not stand the oldest go.
        """
        path = self._path(hash_)
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(path, text)
        with suppress(OSError):
            os.utime(path)  # the newest of all
        self._clear({hash_, *standing})

    def text(self, hash_: str) -> str | None:
        """Return a text, None where it is not here."""
        try:
            return self._path(hash_).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def _path(self, hash_: str) -> Path:
        return self._folder / f"{hash_}.yaml"

    def _write(self, path: Path, text: str) -> None:
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
                f.write(text.encode())
                f.flush()
                os.fsync(f.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _clear(self, standing: Collection[str]) -> None:
        with suppress(OSError):  # what can't be cleared away does no harm
            others = [path for path in self._folder.glob("*.yaml") if path.stem not in standing]
            others.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
            for path in others[KEPT:]:
                path.unlink(missing_ok=True)
