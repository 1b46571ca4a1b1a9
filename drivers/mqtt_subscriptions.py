"""Who listens to what: local handlers, and the filters that a broker is asked for."""

from collections.abc import Callable, Iterable

from drivers.mqtt_port import MqttMessage
from drivers.topic_filters import ONE, REST, apart, covers, is_filter

Handler = Callable[[MqttMessage], None]


class Subscriptions:
    """Handlers by filter; a topic's handlers are found without asking the broker why it came."""

    def __init__(self, always: Iterable[str]) -> None:
        self._always = frozenset(always)
        self._exact: dict[str, list[Handler]] = {}
        self._wild: dict[str, list[Handler]] = {}

    def add(self, topic_filter: str, handler: Handler) -> None:
        """Let a handler hear a filter's topics."""
        if not is_filter(topic_filter):
            msg = f"{topic_filter!r} is no MQTT topic filter"
            raise ValueError(msg)
        wild = {ONE, REST} & set(topic_filter.split("/"))
        handlers = self._wild if wild else self._exact
        handlers.setdefault(topic_filter, []).append(handler)

    def wanted(self) -> frozenset[str]:
        """Return what to ask the broker for: no message may come twice."""
        return apart([*self._always, *self._exact, *self._wild])

    def needed(self, topic_filter: str) -> bool:
        """Tell whether the link is of no use without this filter."""
        return any(covers(topic_filter, always) for always in self._always)

    def handlers_of(self, topic: str) -> list[Handler]:
        """Return everybody who listens to a topic."""
        found = list(self._exact.get(topic, ()))
        for topic_filter, handlers in self._wild.items():
            if covers(topic_filter, topic):
                found += handlers
        return found
