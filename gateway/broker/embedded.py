"""`broker: auto`: a broker of the gateway's own, on loopback, that lives and ends with it."""

import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

from devices.errors import DeviceLinkError
from gateway.broker.child_program import ChildProgram
from gateway.broker.programs import BrokerProgram, best_program
from gateway.site_model import BrokerAt
from gateway.supervision import background, supervise

log = logging.getLogger(__name__)

USUAL_PORT = 1883
TRIES = 3  # another program may take a port between finding it free and listening on it


@asynccontextmanager
async def embedded_broker(
    folder: Path,
    *,
    failed: Callable[[str], None],
    program: BrokerProgram | None = None,
    usual_port: int = USUAL_PORT,
    random: Random | None = None,
) -> AsyncIterator[BrokerAt]:
    """Run a broker beside the block; `failed` gets a sentence each time it died and comes back.

    It listens on `usual_port` if that is free, else on any, and keeps its port for the block.
    DeviceLinkError if it does not start, PartMissingError if this machine has none.
    """
    program = program or best_program()
    if program.shortcoming:
        log.warning("%s", program.shortcoming)
    child, port = await _started(program, folder, usual_port)
    try:
        async with background(supervise("broker", child.serve, failed, random or Random())):
            yield BrokerAt(url=f"mqtt://127.0.0.1:{port}")
    finally:
        await child.stop()


async def _started(
    program: BrokerProgram, folder: Path, usual_port: int
) -> tuple[ChildProgram, int]:
    fault = ""
    for _ in range(TRIES):
        port = _free_port(usual_port)
        child = ChildProgram(program.name, program.command(folder, port), port)
        try:
            await child.start()
        except DeviceLinkError as error:
            fault = str(error)
            continue
        return child, port
    msg = f"the embedded broker does not start: {fault}; `menshen doctor` tries each part"
    raise DeviceLinkError(msg)


def _free_port(usual: int) -> int:
    """Return the usual port if nobody listens on it, else any free one."""
    with suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", usual))
        return int(probe.getsockname()[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
