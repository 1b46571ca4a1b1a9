"""Files of JSON lines that several processes append to, each line whole or not there."""

import json
import os
from collections.abc import Iterator, Mapping
from errno import ENOSPC
from pathlib import Path
from typing import Any


def append_line(path: Path, line: Mapping[str, Any]) -> None:
    """Append one line and have the disk take it; the file is its owner's alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(path, flags, 0o600), "rb+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        # A line torn by a crash must not swallow the next one.
        torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
        data = b"\n" * torn + json.dumps(line).encode() + b"\n"
        if file.write(data) != len(data):
            raise OSError(ENOSPC, "no room for a whole line", str(path))
        os.fsync(file.fileno())


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read the whole lines; one torn by a crash was never acted on."""
    for text in path.read_text("utf-8", "replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line
