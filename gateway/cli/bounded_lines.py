"""Lines of a stranger's input, none of them longer than it may be."""

from collections.abc import Iterator
from typing import BinaryIO


def bounded_lines(source: BinaryIO, longest: int) -> Iterator[bytes | None]:
    """Give each line as soon as it is there, or None for one that is too long (in bytes)."""
    while line := source.readline(longest):
        if len(line) < longest or line.endswith(b"\n"):
            yield line
            continue
        while (rest := source.readline(longest)) and not rest.endswith(b"\n"):
            pass
        yield None
