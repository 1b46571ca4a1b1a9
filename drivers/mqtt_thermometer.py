"""Thermometers and terminals that speak the native MQTT protocol and give degrees Celsius."""

from drivers.driver import DriverContext, DriverKind
from drivers.native_device import NativeDevice, NoSettings


class MqttThermometer(NativeDevice):
    """One thermometer; it may also say whom it sees, so that a temperature is bound to a track."""

    kind = "thermometer"
    channels = frozenset({"temperature", "presence", "online"})


def _build(context: DriverContext, _: NoSettings) -> MqttThermometer:
    return MqttThermometer(context)


KIND = DriverKind("mqtt-thermometer", "thermometer", NoSettings, _build, uses_mqtt=True)
