"""systemd's `sd_notify`: ready, alive, stopping; alive only while the lanes' own loop is.

The protocol is one datagram a message (sd_notify(3)); without systemd every call does nothing.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress

log = logging.getLogger(__name__)

PINGS_A_PERIOD = 3  # one may be missed, or withheld, before systemd acts
TAKEN_WITHIN_S = 1.0  # a person waits at the gate meanwhile


class ServiceManager:
    """Whoever started the gateway and wants to hear from it."""

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Take systemd's words out of the environment: the broker, our child, is not meant."""
        at = environ.pop("NOTIFY_SOCKET", "")
        period_us = environ.pop("WATCHDOG_USEC", "")
        whose = environ.pop("WATCHDOG_PID", "")
        self._at = "\0" + at[1:] if at.startswith("@") else at
        mine = whose in ("", str(os.getpid()))
        self.period_s = int(period_us) / 1e6 if at and mine and period_us.isdigit() else None
        self._status = ""

    def ready(self) -> None:
        """Say that the start is over."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Say that all is well, once more."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end was asked for."""
        self._tell("STOPPING=1\nSTATUS=stopping")

    def status(self, words: str) -> None:
        """Have `systemctl status` show these words."""
        if words != self._status:
            self._status = words
            self._tell(f"STATUS={words}")

    def _tell(self, state: str) -> None:
        if not self._at:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)  # a manager that does not read must not stop a gate
            out.sendto(state.encode(), self._at)


async def keep_alive(
    manager: ServiceManager, take: Callable[[], None], missing: Callable[[], list[str]]
) -> None:
    """Ping for ever, from the loop that decides: only if that was on time and took an input.

    `take` puts an input through the lanes' own rules; `missing` lists what visits wait for.
    """
    loop = asyncio.get_running_loop()
    every_s = (manager.period_s or PINGS_A_PERIOD) / PINGS_A_PERIOD
    while True:
        due_s = loop.time() + every_s
        await asyncio.sleep(every_s)
        take()
        late_s = loop.time() - due_s
        if late_s <= TAKEN_WITHIN_S:
            manager.alive()
        else:
            log.warning("the lanes' loop was held up for %.1f s", late_s)
        manager.status(f"waiting for {', '.join(missing())}" if missing() else "at work")
