"""The small interface behind which the MQTT client stands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from devices.arrival import Fence
from devices.moment import Moment


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """One message as it came; call `settled` once it is dealt with, in any order.

    A retained message is of any age: its fence is never `LIVE`.
    """

    topic: str
    payload: bytes = field(repr=False)  # may hold a credential: it must not slip into a log
    at: Moment
    fence: Fence
    retained: bool
    settled: Callable[[], None] = field(repr=False)


class MqttPort(Protocol):
    """One connection to a broker, shared by all MQTT devices of a site."""

    @property
    def connected(self) -> bool:
        """Whether a publish would leave now."""
        ...

    def subscribe(self, topic_filter: str, handler: Callable[[MqttMessage], None]) -> None:
        """Ask for a filter (QoS 1) on this and every later connection.

        Do it before the link runs: what a session kept for a filter that nobody has asked
        for yet is let go.
        """
        ...

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> bool:
        """Send now, or return False: nothing is ever kept for later."""
        ...
