"""One device's own connection to the broker: last will, `online`, reconnect with back-off."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any, Self
from urllib.parse import urlsplit

from aiomqtt import Client, MqttError, Will

from devices.errors import DeviceLinkError
from devices.moment import Moment
from simulators.payloads import Message, Place, online_message

KEEPALIVE_S = 15
CONNECTED_WITHIN_S = 10.0
ACKNOWLEDGED_WITHIN_S = 2.0  # aiomqtt doesn't notice a lost link while it waits for an answer
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
LEAVING_S = 1.0  # a device that is switched off doesn't wait longer for its farewell

Handler = Callable[[bytes], None]
NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@dataclass(frozen=True, slots=True)
class Account:
    """A device's own credentials at the broker."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `mqtt://host:port`; DeviceLinkError for anything else."""
        parts = urlsplit(url)
        try:
            port = parts.port or 1883
        except ValueError:
            port = 0
        if parts.scheme != "mqtt" or not parts.hostname or not port:
            msg = f"{url}: a simulated device needs a broker such as mqtt://127.0.0.1:1883"
            raise DeviceLinkError(msg)
        return cls(parts.hostname, port)


@asynccontextmanager
async def connection(
    broker: BrokerAddress, account: Account | None = None, will: Will | None = None
) -> AsyncIterator[Client]:
    """Hold one connection; whatever happens, none is left behind."""
    client = Client(
        broker.host,
        broker.port,
        username=account.username if account else None,
        password=account.password if account else None,
        will=will,
        keepalive=KEEPALIVE_S,
        # aiomqtt's own limits rest on asyncio.wait_for, which in Python 3.11 can swallow a
        # cancellation: every wait here stands in asyncio.timeout instead.
        timeout=inf,
        max_inflight_messages=100,
        socket_options=[NO_DELAY],
    )
    client.pending_calls_threshold = 1000  # a crowd publishes many at once, and means to
    entering = asyncio.ensure_future(client.__aenter__())
    try:
        async with asyncio.timeout(CONNECTED_WITHIN_S):
            await asyncio.shield(entering)
    except BaseException:  # cancelled too: aiomqtt would leave a socket open behind its back
        await asyncio.wait({entering}, timeout=LEAVING_S)  # its thread can't be interrupted
        bare = client._client  # noqa: SLF001 - aiomqtt's own way out is for who came in
        bare.disconnect()
        bare.loop_write()
        entering.cancel()
        await asyncio.wait({entering})
        raise
    try:
        yield client
    finally:
        with suppress(MqttError, TimeoutError):  # nobody is there to take leave of
            async with asyncio.timeout(LEAVING_S):
                await client.__aexit__(None, None, None)


Connected = Callable[[BrokerAddress, Account | None, Will | None], AbstractAsyncContextManager[Any]]
"""Holds one connection that looks like aiomqtt's client; MqttError when it breaks."""


async def reach(broker: BrokerAddress, account: Account | None = None) -> None:
    """Connect once and hang up; DeviceLinkError says what to mend when that fails."""
    at = f"mqtt://{broker.host}:{broker.port}"
    try:
        async with connection(broker, account):
            pass
    except (MqttError, TimeoutError) as error:
        refused = "uthori" in str(error) or "user name" in str(error)
        remedy = "check the accounts" if refused else "start a broker there or name another one"
        msg = f"{at}: {str(error) or 'no answer'}; {remedy}"
        raise DeviceLinkError(msg) from error


class DeviceLink:
    """Keeps one device connected for as long as `run` runs."""

    def __init__(
        self,
        place: Place,
        broker: BrokerAddress,
        *,
        now: Callable[[], Moment],
        rng: Random,
        account: Account | None = None,
        connected: Connected = connection,
    ) -> None:
        self.place = place
        self.now = now
        self._broker = broker
        self._account = account
        self._connected = connected
        self._rng = rng
        self._handlers: dict[str, Handler] = {}
        self._watchers: list[Callable[[bool], None]] = []
        self._client: Client | None = None
        self._linked = asyncio.Event()
        self._faults: asyncio.Queue[str] = asyncio.Queue(maxsize=1)

    @property
    def connected(self) -> bool:
        """Whether the broker has heard that this device is online."""
        return self._linked.is_set()

    async def until_connected(self) -> None:
        """Wait for the link."""
        await self._linked.wait()

    async def until_fault(self) -> str:
        """Wait until the link was lost or refused; say why."""
        return await self._faults.get()

    def listen(self, topic: str, handler: Handler) -> None:
        """Call a handler with every payload of a topic; before `run`."""
        self._handlers[topic] = handler

    def watch(self, watcher: Callable[[bool], None]) -> None:
        """Call a watcher with True on each new link, with False when it is lost."""
        self._watchers.append(watcher)

    async def run(self) -> None:
        """Stay connected until cancelled; then say goodbye and hang up."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with self._connected(self._broker, self._account, self._will()) as client:
                    pause_s = FIRST_PAUSE_S
                    await self._serve(client)
            except (MqttError, TimeoutError) as error:
                with suppress(asyncio.QueueFull):  # the first fault that nobody asked for stays
                    self._faults.put_nowait(str(error) or "the broker does not answer")
            await asyncio.sleep(pause_s * self._rng.uniform(0.5, 1.0))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def say(self, message: Message, *, repeat: bool = True) -> bool:
        """Publish and return True once the broker has it; wait for a link, and for the next one.

        Without `repeat` a message that is not acknowledged on this link is given up: False.
        """
        while True:
            await self._linked.wait()
            client = self._client
            if client is None:
                continue
            try:
                await self._publish(client, message)
            except (MqttError, TimeoutError):
                if not repeat:
                    return False
                await asyncio.sleep(FIRST_PAUSE_S)  # the link's end may not be noticed yet
            else:
                return True

    async def _serve(self, client: Client) -> None:
        try:
            for topic in self._handlers:
                async with asyncio.timeout(CONNECTED_WITHIN_S):
                    await client.subscribe(topic, qos=1)
            await self._publish(client, online_message(online=True, now=self.now()))
            self._client = client
            self._linked.set()
            self._tell(linked=True)
            async for message in client.messages:
                handler = self._handlers.get(message.topic.value)
                if handler and isinstance(message.payload, bytes):
                    handler(message.payload)
        except asyncio.CancelledError:
            farewell = online_message(online=False, now=self.now())
            with suppress(MqttError, TimeoutError):
                async with asyncio.timeout(LEAVING_S):
                    await self._publish(client, farewell)
            raise
        finally:
            if self._linked.is_set():
                self._client = None
                self._linked.clear()
                self._tell(linked=False)

    async def _publish(self, client: Client, message: Message) -> None:
        topic = self.place.topic(message.channel)
        async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
            await client.publish(topic, message.payload, qos=1, retain=message.retained)

    def _tell(self, *, linked: bool) -> None:
        for watcher in self._watchers:
            watcher(linked)

    def _will(self) -> Will:
        message = online_message(online=False, now=self.now())
        return Will(self.place.topic("online"), message.payload, qos=1, retain=True)
