"""A link under test: what it heard, what it said of itself, and foreign clients beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from aiomqtt import Client

from devices.arrival import Fence
from devices.ids import SiteId
from drivers.mqtt_connection import MqttConnection
from drivers.mqtt_link import BrokerLogin, MqttLink
from drivers.mqtt_port import MqttMessage
from simulators.real_clock import real_now
from tests.servers import Server

Item = TypeVar("Item")

DEADLINE_S = 20
SITE = SiteId("riverside")
SCAN = "menshen/1/riverside/north-in/scan-1/scan"


@dataclass
class Watched:
    """A link with one scanner; what it hears stays unsettled until `settle` or by `at_once`."""

    login: BrokerLogin
    at_once: bool = True
    heard: list[MqttMessage] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    changes: list[tuple[bool, str | None]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.link = MqttLink(
            self.login,
            SITE,
            now=real_now,
            random=Random(1),
            strangers=self._add(self.strangers),
            changed=lambda connected, why: self._add(self.changes)((connected, why)),
        )
        self.link.subscribe(SCAN, self.hear)

    def hear(self, message: MqttMessage) -> None:
        self.heard.append(message)
        self.news.set()
        if self.at_once:
            message.settled()

    @property
    def texts(self) -> list[str]:
        return [message.payload.decode() for message in self.heard]

    @property
    def fences(self) -> list[tuple[str, Fence]]:
        return [(message.payload.decode(), message.fence) for message in self.heard]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def until_heard(self, count: int) -> None:
        await self.until(lambda: len(self.heard) >= count)

    async def until_live(self) -> None:
        await self.until(lambda: self.link.fenced and bool(self.changes) and self.changes[-1][0])

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Watched"]:
        task = asyncio.ensure_future(self.link.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=DEADLINE_S)

    def _add(self, to: list[Item]) -> Callable[[Item], None]:
        def add(item: Item) -> None:
            to.append(item)
            self.news.set()

        return add


def login_to(broker: Server, **more: str) -> BrokerLogin:
    return BrokerLogin("127.0.0.1", broker.port, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def foreign(broker: Server) -> AsyncIterator[Client]:
    async with Client("127.0.0.1", broker.port) as client:
        yield client


async def reach(login: BrokerLogin, client_id: str = "passer-by") -> None:
    """Log in once and hang up."""
    connection = MqttConnection(login, client_id, now=real_now, heard=lambda *_: None)
    try:
        await connection.connect()
        await connection.close()
    finally:
        connection.drop()
