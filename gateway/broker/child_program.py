"""A server as a child process: up within a deadline, gone with the gateway whatever happens."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from devices.errors import DeviceLinkError

START_WITHIN_S = 10.0
STOP_WITHIN_S = 0.5  # it has nothing to save; the whole gateway stops within 5 s
LOOK_EVERY_S = 0.02
KEPT_OUTPUT = 500  # bytes of what it said last, for the sentence about its end

_TIE = Path(__file__).with_name("die_with_parent.py")


class ChildProgram:
    """One server on one loopback port."""

    def __init__(self, name: str, command: Sequence[str], port: int) -> None:
        self._name = name
        self._command = command
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self._draining: asyncio.Future[None] = asyncio.Future()
        self._said = b""

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it and wait until it listens; DeviceLinkError with what it said otherwise."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_TIE), str(os.getpid()), *self._command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the gateway, which drains first
        )
        self._said = b""
        self._draining = asyncio.ensure_future(self._drain(self._process))
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await self._until_up(self._process)
        except TimeoutError:
            await self.stop()
            msg = f"{self._name} does not listen on 127.0.0.1:{self._port} in {START_WITHIN_S} s"
            raise DeviceLinkError(msg) from None
        except BaseException:
            await self.stop()
            raise

    async def serve(self) -> None:
        """Run it, starting it if it isn't up; DeviceLinkError when it ends."""
        if self._process is None:
            await self.start()
        assert self._process is not None  # noqa: S101 - start raises or leaves one
        await self._process.wait()
        fault = self._ending(self._process)
        await self.stop()
        raise DeviceLinkError(fault)

    async def stop(self, *, at_once: bool = False) -> None:
        """End it, at the latest by SIGKILL; `at_once` as a power cut would."""
        process, self._process = self._process, None
        if process is None:
            return
        for end in (process.kill,) if at_once else (process.terminate, process.kill):
            if process.returncode is not None:
                break
            with suppress(ProcessLookupError):
                end()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_S):
                    await process.wait()
        self._draining.cancel()
        await asyncio.wait({self._draining})

    async def _until_up(self, process: asyncio.subprocess.Process) -> None:
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return
            if process.returncode is not None:
                await asyncio.wait({self._draining}, timeout=STOP_WITHIN_S)
                raise DeviceLinkError(self._ending(process))
            await asyncio.sleep(LOOK_EVERY_S)

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        """Drain what it says, so that it never waits for us, and keep the last of it."""
        if process.stderr is not None:
            while part := await process.stderr.read(4096):
                self._said = (self._said + part)[-KEPT_OUTPUT:]

    def _ending(self, process: asyncio.subprocess.Process) -> str:
        last = self._said.decode("utf-8", "replace").strip().splitlines()[-1:]
        own_end = (process.returncode or 0) > 0  # below 0: a signal's number, it had no say
        said = f", its last words: {last[0]}" if last and own_end else ""
        return f"{self._name} on 127.0.0.1:{self._port} ended with {process.returncode}{said}"
