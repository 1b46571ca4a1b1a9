"""The reconnect fence: what arrives before our own marker returns may have waited somewhere.

A message that the broker queued looks like any other (DUP says nothing about age). A marker
published behind all of them, at the same QoS, comes back behind all of them.
"""

import secrets
from collections.abc import Callable

from devices.arrival import Fence

NONCE_BYTES = 16  # a device that may write on the marker's topic still can't guess it


class ReconnectFence:
    """Where one process stands towards its broker, connection by connection."""

    def __init__(self, token: Callable[[int], str] = secrets.token_hex) -> None:
        self._token = token
        self._marker: bytes | None = None
        self._passed_once = False
        self.stage = Fence.BEFORE_START

    @property
    def live(self) -> bool:
        """Whether what arrives now was sent just now."""
        return self.stage is Fence.LIVE

    def fall(self) -> None:
        """Trust nothing: the connection is new, or gone.

        Until a marker has returned once, what arrives may be older than this process, on
        whichever connection it comes.
        """
        self._marker = None
        self.stage = Fence.QUEUED if self._passed_once else Fence.BEFORE_START

    def new_marker(self) -> bytes:
        """Return what to publish once everything is subscribed; older markers count no more."""
        self._marker = self._token(NONCE_BYTES).encode()
        return self._marker

    def take(self, payload: bytes) -> bool:
        """Take what came on the marker's topic; True when it is this connection's marker."""
        if self._marker is None or not secrets.compare_digest(payload, self._marker):
            return False
        self._marker = None
        self._passed_once = True
        self.stage = Fence.LIVE
        return True
