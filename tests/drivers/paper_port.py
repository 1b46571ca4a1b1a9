"""An MQTT port in memory: the test is the broker and every device on it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from devices.arrival import Arrival, Fence
from devices.digest import digest_under
from devices.ids import DeviceId, LaneId, SiteId
from devices.moment import Moment
from drivers.driver import DriverContext, Settled
from drivers.mqtt_port import MqttMessage

NORTH = "menshen/1/riverside/north-in"


@dataclass
class PaperPort:
    """Satisfies `drivers.mqtt_port.MqttPort`."""

    now: Callable[[], Moment] = lambda: Moment(0, 0)
    connected: bool = True
    published: list[tuple[str, bytes]] = field(default_factory=list)
    handlers: dict[str, Callable[[MqttMessage], None]] = field(default_factory=dict)
    settled: list[str] = field(default_factory=list)
    carry: Callable[[str, bytes], None] = lambda _, __: None

    def subscribe(self, topic_filter: str, handler: Callable[[MqttMessage], None]) -> None:
        assert topic_filter not in self.handlers
        self.handlers[topic_filter] = handler

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> bool:
        assert (qos, retain) == (0, False)
        if self.connected:
            assert isinstance(payload, bytes)
            self.published.append((topic, payload))
            self.carry(topic, payload)
        return self.connected

    def arrive(
        self, topic: str, payload: bytes, fence: Fence = Fence.LIVE, *, retained: bool = False
    ) -> None:
        def settled() -> None:
            self.settled.append(topic)

        self.handlers[topic](MqttMessage(topic, payload, self.now(), fence, retained, settled))


@dataclass
class Desk:
    """Where a driver delivers."""

    arrivals: list[Arrival] = field(default_factory=list)

    def deliver(self, arrival: Arrival, settled: Settled | None = None) -> None:
        self.arrivals.append(arrival)
        if settled:
            settled()


def context(port: PaperPort | None, desk: Desk, device: str = "dev-1") -> DriverContext:
    return DriverContext(
        site=SiteId("riverside"),
        lane=LaneId("north-in"),
        device=DeviceId(device),
        deliver=desk.deliver,
        now=port.now if port else lambda: Moment(0, 0),
        run_id="run",
        digest=digest_under(b"key"),
        mqtt=port,
    )
