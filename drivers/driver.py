"""What a driver is: bytes from one link to readings, commands back to the same device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from devices.arrival import Arrival
from devices.commands import Command, Show
from devices.digest import Digest
from devices.ids import DeviceId, LaneId, SiteId
from devices.moment import Moment
from devices.readings import Spot, TemperatureKind
from drivers.mqtt_port import MqttPort

Settled = Callable[[], None]


class Deliver(Protocol):
    """Where a driver puts what it read; never blocks.

    `settled` is called once the reading is journalled: only then may the driver acknowledge it.
    """

    def __call__(self, arrival: Arrival, settled: Settled | None = None) -> None:
        """Take one reading."""
        ...


class Driver(Protocol):
    """One device's link. `run` lives until it is cancelled and mends its own connection."""

    async def run(self) -> None:
        """Read the device for ever; raise MenshenError only for what a retry can't mend."""
        ...


@runtime_checkable
class GateDriver(Driver, Protocol):
    """A driver that can also move a gate."""

    def send(self, command: Command) -> None:
        """Start sending a command and repeat it until its result or the end of its life."""
        ...

    def withdraw(self, command_id: str) -> None:
        """Stop repeating a command; what already left can't be called back."""
        ...


@runtime_checkable
class ShowingDriver(Driver, Protocol):
    """A driver whose device has a display or a voice for the person at the lane."""

    def show(self, show: Show) -> None:
        """Show this until the next one; lost without harm when the link is down."""
        ...


@dataclass(frozen=True, slots=True)
class DriverContext:
    """What the gateway hands every driver it builds."""

    site: SiteId
    lane: LaneId
    device: DeviceId
    deliver: Deliver
    now: Callable[[], Moment]
    run_id: str  # fresh at each start of the process; makes ids unique across restarts
    digest: Digest
    mqtt: MqttPort | None = None


@dataclass(frozen=True, slots=True)
class DriverKind:
    """One entry of the registry (entry points `menshen.drivers`): `KIND` of a driver module."""

    name: str
    role: str  # scanner, thermometer, camera, gate or mapped
    settings: type[BaseModel]
    build: Callable[[DriverContext, Any], Driver]
    uses_mqtt: bool = False
    measures: tuple[Spot, TemperatureKind] | None = None  # where known before the first reading
