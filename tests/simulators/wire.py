"""What crosses a broker, seen by a client that shares no code with the devices."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiomqtt import Client

from tests.servers import Server

DEADLINE_S = 20


@dataclass
class Wire:
    """Everything published since it began to look."""

    client: Client
    seen: list[tuple[str, Any, bool]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self) -> None:
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            body = json.loads(message.payload)
            async with self.news:
                self.seen.append((message.topic.value, body, message.retain))
                self.news.notify_all()

    def on(self, channel: str) -> list[Any]:
        return [body for topic, body, _ in self.seen if topic.endswith(f"/{channel}")]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S), self.news:
            await self.news.wait_for(holds)

    async def command(self, topic: str, **body: object) -> None:
        await self.client.publish(topic, json.dumps(body), qos=0)


@asynccontextmanager
async def watching(broker: Server) -> AsyncIterator[Wire]:
    """Look at all topics of protocol version 1."""
    async with Client("127.0.0.1", broker.port) as client:
        await client.subscribe("menshen/1/#", qos=1)
        wire = Wire(client)
        reading = asyncio.ensure_future(wire.read())
        try:
            yield wire
        finally:
            reading.cancel()
            await asyncio.wait({reading})
