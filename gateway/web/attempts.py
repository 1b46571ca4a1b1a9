"""Failed sign-ins by address, in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

LIMIT = 20  # in one window: more than tired fingers, less than a script
WINDOW_S = 60.0
MAX_ADDRESSES = 1024  # the address that failed longest ago is forgotten first


class FailedAttempts:
    """Counts failures of each address within a window."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self.total = 0
        self._now = now
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def failed(self, address: str) -> bool:
        """Count one failure; True once the address has had too many."""
        self.total += 1
        now = self._now()
        since, count = self._windows.pop(address, (now, 0))
        if now - since >= WINDOW_S:
            since, count = now, 0
        self._windows[address] = (since, count + 1)
        while len(self._windows) > MAX_ADDRESSES:
            self._windows.popitem(last=False)
        return count + 1 > LIMIT
