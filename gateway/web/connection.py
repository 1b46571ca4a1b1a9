"""HTTP/1.1 that waits for no peer for ever: slow heads, deaf readers, too many at once."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 800  # of the usual 1,024 files of a process; the record and the gates need theirs
HEAD_WITHIN_S = 10.0  # a browser sends a request's head at once
TAKEN_WITHIN_S = 20.0  # a peer that takes nothing for so long is gone, whatever TCP believes


class PatientConnection(H11Protocol):
    """uvicorn's protocol, with a deadline wherever it waits for the other side.

    Bodies have theirs in `gateway.web.bodies`, kept connections in uvicorn itself.
    """

    _head: asyncio.TimerHandle | None = None
    _taken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or end it at once where there are too many."""
        super().connection_made(transport)
        # uvicorn asks its logger, not its setting; each line would hold a sign-in link.
        self.access_log = False
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        self._cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Expect the next request, if there is to be one."""
        super().on_response_complete()
        self._expect_head()

    def pause_writing(self) -> None:
        """Begin to count how long the peer takes nothing."""
        super().pause_writing()
        # Closing would wait until the peer has taken what is left, so for ever.
        self._taken = self.loop.call_later(TAKEN_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop counting: the peer reads on."""
        super().resume_writing()
        if self._taken:
            self._taken.cancel()

    def _expect_head(self) -> None:
        if self._head:
            self._head.cancel()
        self._head = self.loop.call_later(HEAD_WITHIN_S, self._look_for_head)

    def _look_for_head(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()

    def _cancel(self) -> None:
        for timer in (self._head, self._taken):
            if timer:
                timer.cancel()
