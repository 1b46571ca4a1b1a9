"""QR scanners that speak the native MQTT protocol."""

from drivers.driver import DriverContext, DriverKind
from drivers.native_device import NativeDevice, NoSettings


class MqttScanner(NativeDevice):
    """One scanner."""

    kind = "scanner"
    channels = frozenset({"scan", "online"})


def _build(context: DriverContext, _: NoSettings) -> MqttScanner:
    return MqttScanner(context)


KIND = DriverKind("mqtt-scanner", "scanner", NoSettings, _build, uses_mqtt=True)
