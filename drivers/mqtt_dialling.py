"""Opening a connection to a broker: paho's connect() blocks, so it does on a thread of its own."""

import asyncio
import socket
import threading
from contextlib import suppress

from paho.mqtt.client import Client

from devices.errors import DeviceLinkError
from drivers.mqtt_faults import no_address, no_answer, no_greeting, unreachable
from drivers.mqtt_login import BrokerLogin

CONNECTED_WITHIN_S = 10.0
SOCKET_WITHIN_S = 5.0  # for each address of the host, and for the TLS handshake
KEEPALIVE_S = 10
UNACKNOWLEDGED_MS = 10_000  # bytes that nobody takes for this long end the connection


async def dial(client: Client, login: BrokerLogin) -> None:
    """Connect a client that has no socket callbacks yet; DeviceLinkError says what is wrong."""
    call = _Call(client, login)
    try:
        async with asyncio.timeout(CONNECTED_WITHIN_S):
            await call.made()
    except TimeoutError as error:
        raise DeviceLinkError(no_answer(login, CONNECTED_WITHIN_S)) from error
    except (ConnectionResetError, BrokenPipeError) as error:
        raise DeviceLinkError(no_greeting(login)) from error
    except OSError as error:
        raise DeviceLinkError(unreachable(login, error)) from error
    except ValueError as error:
        raise DeviceLinkError(no_address(login)) from error
    if client.socket() is None:
        raise DeviceLinkError(no_greeting(login))


class _AbandonedError(Exception):
    pass


class _Call:
    """One blocking connect(); nobody has to wait for its end."""

    def __init__(self, client: Client, login: BrokerLogin) -> None:
        self._client = client
        self._login = login
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._abandoned = False

    async def made(self) -> None:
        # A daemon, not an executor's: a name lookup can hang, and the program must end anyway.
        threading.Thread(target=self._work, name="mqtt-dial", daemon=True).start()
        try:
            await self._done
        finally:
            self._abandoned = True

    def _work(self) -> None:
        fault: Exception | None = None
        try:
            self._connect()
        except Exception as error:  # it goes to whoever waits
            fault = error
        with suppress(RuntimeError):  # the loop is closed: the program has ended
            self._loop.call_soon_threadsafe(self._finish, fault)

    def _connect(self) -> None:
        client, login = self._client, self._login
        context = login.tls_context()
        if context is not None:
            client.tls_set_context(context)
        client.username_pw_set(login.username, login.password)
        client.connect_timeout = SOCKET_WITHIN_S
        client.on_socket_open = self._on_socket
        client.connect(login.host, login.port, keepalive=KEEPALIVE_S)

    def _on_socket(self, _: Client, __: object, sock: object) -> None:
        """Prepare the socket before MQTT's first byte."""
        if self._abandoned:  # a CONNECT now would throw out the connection made since
            raise _AbandonedError
        if not isinstance(sock, socket.socket):
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)

    def _finish(self, fault: Exception | None) -> None:
        if self._abandoned or fault is not None:
            hang_up(self._client)
        if self._done.done():
            return
        if fault is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(fault)


def hang_up(client: Client) -> None:
    """Close a client's socket without a farewell: the broker publishes the last will."""
    sock = client.socket()
    if sock is not None:
        sock.close()
