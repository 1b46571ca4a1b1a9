"""From the outbox to the HQ: windows in order, until the HQ itself confirms them."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol

from drivers.mqtt_port import MqttMessage, MqttPort
from gateway.forwarding.pace import BackOff
from gateway.outbox.errors import OutboxReadError
from gateway.outbox.ledger import Cursor
from gateway.ports import Clock, Event
from gateway.upwards.cloud_events import cloud_event, hq_topic, received_topic
from gateway.upwards.flight import Flight
from gateway.upwards.received import read_received
from gateway.upwards.standing import Standing
from gateway.upwards.windows import MARK, Batch, Estate, Message, WindowFold, alarm_message

FORWARDER = "hq"  # its name in the outbox
PAGE = 500
LOOK_S = 1.0  # how soon a link that came back is seen
STATUS_S = 60.0
COMPLAIN_S = 60.0
MOST_ALARMS = 256  # that wait for the link; all of them come with their windows too


class EventSource(Protocol):
    """What the forwarder reads: the outbox."""

    async def read(self, after: int, limit: int, **filters: Any) -> list[Event]:  # noqa: ANN401
        """Return committed events, ascending."""
        ...

    def cursor(self, forwarder: str) -> Cursor:
        """Return how far a forwarder is."""
        ...

    def move_cursor(self, forwarder: str, cursor: Cursor) -> None:
        """Remember how far a forwarder is."""
        ...

    def watch(self, watch: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        """Have every committed group told."""
        ...


class HqForwarder:
    """The way up. `run` lives until it is cancelled, whether or not anybody listens.

    The cursor's `sent` is what the HQ has confirmed, its `again` where the health window that was
    open then begins: what a restart has to read once more.
    """

    def __init__(
        self,
        estate: Estate,
        source: EventSource,
        port: MqttPort,
        clock: Clock,
        stands: Callable[[], Standing],
        complain: Callable[[str], None],
        *,
        random: Random,
    ) -> None:
        self._estate = estate
        self._site = estate.site
        self._source = source
        self._port = port
        self._clock = clock
        self._stands = stands
        self._complain = complain
        self._random = random
        self._woken = asyncio.Event()
        self._said = 0  # statuses
        self._complained_s = -COMPLAIN_S
        self.unbelieved = 0  # words of the HQ that could not be true, or not be read
        port.subscribe(received_topic(estate.site), self._hear)
        self._begin()

    @property
    def waiting(self) -> int:
        """How many windows are made and not confirmed."""
        return self._flight.waiting

    async def run(self) -> None:
        """Forward for ever."""
        self._begin()
        back_off = BackOff(self._random)
        unwatch = self._source.watch(self._committed)
        try:
            while True:
                self._woken.clear()
                try:
                    more = await self._read()
                    back_off.reset()
                except OutboxReadError:
                    await asyncio.sleep(back_off.next_s())
                    continue
                self._send()
                await asyncio.sleep(0) if more else await self._rest()
        finally:
            unwatch()

    def _begin(self) -> None:
        cursor = self._source.cursor(FORWARDER)
        self._confirmed = cursor
        self._fold = WindowFold(self._estate, after=cursor.sent, health_from=cursor.again)
        self._read_to = cursor.again
        self._flight = Flight(self._random)
        self._alarms: deque[Message] = deque(maxlen=MOST_ALARMS)
        self._connected = False
        self._told: object = None  # what of the estate was said last
        self._status_due_s = 0.0

    def _committed(self, events: Sequence[Event]) -> None:
        """Send an alarm at once, however many windows wait before it."""
        for event in events:
            if alarm := alarm_message(event):
                self._alarms.append(alarm)
            if alarm or event["type"] == MARK:
                self._woken.set()

    async def _read(self) -> bool:
        """Make the next windows; True if there may be more to read at once."""
        if not self._flight.wants_more:
            return False
        events = await self._source.read(self._read_to, PAGE)
        for event in events:
            self._read_to = event["seq"]
            batch = self._fold.take(event)
            if batch is not None:
                self._flight.add(batch)
        return len(events) == PAGE and self._flight.wants_more

    def _send(self) -> None:
        if not self._port.connected:
            if self._connected:
                self._flight.cut()
            self._connected = False
            return
        if not self._connected:
            self._connected = True
            self._told = None
        self._say_status()
        while self._alarms:
            if not self._publish(self._alarms[0]):
                return
            self._alarms.popleft()
        for batch in self._flight.to_send(self._now_s()):
            if not self._publish_all(batch):
                return

    def _publish_all(self, batch: Batch) -> bool:
        return all(self._publish(message) for message in batch.messages)

    def _publish(self, message: Message) -> bool:
        return self._port.publish(hq_topic(self._site, message.channel), message.payload, qos=1)

    def _say_status(self) -> None:
        """Say how the estate stands, retained: to an HQ that comes later too."""
        now, stands = self._clock.now(), self._stands()
        if stands.lasting == self._told and self._now_s() < self._status_due_s:
            return
        data = {**stands.told, "confirmed": self._confirmed.sent, "waiting": self.waiting}
        id_ = f"status-{now.stamp}-{self._said}"
        payload = cloud_event("status", id_, now.stamp, data, site=self._site)
        topic = hq_topic(self._site, "status")
        if self._port.publish(topic, payload, qos=1, retain=True):
            self._said += 1
            self._told = stands.lasting
            self._status_due_s = self._now_s() + STATUS_S

    async def _rest(self) -> None:
        again_s = self._flight.due_in_s(self._now_s())
        wait_s = LOOK_S if again_s is None or not self._port.connected else min(LOOK_S, again_s)
        try:
            async with asyncio.timeout(wait_s):
                await self._woken.wait()
        except TimeoutError:
            return

    def _hear(self, message: MqttMessage) -> None:
        message.settled()
        if message.retained:
            return  # of any age: a confirmation is said, not left lying
        through = read_received(message.payload)
        if through is None:
            self._disbelieve(f'{len(message.payload)} bytes that are no {{"through": N}}')
            return
        try:
            cursor = self._flight.confirmed(through, self._now_s())
        except ValueError as error:
            self._disbelieve(str(error))
            return
        if cursor is not None:
            self._confirmed = cursor
            self._source.move_cursor(FORWARDER, cursor)
            self._woken.set()

    def _disbelieve(self, what: str) -> None:
        self.unbelieved += 1
        if self._now_s() - self._complained_s >= COMPLAIN_S:
            self._complained_s = self._now_s()
            self._complain(f"{received_topic(self._site)}: {what}; nothing is taken as confirmed")

    def _now_s(self) -> float:
        return self._clock.now().boot_ms / 1000
