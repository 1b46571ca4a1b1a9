"""An alliance HQ on the wire: it keeps what estates publish and confirms it, well or badly."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiomqtt import Client, MqttError

from devices.native.topics import ROOT, VERSION

RECONNECT_S = 0.5


@dataclass(frozen=True, slots=True)
class HqFaults:
    """What goes wrong, as shares of all messages; a good HQ has none."""

    loses: float = 0.0  # a message of the estate
    forgets: float = 0.0  # to confirm
    repeats: float = 0.0  # an old confirmation
    raves: float = 0.0  # a confirmation that can't be true, or is none
    delay_s: float = 0.0


@dataclass(slots=True)
class HqBooks:
    """What one estate has said. Pure: payloads in, the sequence to confirm out."""

    events: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    through: int | None = None  # everything up to here is complete; None before a status came
    repeated: int = 0  # the same event once more, as is allowed
    changed: int = 0  # the same event with other content, which must never be
    _batches: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)

    def begin(self, confirmed: int) -> None:
        """Take the estate's status: what it says we confirmed it will not send again."""
        self.through = max(confirmed, self.through or 0)

    def take(self, payload: bytes) -> int | None:
        """Keep one event; return up to where all is complete if it completes something."""
        event = json.loads(payload)
        key = (event["source"], event["id"])
        if key in self.events:
            self.repeated += 1
            self.changed += self.events[key] != event
        self.events[key] = event
        if event["type"] != f"{ROOT}.aggregate":
            return None
        data = event["data"]
        if self.through is None:
            return None  # it comes again
        if data["through"] <= self.through:
            return self.through  # it has not heard that we have it
        self._batches.setdefault(data["through"], {})[data["part"]] = event
        return self._completed()

    @property
    def windows(self) -> list[dict[str, Any]]:
        """All lanes' windows."""
        return self._about("lane")

    @property
    def health(self) -> list[dict[str, Any]]:
        """All health windows."""
        return self._about("health")

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """All alarms."""
        return [e["data"] for e in self.events.values() if e["type"] == f"{ROOT}.alarm"]

    def _about(self, what: str) -> list[dict[str, Any]]:
        aggregates = [e for e in self.events.values() if e["type"] == f"{ROOT}.aggregate"]
        data = [{**e["data"], "source": e["source"]} for e in aggregates]
        return [each for each in data if each["about"] == what]

    def _completed(self) -> int | None:
        moved = None
        for through in sorted(self._batches):
            parts = [event["data"] for event in self._batches[through].values()]
            lanes = [part for part in parts if part["about"] == "lane"]
            if len(parts) < parts[0]["parts"] or not lanes:
                break
            if self.through is None or lanes[0]["after"] > self.through:
                break  # something before it is still on the way
            self.through = moved = through
        if moved is not None:
            self._batches = {n: parts for n, parts in self._batches.items() if n > moved}
        return moved


class SimulatedHq:
    """Subscribes to one estate at its broker; `run` lives until cancelled, `books` outlive it."""

    def __init__(
        self,
        site: str,
        host: str,
        port: int,
        *,
        random: Random,
        faults: HqFaults | None = None,
        username: str | None = None,
        password: str | None = None,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self.books = HqBooks()
        self.statuses: list[dict[str, Any]] = []
        self.silent = False  # hears and does not answer
        self._site = site
        self._at = {"hostname": host, "port": port, "username": username, "password": password}
        self._random = random
        self._faults = faults or HqFaults()
        self._heard = heard

    async def run(self) -> None:
        """Listen for ever; a broker that is away is tried again."""
        while True:
            try:
                async with Client(**self._at) as client:  # type: ignore[arg-type]
                    await client.subscribe(f"{ROOT}/{VERSION}/{self._site}/hq/#", qos=1)
                    await self._listen(client)
            except MqttError:
                await asyncio.sleep(RECONNECT_S)

    async def _listen(self, client: Client) -> None:
        async for message in client.messages:
            payload = bytes(message.payload) if isinstance(message.payload, bytes) else b""
            if message.topic.value.endswith("/status"):
                status = json.loads(payload)["data"]
                self.statuses.append(status)
                self.books.begin(status["confirmed"])
            elif not self._happens(self._faults.loses):
                through = self.books.take(payload)
                if through is not None and not self.silent:
                    await self._confirm(client, through)
            self._heard()

    async def _confirm(self, client: Client, through: int) -> None:
        if self._faults.delay_s:
            await asyncio.sleep(self._random.uniform(0, self._faults.delay_s))
        if self._happens(self._faults.raves):
            await self._say(client, self._nonsense(through))
        if self._happens(self._faults.repeats):
            await self._say(client, json.dumps({"through": self._random.randint(1, through)}))
        if not self._happens(self._faults.forgets):
            await self._say(client, json.dumps({"through": through}))

    async def _say(self, client: Client, payload: str) -> None:
        await client.publish(f"{ROOT}/{VERSION}/{self._site}/order/received", payload, qos=1)

    def _nonsense(self, through: int) -> str:
        odd = [through + 10**9, -1, None, True, str(through), 1.5, [through]]
        return self._random.choice([*(json.dumps({"through": x}) for x in odd), "{", "[" * 300])

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share
