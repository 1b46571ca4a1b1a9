"""What comes off the wire: fenced, handed to whoever listens, acknowledged once it is on record."""

import asyncio
import logging
import secrets
import traceback
from collections.abc import Callable, Sequence

from paho.mqtt.client import MQTTMessage

from devices.arrival import Fence
from devices.moment import Moment
from drivers.mqtt_acks import AckOrder
from drivers.mqtt_connection import Connection
from drivers.mqtt_fence import ReconnectFence
from drivers.mqtt_port import MqttMessage
from drivers.mqtt_strangers import StrangerNotes
from drivers.mqtt_subscriptions import Handler, Subscriptions

log = logging.getLogger(__name__)

MAX_HELD = 1000  # messages that are not on record yet; beyond them the broker keeps the rest


class MqttInbox:
    """Takes every message of one link, connection after connection; never raises."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        fence_topic: str,
        strangers: Callable[[str], None],
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._subscriptions = subscriptions
        self._fence_topic = fence_topic
        self._strangers = strangers
        self._notes = StrangerNotes()
        self._connection: Connection | None = None
        self._acks = AckOrder(lambda _: None)
        self._unsettled = 0  # on all connections: what an old one brought may still wait
        self.fence = ReconnectFence(token)
        self.passed = asyncio.Event()  # the fence
        self.room = asyncio.Event()
        self.room.set()
        self.heard = 0
        self.closed = False

    @property
    def busy(self) -> bool:
        """Whether messages wait to be dealt with."""
        return self._unsettled > 0

    def turn_to(self, connection: Connection | None) -> None:
        """Listen to a new connection, or to none: whatever comes may be old."""
        self._connection = connection
        self.fence.fall()
        self.passed.clear()
        acknowledge = connection.acknowledge if connection else _nobody
        self._acks = AckOrder(acknowledge, self._let_in)

    def hear(self, message: MQTTMessage, at: Moment) -> None:
        """Take one message; whatever it holds."""
        self.heard += 1
        if self.closed:
            return  # not acknowledged: the next run gets it
        settled = self._hold(message)
        topic = _topic(message)
        if topic == self._fence_topic:
            if self.fence.take(bytes(message.payload)):
                self.passed.set()
            settled()
            return
        handlers = self._subscriptions.handlers_of(topic)
        if not handlers:
            self._note(topic, len(message.payload), at)
            settled()
            return
        # The broker keeps a retained message for ever: only its sender knows how old it is.
        fence = Fence.BEFORE_START if message.retain else self.fence.stage
        payload = bytes(message.payload)
        for handler, settle in zip(handlers, _shared(settled, len(handlers)), strict=True):
            heard = MqttMessage(topic, payload, at, fence, message.retain, settle)
            _hand_on(handler, heard)

    def _hold(self, message: MQTTMessage) -> Callable[[], None]:
        if message.qos == 0:
            return _nothing
        self._unsettled += 1
        settle = self._acks.hold(message.mid)
        self._let_in()
        return self._once(settle)

    def _once(self, settle: Callable[[], None]) -> Callable[[], None]:
        waiting = True

        def settled() -> None:
            nonlocal waiting
            if waiting:
                waiting = False
                self._unsettled -= 1
                settle()
                self._let_in()

        return settled

    def _let_in(self) -> None:
        """Read on while there is room for more."""
        if self._unsettled < MAX_HELD:
            self.room.set()
        else:
            self.room.clear()
        if self._connection is not None:
            full = max(self._unsettled, len(self._acks)) >= MAX_HELD
            self._connection.pause(paused=full)

    def _note(self, topic: str, length: int, at: Moment) -> None:
        note = self._notes.note(topic, length, at)
        if note is not None:
            self._strangers(note)


def _topic(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return "?"


def _hand_on(handler: Handler, heard: MqttMessage) -> None:
    try:
        handler(heard)
    except Exception as error:  # one device's fault must not end the site's link
        # Neither the text of the error nor the message: they may hold a person's credential.
        at = traceback.extract_tb(error.__traceback__)[-1]
        log.error("%s at %s:%s; a message is lost", type(error).__name__, at.filename, at.lineno)  # noqa: TRY400
        heard.settled()  # delivered again it would fail again, and hold up every other device


def _shared(settled: Callable[[], None], count: int) -> Sequence[Callable[[], None]]:
    """Give each of several listeners his own word; the last one settles."""
    if count == 1:
        return [settled]
    waiting = set(range(count))

    def word_of(listener: int) -> Callable[[], None]:
        def settle() -> None:
            waiting.discard(listener)
            if not waiting:
                settled()

        return settle

    return [word_of(listener) for listener in range(count)]


def _nothing() -> None:
    """Do nothing: a QoS 0 message is not acknowledged."""


def _nobody(_: int) -> None:
    """Hear an acknowledgement that has no connection to leave by."""
