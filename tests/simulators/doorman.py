"""A gateway's place on the wire: opens for good codes and cool heads, says no to the others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiomqtt import Client

from tests.servers import Server

FEVER_CELSIUS = 37.3


class PlainIssuer:
    """Codes that a doorman reads at a glance."""

    def valid(self, holder: str) -> str:
        return f"GOOD {holder}"

    def expired(self, holder: str) -> str:
        return f"OLD {holder}"

    def forged(self, holder: str) -> str:
        return f"FORGED {holder}"


@dataclass
class Doorman:
    """Remembers what each lane has shown and how its gate's clock runs."""

    client: Client
    site: str
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    gates: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    ids: count = field(default_factory=count)  # type: ignore[type-arg] # it has no arguments at run time

    async def serve(self) -> None:
        async for message in self.client.messages:
            _, _, _, lane, device, channel = message.topic.value.split("/")
            assert isinstance(message.payload, bytes)
            body = json.loads(message.payload)
            if channel == "state":
                self.gates[lane] = (device, body)
            else:
                self.shown.setdefault(lane, {})[channel] = body
                await self._decide(lane)

    async def _decide(self, lane: str) -> None:
        shown = self.shown[lane]
        if len(shown) < 2 or lane not in self.gates:
            return
        self.shown[lane] = {}
        gate, state = self.gates[lane]
        topic = f"menshen/1/{self.site}/{lane}/{gate}"
        if not shown["scan"]["text"].startswith("GOOD"):
            await self.client.publish(f"{topic}/show", json.dumps({"colour": "red"}))
        elif shown["temperature"]["celsius"] >= FEVER_CELSIUS:
            await self.client.publish(f"{topic}/show", json.dumps({"colour": "amber"}))
        else:
            number = next(self.ids)
            command = {"id": f"c-{number}", "grant": f"g-{number}", "do": "open", "hold_ms": 5000}
            life = {"boot": state["boot"], "until_tick_ms": state["tick_ms"] + 60_000}
            await self.client.publish(f"{topic}/command", json.dumps(command | life))


@asynccontextmanager
async def doorman(broker: Server, site: str = "riverside") -> AsyncIterator[Doorman]:
    """Serve a site's lanes while the block runs."""
    async with Client("127.0.0.1", broker.port) as client:
        for channel in ("scan", "temperature", "state"):
            await client.subscribe(f"menshen/1/{site}/+/+/{channel}", qos=1)
        await client.publish(
            f"menshen/1/{site}/gateway/online", json.dumps({"online": True}), qos=1, retain=True
        )
        man = Doorman(client, site)
        serving = asyncio.ensure_future(man.serve())
        try:
            yield man
        finally:
            serving.cancel()
            await asyncio.wait({serving})
            assert serving.cancelled()
