"""Vendors' devices on their own topics, mapped by the site file (docs/devices/mqtt-mapped.md)."""

import asyncio
import secrets
from dataclasses import replace

from pydantic import field_validator

from devices.arrival import Arrival
from devices.errors import DeviceLinkError
from devices.mapped.reader import MappedReader
from devices.mapped.settings import MappedSettings
from devices.readings import Unreadable
from drivers.driver import DriverContext, DriverKind
from drivers.mqtt_port import MqttMessage
from drivers.topic_filters import is_filter, meet

OURS = "menshen/1/#"
KEY_BYTES = 32


class MqttMappedSettings(MappedSettings):
    """One vendor's device: its topics, and what its messages mean."""

    topic: str

    @field_validator("topic")
    @classmethod
    def _is_a_vendors(cls, topic: str) -> str:
        if not is_filter(topic):
            msg = "must be a topic filter such as vendor/door-1/+, with + or # for whole levels"
            raise ValueError(msg)
        if topic.startswith("$"):
            msg = "topics that begin with $ are the broker's own; name the vendor's"
            raise ValueError(msg)
        if meet(topic, OURS):
            msg = f"takes in {OURS}, where devices of other drivers speak; name the vendor's topics"
            raise ValueError(msg)
        return topic


class MqttMapped:
    """One vendor's device; what it says is acknowledged once it is on record."""

    def __init__(self, context: DriverContext, settings: MqttMappedSettings, key: bytes) -> None:
        if context.mqtt is None:
            msg = (
                f"{context.device}: no broker; an mqtt-mapped device needs broker: in the site file"
            )
            raise DeviceLinkError(msg)
        self._context = context
        self._reader = MappedReader(settings, key)
        context.mqtt.subscribe(settings.topic, self._take)

    async def run(self) -> None:
        """Stay; the link, which all MQTT devices share, mends itself."""
        await asyncio.Event().wait()

    def _take(self, message: MqttMessage) -> None:
        context = self._context
        # The broker kept a retained message since nobody knows when: never a person at the gate.
        read = None if message.retained else self._read(message)
        if read is None:
            message.settled()
        else:
            context.deliver(read, message.settled)

    def _read(self, message: MqttMessage) -> Arrival | None:
        reading = self._reader.read(message.topic, message.payload, message.at.wall_ms)
        if reading is None:
            return None
        here = self._context
        if isinstance(reading, Unreadable):
            reading = replace(reading, digest=here.digest(message.payload))
        return Arrival(here.lane, here.device, reading, message.at, message.fence)


def _build(context: DriverContext, settings: MqttMappedSettings) -> MqttMapped:
    # A key of this run alone: ids can't be tried out against texts, also not with our own data.
    return MqttMapped(context, settings, secrets.token_bytes(KEY_BYTES))


KIND = DriverKind("mqtt-mapped", "mapped", MqttMappedSettings, _build, uses_mqtt=True)
