"""What stands on the virtual wires: the gateway's connection, and the client of each device."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiomqtt import MqttError, Will
from paho.mqtt.client import MQTTMessage

from devices.errors import DeviceLinkError
from devices.moment import Moment
from drivers.mqtt_connection import Heard
from drivers.mqtt_connection import Will as GatewayWill
from drivers.mqtt_login import BrokerLogin
from simulators.virtual.broker import Packet
from simulators.virtual.network import ClientEnd, LinkLostError, Network


class GatewayConnection:
    """Satisfies `drivers.mqtt_connection.Connection`: one connection, of no use once lost."""

    def __init__(
        self,
        network: Network,
        login: BrokerLogin,
        client_id: str,
        *,
        now: Callable[[], Moment],
        heard: Heard,
        keeps_session: bool = False,
        will: GatewayWill | None = None,
    ) -> None:
        self._login = login
        self._now = now
        self._heard = heard
        last = Packet(will.topic, will.payload, 1, retain=True) if will else None
        self._end = ClientEnd(network, client_id, self._hear, clean=not keeps_session, will=last)
        self._paused = False
        self._arrived: deque[tuple[MQTTMessage, Moment]] = deque()
        self.acknowledging: Callable[[Packet], None] = lambda _: None
        self.since_s = network.loop.time()
        self._unacknowledged: dict[int, Packet] = {}

    @property
    def open(self) -> bool:
        """Whether the broker has let us in and is still there."""
        return self._end.open

    async def connect(self) -> None:
        """Connect and log in; DeviceLinkError says what is wrong."""
        await self._or_fault(self._end.connect())

    async def until(self, event: asyncio.Event, *, within_s: float | None = None) -> bool:
        """Wait for an event; False past the deadline, DeviceLinkError when this ends first."""
        waiting = asyncio.ensure_future(event.wait())
        either: list[asyncio.Future[Any]] = [waiting, self._end.lost]
        try:
            await asyncio.wait(either, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            if self._end.lost.done() and not waiting.done():
                raise DeviceLinkError(self._fault(self._end.lost.result()))
        finally:
            waiting.cancel()
        return event.is_set()

    async def subscribe(self, filters: Sequence[str]) -> list[str]:
        """Ask for filters at QoS 1; none is refused."""
        if filters:
            await self._or_fault(self._end.subscribe(list(filters)))
        return []

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """Ask for filters no more."""
        self._end.unsubscribe(list(filters))

    async def publish_surely(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Publish at QoS 1 and wait for the broker's word."""
        if not self.open:
            raise DeviceLinkError(self._fault("closed"))
        answer = self._end.publish(Packet(topic, payload, 1, retain))
        await self._or_fault(self._end.first(answer))

    def publish(self, topic: str, payload: bytes | str, *, qos: int, retain: bool) -> bool:
        """Put a message on the wire now; False when that can't be done."""
        if not self.open:
            return False
        data = payload.encode() if isinstance(payload, str) else payload
        self._end.publish(Packet(topic, data, qos, retain))
        return self.open

    def acknowledge(self, mid: int) -> None:
        """Tell the broker that a QoS 1 message is dealt with."""
        if self.open:
            packet = self._unacknowledged.pop(mid, None)
            if packet is not None:
                self.acknowledging(packet)
            self._end.acknowledge(mid)

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading."""
        self._paused = paused
        if not paused and self._arrived:
            asyncio.get_running_loop().call_soon(self._hand_on)

    async def close(self) -> None:
        """Say goodbye, and let go."""
        self._end.goodbye()
        self.drop()

    def drop(self, why: str = "closed") -> None:
        """Let go of it at once, without a farewell."""
        self._end.hang_up(why)

    def _hear(self, packet: Packet) -> None:
        message = MQTTMessage(packet.mid, packet.topic.encode())
        message.payload, message.qos = packet.payload, packet.qos
        message.retain, message.dup = packet.retain, packet.dup
        if packet.qos:
            self._unacknowledged[packet.mid] = packet
        self._arrived.append((message, self._now()))
        self._hand_on()

    def _hand_on(self) -> None:
        while self._arrived and not self._paused and self.open:
            self._heard(*self._arrived.popleft())

    async def _or_fault(self, step: Awaitable[None]) -> None:
        try:
            await step
        except LinkLostError as error:
            raise DeviceLinkError(self._fault(str(error))) from error

    def _fault(self, why: str) -> str:
        return f"{self._login.url}: {why}"


@dataclass(frozen=True, slots=True)
class _Topic:
    value: str


@dataclass(frozen=True, slots=True)
class _Message:
    topic: _Topic
    payload: bytes


class DeviceClient:
    """What `simulators.device_link` needs of aiomqtt's client."""

    def __init__(self, network: Network, client: str, will: Will | None) -> None:
        last = None
        if will is not None and isinstance(will.payload, bytes):
            last = Packet(will.topic, will.payload, will.qos, will.retain)
        self._inbox: asyncio.Queue[Packet | None] = asyncio.Queue()
        self.end = ClientEnd(network, client, self._hear, will=last)
        self.end.lost.add_done_callback(lambda _: self._inbox.put_nowait(None))

    @property
    def messages(self) -> AsyncIterator[_Message]:
        """Everything that comes, until the link is lost."""
        return self._messages()

    async def subscribe(self, topic: str, qos: int = 0) -> None:
        """Ask for a topic."""
        await self._or_error(self.end.subscribe([topic]))

    async def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        """Publish, at QoS 1 until the broker has it."""
        if not self.end.open:
            msg = "not connected"
            raise MqttError(msg)
        answer = self.end.publish(Packet(topic, payload, qos, retain))
        if qos:
            await self._or_error(self.end.first(answer))

    async def _messages(self) -> AsyncIterator[_Message]:
        while (packet := await self._inbox.get()) is not None:
            yield _Message(_Topic(packet.topic), packet.payload)
        msg = "the link is lost"
        raise MqttError(msg)

    def _hear(self, packet: Packet) -> None:
        if packet.qos:
            self.end.acknowledge(packet.mid)
        self._inbox.put_nowait(packet)

    async def _or_error(self, step: Awaitable[None]) -> None:
        try:
            await step
        except LinkLostError as error:
            raise MqttError(str(error)) from error


@asynccontextmanager
async def device_connection(
    network: Network, client: str, will: Will | None
) -> AsyncIterator[DeviceClient]:
    """Hold one device's connection; MqttError when it can't be had."""
    device = DeviceClient(network, client, will)
    try:
        await device.end.connect()
    except LinkLostError as error:
        raise MqttError(str(error)) from error
    try:
        yield device
    finally:
        device.end.goodbye()
        device.end.hang_up("closed")
