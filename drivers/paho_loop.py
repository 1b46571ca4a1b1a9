"""A connected paho client on the running asyncio loop: its socket watched, its clock wound."""

import asyncio
import select
from collections.abc import Callable

from paho.mqtt.client import Client

LOOK_EVERY_S = 1.0
BURST = 16  # packets read before anybody else has a turn


class PahoLoop:
    """Runs paho's reads, writes and keep-alive; works on any loop that watches descriptors.

    `after_read` is called outside paho, so what it calls may publish. `failed` is called when
    paho raises something, on bytes that are no MQTT.
    """

    def __init__(
        self,
        client: Client,
        *,
        after_read: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        self._client = client
        self._after_read = after_read
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._reading: int | None = None  # the descriptor, while the loop watches it
        self._writing: int | None = None
        self._attached = False
        self._paused = False
        self._poll = select.poll()
        self._timer: asyncio.TimerHandle | None = None
        self.stalled = False  # the socket takes no more at present

    def attach(self) -> None:
        """Begin; the client is connected and has no socket callbacks yet."""
        client = self._client
        client.on_socket_register_write = lambda *_: self._watch_writing(wanted=True)
        client.on_socket_unregister_write = lambda *_: self._watch_writing(wanted=False)
        client.on_socket_close = lambda *_: self.detach()
        self._attached = True
        self._watch_reading()
        self.write()
        self._look_after()

    def detach(self) -> None:
        """End; the socket may be closed afterwards."""
        self._attached = False
        self._watch_writing(wanted=False)
        self._watch_reading()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading."""
        if paused != self._paused:
            self._paused = paused
            self._watch_reading()

    def write(self) -> None:
        """Put on the wire what waits, as far as the socket takes it."""
        self._guarded(self._client.loop_write)
        self.stalled = self._client.want_write()

    def _read(self) -> None:
        """Read until nothing is left, in bursts.

        uvloop tells of a reset connection once and never again: one packet a call would leave
        the error behind it unread, and the link stalled until its keep-alive ends.
        """
        for _ in range(BURST):
            if self._paused or not self._attached:
                return
            self._guarded(self._client.loop_read)
            self._after_read()
            if not self._more():
                return
        self._loop.call_soon(self._read)

    def _more(self) -> bool:
        sock = self._client.socket()
        if sock is None:
            return False
        pending = getattr(sock, "pending", None)
        if pending is not None and pending():  # TLS holds what no descriptor tells of
            return True
        return bool(self._poll.poll(0))

    def _look_after(self) -> None:
        self._guarded(self._client.loop_misc)
        if self._attached:
            self._timer = self._loop.call_later(LOOK_EVERY_S, self._look_after)

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:  # a hostile broker's bytes raise anything
            self._failed()

    def _watch_reading(self) -> None:
        sock = self._client.socket()
        wanted = self._attached and not self._paused and sock is not None
        if not wanted and self._reading is not None:
            self._loop.remove_reader(self._reading)
            self._reading = None
        elif wanted and self._reading is None and sock is not None:
            self._reading = sock.fileno()
            self._poll = select.poll()
            self._poll.register(self._reading, select.POLLIN)
            self._watched(self._loop.add_reader, self._reading, self._read)
            self._loop.call_soon(self._read)

    def _watch_writing(self, *, wanted: bool) -> None:
        sock = self._client.socket()
        if not wanted and self._writing is not None:
            self._loop.remove_writer(self._writing)
            self._writing = None
        elif wanted and self._writing is None and sock is not None:
            self._writing = sock.fileno()
            self._watched(self._loop.add_writer, self._writing, self.write)

    def _watched(
        self, watch: Callable[..., object], descriptor: int, call: Callable[[], None]
    ) -> None:
        try:
            watch(descriptor, call)
        except (OSError, RuntimeError):  # uvloop's, once the connection was reset
            self._loop.call_soon(self._read)
