"""What the gateway itself knows of somebody whom a guard asks about: the list, a pass's number.

A name lives here for one question and goes no further: a guard's word without it comes back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from pathlib import Path

from devices.errors import SetupError
from edge_rules.credentials.credential import Credential
from edge_rules.vouched import How, Vouched, nothing_shown
from gateway.people.asking import Askings
from gateway.people.people_list import PeopleList, list_path, load_list
from gateway.ports import Clock

log = logging.getLogger(__name__)

TOO_OFTEN = "list-asked-too-often"
ByNumber = Callable[[str], Awaitable[Credential | None]]


class GuardsDesk:
    """Satisfies `gateway.ports.FrontDesk`."""

    def __init__(self, data: Path, by_number: ByNumber, worker: Executor, clock: Clock) -> None:
        self._data = data
        self._by_number = by_number
        self._worker = worker
        self._clock = clock
        self._askings = Askings()
        self._list: PeopleList | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def on_list(self, operator: str, name: str, home: str) -> Vouched:
        """Look a spoken name up."""
        kind, refused = None, self._too_often(operator)
        if refused is None:
            kind, refused = await self._asked(name, home)
        if refused == "not-listed":
            self._askings.missed(operator, self._clock.now().boot_ms)
        return Vouched(How.LIST, nothing_shown(kind), "name", listed=not refused, refused=refused)

    async def on_number(self, operator: str, number: str) -> Vouched:
        """Look a printed pass up."""
        found, refused = None, self._too_often(operator)
        if refused is None:
            found = await self._by_number(number)
            if found is None:
                refused = "pass-unknown"
                self._askings.missed(operator, self._clock.now().boot_ms)
        return Vouched(How.PAPER, found or nothing_shown(), "number", refused=refused)

    def _too_often(self, operator: str) -> str | None:
        return None if self._askings.may(operator, self._clock.now().boot_ms) else TOO_OFTEN

    async def _asked(self, name: str, home: str) -> tuple[str | None, str | None]:
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            try:
                known = await loop.run_in_executor(self._worker, self._current)
            except SetupError as error:
                log.warning("%s", error)
                return None, "list-unreadable"
        return known.ask(name, home) if known else (None, "list-missing")

    def _current(self) -> PeopleList | None:
        """Return the list as it is on disk now: another process may have imported it anew."""
        try:
            stat = list_path(self._data).stat()
        except OSError:
            self._list, self._stamp = None, None
            return None
        stamp = stat.st_mtime_ns, stat.st_size, stat.st_ino
        if stamp != self._stamp:
            self._list = load_list(self._data)
            self._stamp = stamp
        return self._list
