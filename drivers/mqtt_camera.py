"""Thermal cameras and presence sensors that speak the native MQTT protocol."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from devices.readings import Spot, TemperatureKind
from drivers.driver import DriverContext, DriverKind
from drivers.native_device import NativeDevice


class MqttCameraSettings(BaseModel):
    """What the camera itself can't say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference_celsius: Annotated[float, Field(ge=25, le=50)] | None = None  # of its blackbody


class MqttCamera(NativeDevice):
    """One camera: pictures for the gateway to measure, or temperatures of its own; presences."""

    kind = "camera"
    channels = frozenset({"frame", "temperature", "presence", "online"})


def _build(context: DriverContext, _: MqttCameraSettings) -> MqttCamera:
    return MqttCamera(context)


KIND = DriverKind(
    "mqtt-camera",
    "camera",
    MqttCameraSettings,
    _build,
    uses_mqtt=True,
    measures=(Spot.FACE, TemperatureKind.SURFACE),
)
