"""gateway.outbox, killed with SIGKILL in the middle of its load, again and again."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.conftest import REPOSITORY
from tests.gateway.outbox.records import rows

KILLS = 8


def load_and_kill(folder: Path, first: int, after_lines: int) -> list[list[str]]:
    """Return the tickets whose acknowledgement left the process before it was killed."""
    command = [
        sys.executable, "-m", "tests.gateway.outbox.loader", str(folder), str(first), str(first),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(after_lines)]
        finally:
            process.kill()
        lines += process.stdout.readlines()
    return [line.split() for line in lines if line.endswith("\n")]


@pytest.mark.system
def test_what_was_acknowledged_is_stored_exactly_once_in_order(tmp_path: Path) -> None:
    random = Random(7)
    acknowledged: list[list[str]] = []
    first = 0
    for _ in range(KILLS):
        told = load_and_kill(tmp_path, first, random.randint(1, 120))
        assert told
        acknowledged += told
        kept = [id_ for (id_,) in rows(tmp_path, "SELECT id FROM events ORDER BY seq")]
        assert len(kept) == len(set(kept))
        numbers = [int(id_.removeprefix("r-")) for id_ in kept]
        assert numbers == sorted(numbers)
        for ticket in acknowledged:  # whole, and in one piece
            at = kept.index(ticket[0])
            assert kept[at : at + len(ticket)] == ticket
        first = numbers[-1] + 1
    assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
    points = rows(tmp_path, "SELECT series, point_ms FROM events WHERE point_ms IS NOT NULL")
    assert len(points) == len(set(points))
