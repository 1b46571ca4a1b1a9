"""A device that speaks the native MQTT protocol (docs/protocol.md): what all of its kinds share."""

import asyncio
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from devices.arrival import Arrival
from devices.commands import Show
from devices.errors import DeviceLinkError
from devices.native.messages import encode_show, read_message
from devices.native.topics import FROM_DEVICES, DeviceTopic
from devices.readings import Reading, Unreadable
from drivers.driver import DriverContext
from drivers.mqtt_port import MqttMessage, MqttPort


class NoSettings(BaseModel):
    """A driver without keys of its own in the site file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NativeDevice:
    """Hears one device on all its channels and shows what its lane shows.

    When the broker is lost it says nothing: the device may be well. What the device has said of
    itself meanwhile (its retained `online`, or its last will) comes with the next connection.
    """

    kind = "device"
    channels: frozenset[str] = frozenset({"online"})

    def __init__(self, context: DriverContext) -> None:
        if context.mqtt is None:
            msg = f"{context.device}: no broker; it speaks MQTT, so the site file needs broker:"
            raise DeviceLinkError(msg)
        self.context = context
        self.mqtt: MqttPort = context.mqtt
        # Those that this kind does not have as well: a device that is set up wrongly is told of.
        for channel in sorted(FROM_DEVICES):
            self.mqtt.subscribe(self.topic(channel), self._hear)

    def topic(self, channel: str) -> str:
        """Return the topic of one of the device's channels."""
        here = self.context
        return str(DeviceTopic(here.site, here.lane, here.device, channel))

    async def run(self) -> None:
        """Stay; the link, which all MQTT devices share, mends itself."""
        await asyncio.Event().wait()

    def show(self, show: Show) -> None:
        """Show this until the next one; lost without harm when the link is down."""
        self.mqtt.publish(self.topic("show"), encode_show(show), qos=0)

    def notice(self, reading: Reading, message: MqttMessage) -> None:
        """Look at a reading before it is delivered."""

    def _hear(self, message: MqttMessage) -> None:
        channel = message.topic.rpartition("/")[2]
        if channel in self.channels:
            reading = read_message(channel, message.payload)
        else:
            fault = f"a {self.kind} says nothing on this channel; give it another driver"
            reading = Unreadable(channel, len(message.payload), fault, None, "")
        here = self.context
        if isinstance(reading, Unreadable):
            reading = replace(reading, digest=here.digest(message.payload))
        self.notice(reading, message)
        self.context.deliver(
            Arrival(here.lane, here.device, reading, message.at, message.fence, message.retained),
            message.settled,
        )
