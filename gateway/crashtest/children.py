"""The processes that are killed: broker, store and gateway, each back on its own port."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from devices.errors import MenshenError, PartMissingError
from gateway.broker.child_program import ChildProgram
from gateway.broker.programs import (
    BESIDE_THE_PATH,
    INSTALL_MOSQUITTO,
    find_mosquitto,
    mosquitto_program,
)
from gateway.crashtest.http_get import get_status

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.02
RUN_MENSHEN = "from gateway.cli import main; main()"

_TIE = Path(__file__).parents[1] / "broker" / "die_with_parent.py"


class CrashTestError(MenshenError):
    """The crash test itself can't go on; says what did not happen."""


class Killable:
    """A server that can be killed at any moment and started anew."""

    def __init__(self, name: str, command: list[str], port: int) -> None:
        self._child = ChildProgram(name, command, port)
        self.port = port

    async def start(self) -> None:
        """Start it and wait until it listens."""
        await self._child.start()

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        await self._child.stop(at_once=True)

    async def stop(self) -> None:
        """End it."""
        await self._child.stop()


def mosquitto(folder: Path) -> Killable:
    """Make a broker with the configuration that the gateway writes for its own."""
    path = find_mosquitto()
    if path is None:
        part = "mosquitto"
        raise PartMissingError(part, INSTALL_MOSQUITTO)
    port = free_port()
    return Killable("mosquitto", mosquitto_program(path).command(folder / "broker", port), port)


def victoria_metrics(folder: Path) -> Killable:
    """Make a time-series store that keeps each point once."""
    name = "victoria-metrics"
    path = shutil.which(name) or shutil.which(name, path=":".join(BESIDE_THE_PATH))
    if path is None:
        raise PartMissingError(name, f"sudo apt-get install {name}")
    port = free_port()
    command = [
        path,
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'store'}",
        "-dedup.minScrapeInterval=1ms",
        "-retentionPeriod=10y",
        "-loggerLevel=ERROR",
    ]
    return Killable(name, command, port)


class GatewayProcess:
    """`menshen run` on a site; its words go to a file."""

    def __init__(self, site: Path, page_port: int, token: str, log: Path) -> None:
        self._site = site
        self._page_port = page_port
        self._token = token
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; it is at work once `until_ready` has returned."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_TIE), str(os.getpid())),
                *(sys.executable, "-c", RUN_MENSHEN, "run", str(self._site)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    async def until_ready(self) -> None:
        """Wait until visits are decided; CrashTestError if it ends instead, or takes too long."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while await get_status(self._page_port, "/readyz", self._token) != 200:
                    if self._process is None or self._process.returncode is not None:
                        msg = f"the gateway ended by itself; {self._log} says why"
                        raise CrashTestError(msg)
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError as error:
            msg = f"the gateway is not ready after {READY_WITHIN_S} s; {self._log} may say why"
            raise CrashTestError(msg) from error

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End it as an operator would; return its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
