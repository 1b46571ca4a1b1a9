"""simulators.serial_scanner."""

import asyncio
import os
import stat
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.serial_scanner import (
    FRAMINGS,
    SerialScanner,
    frame_text,
    line_noise,
    ragged_chunks,
)

TEXT = "HC1:" + "NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH-R6IOOK.IR9B+9D" * 12
DEADLINE_S = 20


async def read_until(line: int, enough: int) -> bytes:
    """Read a blocking end in a thread, as long as it takes."""

    def read() -> bytes:
        got = b""
        while len(got) < enough:
            got += os.read(line, 4096)
        return got

    return await asyncio.wait_for(asyncio.to_thread(read), DEADLINE_S)


@given(st.binary(max_size=2000), st.integers(), st.floats(0, 0.15))
def test_chunks_are_the_data_with_short_gaps(data: bytes, seed: int, gap_s: float) -> None:
    chunks = list(ragged_chunks(data, Random(seed), gap_s))
    assert b"".join(chunk for _, chunk in chunks) == data
    assert all(0 <= gap <= gap_s < 0.2 for gap, _ in chunks)


@given(st.integers(), st.sampled_from(sorted(FRAMINGS)))
def test_noise_ends_no_text(seed: int, framing: str) -> None:
    marks = b"".join(FRAMINGS[framing])
    assert not set(line_noise(Random(seed), framing)) & set(marks)


@pytest.mark.parametrize("framing", sorted(FRAMINGS))
async def test_a_text_crosses_the_pty_unchanged(tmp_path: Path, framing: str) -> None:
    path = tmp_path / "ports" / "scan-1"
    async with SerialScanner(path, Random(1), framing=framing, gap_s=0.002) as scanner:
        assert stat.S_ISCHR(path.stat().st_mode)
        line = os.open(path, os.O_RDWR | os.O_NOCTTY)
        wire = frame_text(TEXT, framing)
        reading = asyncio.ensure_future(read_until(line, len(wire)))
        await scanner.scan(TEXT)
        assert await reading == wire
        os.close(line)
    assert not path.is_symlink()


async def test_noise_comes_before_the_text(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(2), noise=1.0, gap_s=0.0) as scanner:
        line = os.open(path, os.O_RDWR | os.O_NOCTTY)
        wire = frame_text(TEXT, "crlf")
        reading = asyncio.ensure_future(read_until(line, len(wire) + 1))
        await scanner.scan(TEXT)
        got = await reading
        os.close(line)
    assert got.endswith(wire)
    assert len(got) > len(wire)


async def test_what_nobody_reads_is_lost_and_blocks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(3), gap_s=0.0) as scanner:
        for _ in range(12):  # more than the line's buffer holds
            await asyncio.wait_for(scanner.scan(TEXT), DEADLINE_S)
        line = os.open(path, os.O_RDWR | os.O_NOCTTY)
        await scanner.scan("last")
        assert (await read_until(line, 4)).startswith(b"last")
        os.close(line)


async def test_a_trigger_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(4)) as scanner:
        line = os.open(path, os.O_RDWR | os.O_NOCTTY)
        os.write(line, b"\x7e\x00\x08\x01\x00\x02\x01\xab\xcd")
        async with asyncio.timeout(DEADLINE_S):
            await scanner.until_heard(9)
        os.close(line)


async def test_a_second_scanner_takes_the_link_over(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(5)), SerialScanner(path, Random(6)):
        second = path.readlink()
    assert not path.is_symlink()
    async with SerialScanner(path, Random(5)) as first:
        path.unlink()
        path.symlink_to(second)
        await first.scan("x")
    assert path.readlink() == second
