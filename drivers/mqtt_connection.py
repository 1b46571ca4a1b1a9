"""One connection to a broker: a paho client on the running loop, of no use once it is lost.

A client lives as long as its connection. So nothing can lie in it that a later connection would
send: an `open` that waits for a broker opens a gate when nobody stands there any more.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from devices.errors import DeviceLinkError
from devices.moment import Moment
from drivers.mqtt_dialling import dial, hang_up
from drivers.mqtt_faults import hung_up, no_answer, no_greeting, not_mqtt, refused
from drivers.mqtt_login import BrokerLogin
from drivers.paho_loop import PahoLoop

ANSWERED_WITHIN_S = 10.0
FAREWELL_S = 1.0
UNCONFIRMED = 256  # QoS 1 publishes under way at once

Answer = TypeVar("Answer")
Heard = Callable[[MQTTMessage, Moment], None]


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says of us, retained, when the connection breaks."""

    topic: str
    payload: bytes


class Connection(Protocol):
    """What the link needs of one connection; `MqttConnection` says what each of these does."""

    @property
    def open(self) -> bool:
        """Whether the broker has let us in and is still there."""
        ...

    async def connect(self) -> None:
        """Connect and log in; DeviceLinkError says what is wrong."""
        ...

    async def until(self, event: asyncio.Event, *, within_s: float | None = None) -> bool:
        """Wait for an event; False past the deadline, DeviceLinkError when this ends first."""
        ...

    async def subscribe(self, filters: Sequence[str]) -> list[str]:
        """Ask for filters at QoS 1; return those that the broker refuses."""
        ...

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """Ask for filters no more."""
        ...

    async def publish_surely(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Publish at QoS 1 and wait for the broker's word."""
        ...

    def publish(self, topic: str, payload: bytes | str, *, qos: int, retain: bool) -> bool:
        """Put a message on the wire now; False when that can't be done."""
        ...

    def acknowledge(self, mid: int) -> None:
        """Tell the broker that a QoS 1 message is dealt with."""
        ...

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading."""
        ...

    async def close(self) -> None:
        """Say goodbye, and wait until that has left."""
        ...

    def drop(self, why: str = "closed") -> None:
        """Let go of it at once, without a farewell."""
        ...


class Connect(Protocol):
    """Makes a connection that is not connected yet."""

    def __call__(
        self,
        login: BrokerLogin,
        client_id: str,
        *,
        now: Callable[[], Moment],
        heard: Heard,
        keeps_session: bool = False,
        will: Will | None = None,
    ) -> Connection:
        """Make it."""
        ...


class MqttConnection:
    """Reads, writes and keeps alive until it is lost or closed; every call is the loop's."""

    def __init__(
        self,
        login: BrokerLogin,
        client_id: str,
        *,
        now: Callable[[], Moment],
        heard: Heard,
        keeps_session: bool = False,
        will: Will | None = None,
    ) -> None:
        self._login = login
        self._client_id = client_id
        self._now = now
        self._heard = heard
        loop = asyncio.get_running_loop()
        self._arrived: deque[tuple[MQTTMessage, Moment]] = deque()
        self._answers: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._greeted: asyncio.Future[None] = loop.create_future()
        self._lost: asyncio.Future[str] = loop.create_future()
        self._client = self._make_client(keeps_session=keeps_session, will=will)
        self._on_loop = PahoLoop(self._client, after_read=self._hand_on, failed=self._choke)

    @property
    def open(self) -> bool:
        """Whether the broker has let us in and is still there."""
        return self._greeted.done() and not self._lost.done()

    async def connect(self) -> None:
        """Connect and log in; DeviceLinkError says what is wrong."""
        try:
            await dial(self._client, self._login)
            self._on_loop.attach()
            await self._answer(self._greeted)
        except BaseException:
            self.drop()
            raise

    async def until(self, event: asyncio.Event, *, within_s: float | None = None) -> bool:
        """Wait for an event; False past the deadline, DeviceLinkError when this ends first."""
        waiting = asyncio.ensure_future(event.wait())
        try:
            await self._first(waiting, within_s)
        finally:
            waiting.cancel()
        return event.is_set()

    async def subscribe(self, filters: Sequence[str]) -> list[str]:
        """Ask for filters at QoS 1; return those that the broker refuses."""
        if not filters:
            return []
        codes = await self._confirmed(*self._client.subscribe([(wanted, 1) for wanted in filters]))
        return [wanted for wanted, code in zip(filters, codes, strict=False) if code.is_failure]

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """Ask for filters no more."""
        if filters:
            await self._confirmed(*self._client.unsubscribe(list(filters)))

    async def publish_surely(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Publish at QoS 1 and wait for the broker's word."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        await self._confirmed(info.rc, info.mid)

    def publish(self, topic: str, payload: bytes | str, *, qos: int, retain: bool) -> bool:
        """Put a message on the wire now; False when that can't be done."""
        if not self.open or self._on_loop.stalled:  # what has to wait would leave too late
            return False
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        self._on_loop.write()
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS and self.open

    def acknowledge(self, mid: int) -> None:
        """Tell the broker that a QoS 1 message is dealt with."""
        if self.open:
            self._client.ack(mid, 1)

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading: what can't be dealt with is better kept by the broker."""
        self._on_loop.pause(paused=paused)

    async def close(self) -> None:
        """Say goodbye, so that no last will is published, and wait until that has left."""
        if self.open:
            self._client.disconnect()
            self._on_loop.write()
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await asyncio.shield(self._lost)
        self.drop()

    def drop(self, why: str = "closed") -> None:
        """Let go of it at once, without a farewell."""
        self._on_loop.detach()
        hang_up(self._client)
        self._end(why)

    def _make_client(self, *, keeps_session: bool, will: Will | None) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            clean_session=not keeps_session,
            manual_ack=True,
            reconnect_on_failure=False,  # else it would go down to MQTT 3.1, blocking the loop
        )
        client.max_inflight_messages = 0  # without a limit nothing waits for its turn in there
        client.max_queued_messages = UNCONFIRMED
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        # None of these calls paho back: its locks are not re-entrant.
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_answer
        client.on_unsubscribe = self._on_answer
        client.on_publish = self._on_published
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, _: Client, __: object, ___: ConnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        if self._greeted.done():
            return
        if reason.is_failure:
            self._greeted.set_exception(DeviceLinkError(refused(self._login, reason)))
            self._greeted.exception()  # whoever waits gets it; nobody has to
        else:
            self._greeted.set_result(None)

    def _on_disconnect(
        self, _: Client, __: object, ___: DisconnectFlags, reason: ReasonCode, ____: object
    ) -> None:
        if self._greeted.done():
            self._end(hung_up(self._login, self._client_id, reason))
        else:
            self._end(no_greeting(self._login, reason))

    def _on_answer(
        self, _: Client, __: object, mid: int, codes: list[ReasonCode], ___: object
    ) -> None:
        self._resolve(mid, codes)

    def _on_published(self, _: Client, __: object, mid: int, code: ReasonCode, ___: object) -> None:
        self._resolve(mid, [code])

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        self._arrived.append((message, self._now()))

    def _hand_on(self) -> None:
        while self._arrived:
            self._heard(*self._arrived.popleft())

    def _choke(self) -> None:
        self.drop(not_mqtt(self._login))

    def _resolve(self, mid: int, codes: list[ReasonCode]) -> None:
        answer = self._answers.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def _end(self, why: str) -> None:
        if not self._lost.done():
            self._lost.set_result(why)

    async def _confirmed(self, rc: MQTTErrorCode, mid: int | None) -> list[ReasonCode]:
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise DeviceLinkError(hung_up(self._login, self._client_id, None))
        answer: asyncio.Future[list[ReasonCode]] = asyncio.get_running_loop().create_future()
        self._answers[mid] = answer
        self._on_loop.write()
        try:
            return await self._answer(answer)
        finally:
            self._answers.pop(mid, None)

    async def _answer(self, answer: asyncio.Future[Answer]) -> Answer:
        """Wait for the broker's answer, its hanging up, or the deadline."""
        await self._first(answer, ANSWERED_WITHIN_S)
        if not answer.done():
            raise DeviceLinkError(no_answer(self._login, ANSWERED_WITHIN_S))
        return answer.result()

    async def _first(self, awaited: asyncio.Future[Any], within_s: float | None) -> None:
        await asyncio.wait(
            {awaited, self._lost}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED
        )
        if self._lost.done() and not awaited.done():
            raise DeviceLinkError(self._lost.result())
