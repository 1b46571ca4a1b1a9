"""Reading parts of a policy file: each finds its fault's place and goes on to the next."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from devices.errors import Fault
from devices.setup_file import Path, SetupFile
from edge_rules.cel.environment import did_you_mean

KEBAB: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Reader:
    """Collects the faults of one file."""

    def __init__(self, file: SetupFile) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, path: Path, what: str) -> None:
        """Note a fault at the value on a path."""
        name = _shown(path)
        self.faults.append(self.file.fault(path, f"{name}: {what}" if name else what))

    def mapping(self, value: object, path: Path, known: Sequence[str]) -> Mapping[str, Any]:
        """Return the keys of a value; other keys than the known ones are faults."""
        if not isinstance(value, Mapping):
            self.fault(path, f"needs keys: {', '.join(known)}")
            return {}
        for key in value:
            if key not in known:
                near = did_you_mean(str(key), known) or f": it is one of {', '.join(known)}"
                self.fault((*path, key), f"unknown key{near}")
        return value

    def items(self, value: object, path: Path, what: str) -> list[Any]:
        """Return the items of a list."""
        if isinstance(value, list):
            return value
        self.fault(path, f"needs a list of {what}")
        return []

    def word(self, value: object, path: Path, pattern: re.Pattern[str], what: str) -> str:
        """Return a word of a shape."""
        if value is None:
            self.fault(path, f"is missing: {what}")
        elif not isinstance(value, str):
            self.fault(path, f"needs {what}, in quotes if YAML takes it for something else")
        elif not pattern.fullmatch(value):
            self.fault(path, f"needs {what}")
        else:
            return value
        return ""

    def choice(self, value: object, path: Path, known: Sequence[str]) -> str:
        """Return one of a few words."""
        if isinstance(value, str) and value in known:
            return value
        wanted = f"{', '.join(known[:-1])} or {known[-1]}" if len(known) > 1 else known[0]
        self.fault(path, f"is missing: {wanted}" if value is None else f"needs {wanted}")
        return ""

    def words(self, value: object, path: Path, what: str) -> tuple[str, ...]:
        """Return a list of words."""
        items = self.items(value, path, what)
        for at, item in enumerate(items):
            if not isinstance(item, str):
                self.fault((*path, at), f"needs {what}")
        return tuple(item for item in items if isinstance(item, str))


def _shown(path: Path) -> str:
    return ".".join(str(part) for part in path)
