"""One serial port: opened for us alone, read and written without blocking the loop.

serialx opens with O_NOCTTY, locks the port (flock) and flushes what it held before.
"""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from random import Random

from serialx import (
    BaseSerialTransport,
    Parity,
    SerialException,
    SerialStreamWriter,
    StopBits,
    open_serial_connection,
)

from devices.errors import DeviceLinkError
from devices.serial_port import SerialPortSettings

logging.getLogger("serialx").setLevel(logging.INFO)  # its debug lines quote the bytes: credentials

OPEN_WITHIN_S = 5.0
WRITE_WITHIN_S = 1.0
CLOSE_WITHIN_S = 2.0
CHUNK = 1024
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0  # how long a person may wait after the plug is back in


class SerialLine:
    """An open port; its methods raise DeviceLinkError once it is gone."""

    def __init__(
        self,
        port: str,
        reader: asyncio.StreamReader,
        writer: SerialStreamWriter[BaseSerialTransport],
    ) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer

    async def read(self, within_s: float) -> bytes:
        """Return the bytes that are here, b"" when none came in that time."""
        await asyncio.sleep(0)  # a line that never pauses must leave the loop to others
        try:
            async with asyncio.timeout(within_s):
                data = await self._reader.read(CHUNK)
        except TimeoutError as error:
            if self._reader.exception() is None:
                return b""
            raise DeviceLinkError(self._gone()) from error  # ETIMEDOUT of the port itself
        except (OSError, SerialException) as error:
            raise DeviceLinkError(self._gone()) from error
        if not data:
            raise DeviceLinkError(self._gone())
        return data

    async def write(self, data: bytes) -> None:
        """Hand bytes to the port."""
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                self._writer.write(data)
                await self._writer.drain()
        except (OSError, SerialException) as error:
            raise DeviceLinkError(self._gone()) from error

    def _gone(self) -> str:
        return f"{self._port} is gone: plug the device in again; it is reopened by itself"


@asynccontextmanager
async def open_line(settings: SerialPortSettings) -> AsyncIterator[SerialLine]:
    """Hold a port open; DeviceLinkError says why it can't be, and what to do."""
    port = str(settings.port)
    try:
        async with asyncio.timeout(OPEN_WITHIN_S):
            reader, writer = await open_serial_connection(
                port,
                settings.baud,
                parity=Parity(settings.parity),
                stopbits=StopBits(settings.stop_bits),
                byte_size=settings.data_bits,
            )
    except TimeoutError as error:
        msg = f"{port} does not open within {OPEN_WITHIN_S:.0f} s: plug the device out and in"
        raise DeviceLinkError(msg) from error
    except (OSError, SerialException) as error:
        raise DeviceLinkError(_why(port, error)) from error
    try:
        yield SerialLine(port, reader, writer)
    finally:
        writer.transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await writer.transport.wait_closed()


def pauses_s(random: Random) -> Iterator[float]:
    """Give the waits before a port is tried again: doubling, jittered, without end."""
    longest_s = FIRST_PAUSE_S
    while True:
        yield random.uniform(longest_s / 2, longest_s)
        longest_s = min(2 * longest_s, LONGEST_PAUSE_S)


def _why(port: str, error: OSError | SerialException) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOENT:
        return f"{port} is not there: plug the device in, or choose from ls /dev/serial/by-id"
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"{port} is not ours to open: sudo usermod -aG dialout $USER, as the gateway's user, "
            "then start the gateway from a new login"
        )
    if number == errno.EBUSY:
        return f"{port} is in use by another program: end it (fuser -v {port} names it)"
    if number in (errno.ENOTTY, errno.EISDIR):
        return f"{port} is no serial port: choose from ls /dev/serial/by-id"
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"{port} can't be opened ({reason}): check baud and format against the device's manual"
