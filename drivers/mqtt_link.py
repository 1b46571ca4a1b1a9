"""The site's one link to its broker: subscribed, fenced, acknowledged in order, reconnected."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import NoReturn

from devices.errors import DeviceLinkError
from devices.ids import SiteId
from devices.moment import Moment
from devices.native.messages import encode_online
from devices.native.topics import FROM_DEVICES, ROOT, gateway_topic
from drivers.mqtt_connection import Connect, Connection, MqttConnection, Will
from drivers.mqtt_faults import arms_full, no_marker, not_subscribed
from drivers.mqtt_inbox import MAX_HELD, MqttInbox
from drivers.mqtt_login import BrokerLogin, LoginFileError
from drivers.mqtt_subscriptions import Handler, Subscriptions

__all__ = ["BrokerLogin", "MqttLink"]

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
STEADY_S = 5.0  # a connection that lived this long was a good one
MARKER_WITHIN_S = 10.0  # of the last message before it
FAREWELL_S = 1.0


class MqttLink:
    """Satisfies `drivers.mqtt_port.MqttPort`; `run` keeps it connected.

    `strangers` gets a sentence, now and then, on messages from nobody the site file knows.
    `changed` gets (True, None) each time the link is live, (True, sentence) where the broker
    refuses a vendor's filter, and (False, sentence) when the link is lost or the reason changes.
    `token` makes nonces of so many bytes.
    """

    def __init__(
        self,
        broker: BrokerLogin,
        site: SiteId,
        *,
        now: Callable[[], Moment],
        random: Random,
        strangers: Callable[[str], None],
        changed: Callable[[bool, str | None], None],
        connect: Connect = MqttConnection,
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._broker = broker
        self._client_id = f"menshen-{site}"
        self._now = now
        self._random = random
        self._changed = changed
        self._online_topic = gateway_topic(site, "online")
        self._fence_topic = gateway_topic(site, "fence")
        # Unknown devices and versions are heard too; not `command` and `show`, our own voice.
        always = [f"{ROOT}/+/{site}/+/+/{channel}" for channel in FROM_DEVICES]
        self._subscriptions = Subscriptions([*always, self._fence_topic])
        self._subscribed: frozenset[str] = frozenset()
        self._refused: str | None = None
        self._asked_anew = asyncio.Event()
        self._connect = connect
        self._inbox = MqttInbox(self._subscriptions, self._fence_topic, strangers, token)
        self._connection: Connection | None = None
        self._told: tuple[bool, str | None] | None = None

    @property
    def connected(self) -> bool:
        """Whether a publish would leave now."""
        return self._connection is not None and self._connection.open

    @property
    def fenced(self) -> bool:
        """Whether all is subscribed and the fence is passed: what arrives now is fresh."""
        return self.connected and self._inbox.fence.live

    def subscribe(self, topic_filter: str, handler: Handler) -> None:
        """Ask for a filter (QoS 1) on this and every later connection; best before `run`."""
        self._subscriptions.add(topic_filter, handler)
        self._asked_anew.set()

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> bool:
        """Send now, or return False: nothing is ever kept for later."""
        if qos not in (0, 1):
            msg = "QoS 2 closes the connection at some brokers: use 0 or 1"
            raise ValueError(msg)
        connection = self._connection
        return connection is not None and connection.publish(topic, payload, qos=qos, retain=retain)

    async def run(self) -> None:
        """Stay connected until cancelled; LoginFileError where a file of ours is wrong."""
        self._inbox.closed = False
        pause_s = FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            since_s = loop.time()
            try:
                await self._hold_one_connection()
            except LoginFileError:
                raise
            except DeviceLinkError as error:
                self._tell(connected=False, why=str(error))
            if loop.time() - since_s > STEADY_S:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s * self._random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _hold_one_connection(self) -> NoReturn:
        if not self._inbox.room.is_set():
            self._tell(connected=False, why=arms_full(self._broker, MAX_HELD))
            await self._inbox.room.wait()
        connection = self._connect(
            self._broker,
            self._client_id,
            now=self._now,
            heard=self._inbox.hear,
            keeps_session=True,  # what was not acknowledged is delivered again
            # A will is written before the end it tells of: it bears the time of the greeting.
            will=Will(self._online_topic, encode_online(online=False, at_ms=self._now().wall_ms)),
        )
        self._connection = connection
        self._inbox.turn_to(connection)
        try:
            await connection.connect()
            await self._greet(connection)
            while True:
                self._tell(connected=True, why=self._refused)
                await connection.until(self._asked_anew)
                await self._subscribe(connection)
        except asyncio.CancelledError:
            await self._take_leave(connection)
            raise
        finally:
            self._connection = None
            self._inbox.turn_to(None)
            connection.drop()

    async def _greet(self, connection: Connection) -> None:
        """Subscribe, publish the fence's marker behind what was queued, say that we are there."""
        self._subscribed = frozenset()
        await self._subscribe(connection)
        # At QoS 1, like what it must not overtake: at QoS 0 it would jump the broker's queue.
        marker = self._inbox.fence.new_marker()
        await connection.publish_surely(self._fence_topic, marker, retain=False)
        heard = -1
        while not await connection.until(self._inbox.passed, within_s=MARKER_WITHIN_S):
            if heard == self._inbox.heard and not self._inbox.busy:
                raise DeviceLinkError(no_marker(self._broker, self._fence_topic))
            heard = self._inbox.heard
        online = encode_online(online=True, at_ms=self._now().wall_ms)
        await connection.publish_surely(self._online_topic, online, retain=True)

    async def _subscribe(self, connection: Connection) -> None:
        """Make what the broker sends agree with what was asked for."""
        self._asked_anew.clear()
        wanted = self._subscriptions.wanted()
        refused = await connection.subscribe(sorted(wanted - self._subscribed))
        lacking = [one for one in refused if self._subscriptions.needed(one)]
        if lacking:
            raise DeviceLinkError(not_subscribed(self._broker, lacking))
        await connection.unsubscribe(sorted(self._subscribed - wanted))
        self._subscribed = wanted
        self._refused = not_subscribed(self._broker, refused) if refused else None

    async def _take_leave(self, connection: Connection) -> None:
        """Say that we go, so that gates need not wait for the last will."""
        self._inbox.closed = True
        if not connection.open:
            return
        offline = encode_online(online=False, at_ms=self._now().wall_ms)
        with suppress(DeviceLinkError, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await connection.publish_surely(self._online_topic, offline, retain=True)
                await connection.close()

    def _tell(self, *, connected: bool, why: str | None) -> None:
        if self._told != (connected, why):
            self._told = (connected, why)
            self._changed(connected, why)
