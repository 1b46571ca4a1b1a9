"""Clients that talk to a real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiomqtt import Client

from simulators.device_link import Account, BrokerAddress, connection

LAST = b"last"


@asynccontextmanager
async def client(port: int, user: str | None = None, password: str = "") -> AsyncIterator[Client]:
    account = Account(user, password) if user else None
    async with connection(BrokerAddress("127.0.0.1", port), account) as connected:
        yield connected


async def heard_until(listener: Client, topic: str) -> list[tuple[str, bytes]]:
    """Collect what arrives up to the message that ends it."""
    heard = []
    async with asyncio.timeout(10):
        async for message in listener.messages:
            if (message.topic.value, message.payload) == (topic, LAST):
                break
            assert isinstance(message.payload, bytes)
            heard.append((message.topic.value, message.payload))
    return heard


async def say_all(speaker: Client, topics: Sequence[str], payload: bytes = b"hello") -> None:
    for topic in topics:
        await speaker.publish(topic, payload, qos=1)
