"""An HQ behind a port in memory: the link and the HQ can each be away."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devices.arrival import Fence
from devices.moment import Moment
from drivers.mqtt_port import MqttMessage
from simulators.hq import HqBooks

RECEIVED = "menshen/1/riverside/order/received"


@dataclass
class PaperHq:
    """Satisfies `drivers.mqtt_port.MqttPort`; what is published is in the HQ's books at once."""

    connected: bool = True
    answers: bool = True
    hears: bool = True
    books: HqBooks = field(default_factory=HqBooks)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    settled: int = 0
    room: int = 10**9  # how many messages more the link takes
    news: asyncio.Event = field(default_factory=asyncio.Event)
    handler: Callable[[MqttMessage], None] = lambda _: None

    def subscribe(self, topic_filter: str, handler: Callable[[MqttMessage], None]) -> None:
        assert topic_filter == RECEIVED
        self.handler = handler

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> bool:
        assert isinstance(payload, bytes)
        assert (qos, retain) == (1, topic.endswith("/status"))
        if not self.connected or self.room <= 0:
            return False
        self.room -= 1
        self.sent.append((topic, payload))
        self.news.set()
        if topic.endswith("/status"):
            self.statuses.append(json.loads(payload)["data"])
            self.books.begin(self.statuses[-1]["confirmed"])
        elif self.hears:
            through = self.books.take(payload)
            if through is not None and self.answers:
                asyncio.get_running_loop().call_soon(self.say, {"through": through})
        return True

    def say(self, what: object, *, retained: bool = False) -> None:
        """Put something on the channel on which the HQ confirms."""
        payload = what if isinstance(what, bytes) else json.dumps(what).encode()
        now = Moment(0, 0)
        self.handler(MqttMessage(RECEIVED, payload, now, Fence.LIVE, retained, self._settled))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                self.news.clear()
                await self.news.wait()

    def _settled(self) -> None:
        self.settled += 1
        self.news.set()
