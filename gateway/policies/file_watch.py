"""The site's policy file: looked at twice a second, offered once it has changed and lies still."""

import hashlib
import logging
import os
from pathlib import Path

from devices.errors import MenshenError, SetupError
from edge_rules.policies import Source
from gateway.lying_still import LyingStill
from gateway.policies.keeper import PolicyKeeper
from gateway.policies.loading import read_text

log = logging.getLogger(__name__)

# A stat a half second costs nothing, and works where notifications don't: network disks, mounts
# into containers, folders that are replaced as a whole.
LOOK_S = 0.5

Stamp = tuple[int, int, int] | None  # None: there is no such file


class FileWatch:
    """One file; `run` lives until it is cancelled."""

    def __init__(self, path: Path, text: str, keeper: PolicyKeeper) -> None:
        self._path = path
        self._digest = _digest(text)
        self._keeper = keeper

    async def run(self) -> None:
        """Watch for ever."""
        # The start has read it, but it may have changed since.
        await LyingStill(self._stamp, self._look).run(LOOK_S)

    async def _stamp(self) -> Stamp:
        return await self._keeper.beside(stamp_of, self._path)

    async def _look(self, _: Stamp) -> None:
        try:
            text = await self._keeper.beside(read_text, self._path)
        except SetupError as error:
            self._keeper.refuse(_short(error, self._path), Source.FILE, None)
            self._digest = ""
            return
        digest = _digest(text)
        if digest == self._digest:
            return
        self._digest = digest
        try:
            await self._keeper.offer(text, Source.FILE, None, self._path.name)
        except SetupError as error:
            log.warning("the policy in force stays: %s", error.faults[0])
        except MenshenError as error:
            log.warning("%s", error)


def stamp_of(path: Path) -> Stamp:
    """Tell a file from what it was before and from another one of its name."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - follows what Kubernetes swaps under a link
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _short(error: SetupError, path: Path) -> SetupError:
    """Leave the machine's folders out of what goes on record."""
    faults = [type(f)(path.name, f.line, f.column, f.what) for f in error.faults]
    return SetupError(faults)
