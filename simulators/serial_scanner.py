"""A QR scanner on a pseudo-terminal: framed text in ragged chunks, now and then after noise."""

import array
import asyncio
import fcntl
import os
import termios
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

FRAMINGS = {
    "crlf": (b"", b"\r\n"),
    "cr": (b"", b"\r"),
    "lf": (b"", b"\n"),
    "stx-etx": (b"\2", b"\3"),
}
LONGEST_CHUNK = 96
LONGEST_GAP_S = 0.15  # well under the 200 ms after which a reader may give a text up
SILENCE_S = 0.3  # between noise and a text: longer than the 250 ms that drop a fragment
DECODE_S = 0.05  # a scanner's own; what was sent before has reached the line's end by then
UNREAD_S = 1.0  # how long a scanner pushes against a full line before the rest is lost


def frame_text(text: str, framing: str) -> bytes:
    """Put a text between the marks of a framing."""
    before, after = FRAMINGS[framing]
    return before + text.encode() + after


def ragged_chunks(data: bytes, rng: Random, gap_s: float) -> Iterator[tuple[float, bytes]]:
    """Cut data into chunks of any size, each behind a gap of 0 to `gap_s` seconds."""
    at = 0
    while at < len(data):
        size = rng.randint(1, LONGEST_CHUNK)
        yield (rng.uniform(0, gap_s) if at else 0.0), data[at : at + size]
        at += size


def line_noise(rng: Random, framing: str) -> bytes:
    """Make bytes as a bad contact does; none ends a text, since that would be a scan of its own."""
    marks = b"".join(FRAMINGS[framing])
    return bytes(byte for byte in rng.randbytes(rng.randint(1, 12)) if byte not in marks)


class SerialScanner:
    """Holds one pty open; `path` is a link to the end that a gateway reads."""

    def __init__(
        self,
        path: Path,
        rng: Random,
        *,
        framing: str = "crlf",
        noise: float = 0.0,
        gap_s: float = 0.03,
    ) -> None:
        self.path = path
        self._rng = rng
        self._framing = framing
        self._noise = noise
        self._gap_s = min(gap_s, LONGEST_GAP_S)
        self._scanner = self._line = -1
        self._heard = 0  # bytes that a reader sent, such as triggers
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._scanner, self._line = os.openpty()
        tty.setraw(self._line)
        os.set_blocking(self._scanner, False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        beside.symlink_to(os.ttyname(self._line))
        beside.replace(self.path)
        asyncio.get_running_loop().add_reader(self._scanner, self._hear)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._scanner)
        with suppress(OSError):  # somebody else's link by now, or gone
            if str(self.path.readlink()) == os.ttyname(self._line):
                self.path.unlink()
        os.close(self._scanner)
        os.close(self._line)

    async def until_heard(self, count: int) -> None:
        """Wait until a reader has sent so many bytes, such as a trigger."""
        while self._heard < count:
            self._news.clear()
            await self._news.wait()

    async def scan(self, text: str) -> None:
        """Send a text as the wire would carry it; what nobody reads is lost, as on a wire."""
        await asyncio.sleep(DECODE_S)
        self._forget_unread()
        if self._rng.random() < self._noise:
            await self._write(line_noise(self._rng, self._framing))
            await asyncio.sleep(SILENCE_S)
        data = frame_text(text, self._framing)
        for gap_s, chunk in ragged_chunks(data, self._rng, self._gap_s):
            await asyncio.sleep(gap_s)
            if not await self._write(chunk):
                return

    async def _write(self, data: bytes) -> bool:
        while data:
            try:
                data = data[os.write(self._scanner, data) :]
            except BlockingIOError:
                if not await self._room():
                    return False
        return True

    async def _room(self) -> bool:
        loop, room = asyncio.get_running_loop(), asyncio.Event()
        loop.add_writer(self._scanner, room.set)
        try:
            async with asyncio.timeout(UNREAD_S):
                await room.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_writer(self._scanner)
        return True

    def _forget_unread(self) -> None:
        pending = array.array("i", [0])
        fcntl.ioctl(self._line, termios.FIONREAD, pending)
        if pending[0]:
            termios.tcflush(self._scanner, termios.TCOFLUSH)  # what is still on its way
            termios.tcflush(self._line, termios.TCIFLUSH)  # and what has arrived

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            self._heard += len(os.read(self._scanner, 4096))
            self._news.set()
