"""Long work in a process of its own, so that it holds up no gate: bytes in, bytes out.

Threads of one interpreter take turns; what keeps it busy for a second in one call would leave the
lanes standing for as long.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import gateway.broker

NICE = 10

_TIE = Path(gateway.broker.__file__).with_name("die_with_parent.py")


class SideProcessError(Exception):
    """The process did not come to an answer."""


async def ask_aside(module: str, argument: str, given: bytes, within_s: float) -> bytes:
    """Run a module with one argument and `given` on its stdin; return what it says on stdout.

    SideProcessError where it fails, TimeoutError where it is not done in time.
    """
    side = _SideProcess(module, argument)
    try:
        # In a thread: the loop's own way of starting a program stands still until that has begun.
        return await asyncio.to_thread(side.ask, given, within_s)
    finally:
        side.end()


class _SideProcess:
    def __init__(self, module: str, argument: str) -> None:
        self._module = module
        self._argument = argument
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def ask(self, given: bytes, within_s: float) -> bytes:
        """Start the process, ask it, and wait for its answer."""
        quiet = subprocess.DEVNULL
        command = [sys.executable, "-I", "-S", str(_TIE), str(os.getpid())]
        command += [sys.executable, "-m", self._module, self._argument]
        with subprocess.Popen(  # noqa: S603 - ourselves
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=quiet,
            start_new_session=True,  # Ctrl-C is for the gateway
        ) as process:
            self._process = process
            if self._ended:
                process.kill()
            try:
                answer, _ = process.communicate(given, within_s)
            except subprocess.TimeoutExpired:
                process.kill()
                msg = f"not done within {within_s:.0f} s"
                raise TimeoutError(msg) from None
        if process.returncode != 0:
            msg = f"{self._module} ended with {process.returncode}"
            raise SideProcessError(msg)
        return answer

    def end(self) -> None:
        """End the process if it still works: nobody waits for it any more."""
        self._ended = True
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
