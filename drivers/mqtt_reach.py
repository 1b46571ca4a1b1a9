"""Trying a broker once, beside whatever runs there: can it be reached, and how fast is it."""

import asyncio
import secrets
import statistics
from collections.abc import Callable

from paho.mqtt.client import MQTTMessage

from devices.errors import DeviceLinkError
from devices.ids import SiteId
from devices.moment import Moment
from devices.native.topics import gateway_topic
from drivers.mqtt_connection import MqttConnection
from drivers.mqtt_faults import no_marker, not_subscribed
from drivers.mqtt_login import BrokerLogin

ECHOES = 5
ECHO_WITHIN_S = 5.0
NAGLE_MS = 40.0  # a median echo this slow beside an idle broker: somebody holds packets back


async def reach(broker: BrokerLogin, now: Callable[[], Moment]) -> None:
    """Connect once and hang up; DeviceLinkError says what to mend."""
    connection = MqttConnection(broker, _passing_id(), now=now, heard=lambda *_: None)
    try:
        await connection.connect()
        await connection.close()
    finally:
        connection.drop()


async def echo_ms(broker: BrokerLogin, site: SiteId, now: Callable[[], Moment]) -> float:
    """Return the median QoS 1 round trip through the broker, on a topic of the gateway's own."""
    topic = gateway_topic(site, "echo")
    back = asyncio.Event()

    def heard(message: MQTTMessage, _: Moment) -> None:
        connection.acknowledge(message.mid)
        back.set()

    connection = MqttConnection(broker, _passing_id(), now=now, heard=heard)
    try:
        await connection.connect()
        refused = await connection.subscribe([topic])
        if refused:
            raise DeviceLinkError(not_subscribed(broker, refused))
        trips: list[float] = []
        for _ in range(ECHOES):
            back.clear()
            sent = now().boot_ms
            connection.publish(topic, b"", qos=1, retain=False)
            if not await connection.until(back, within_s=ECHO_WITHIN_S):
                raise DeviceLinkError(no_marker(broker, topic))
            trips.append(now().boot_ms - sent)
        await connection.close()
        return statistics.median(trips)
    finally:
        connection.drop()


def _passing_id() -> str:
    """Name a client that no other has, so that nobody is thrown out."""
    return f"menshen-{secrets.token_hex(4)}"
