"""A short talk with a broker, to measure what no configuration file shows from outside."""

import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from statistics import median
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from devices.errors import DeviceLinkError
from drivers.mqtt_faults import no_answer, no_greeting, refused, unreachable
from drivers.mqtt_login import BrokerLogin

ANSWER_WITHIN_S = 3.0
QUIET_S = 0.3
ROUNDS = 21
PROBES = 2000  # twice mosquitto's default queue


class BrokerTalk:
    """One connection under a login, with a client id that nobody else has; blocking."""

    def __init__(self, login: BrokerLogin) -> None:
        self._login = login
        self._heard: list[MQTTMessage] = []
        self._greeting: ReasonCode | None = None
        self._acknowledged = 0
        self._subscribed = False
        client = Client(
            CallbackAPIVersion.VERSION2, f"menshen-doctor-{secrets.token_hex(4)}", manual_ack=True
        )
        client.max_inflight_messages_set(PROBES)
        client.connect_timeout = ANSWER_WITHIN_S
        client.username_pw_set(login.username, login.password)
        client.on_socket_open = _no_delay
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client

    def __enter__(self) -> Self:
        context = self._login.tls_context()
        if context is not None:
            self._client.tls_set_context(context)
        try:
            self._client.connect(self._login.host, self._login.port)
        except OSError as error:
            raise DeviceLinkError(unreachable(self._login, error)) from error
        self._until(lambda: self._greeting is not None)
        if self._greeting is None:
            raise DeviceLinkError(no_greeting(self._login))
        if self._greeting.is_failure:
            raise DeviceLinkError(refused(self._login, self._greeting))
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._client.disconnect()
        with suppress(OSError):
            self._client.loop(0.1)

    def hear(self, topic: str) -> list[bytes]:
        """Subscribe and return what is retained there."""
        self._subscribed = False
        self._client.subscribe(topic, qos=1)
        if not self._until(lambda: self._subscribed):
            raise DeviceLinkError(no_answer(self._login, ANSWER_WITHIN_S))
        self._until(lambda: False, QUIET_S)
        return [bytes(message.payload) for message in self._take()]

    def acknowledged_ms(self, topic: str) -> float:
        """Measure how long the broker takes to acknowledge, median of some rounds."""
        return median(self._round_ms(topic, lambda had: self._acknowledged > had))

    def echo_ms(self, topic: str) -> float:
        """Measure how long a message and its acknowledgement take to be here, both of them.

        The broker writes one after the other: if Nagle's algorithm holds the second back, it comes
        40 ms later, unless we write something in between. `hear` the topic first.
        """
        return median(
            self._round_ms(topic, lambda had: bool(self._heard) and self._acknowledged > had)
        )

    def limits(self, topic: str) -> tuple[int, int]:
        """Find out how many messages come unacknowledged, and how many are kept in all.

        At most PROBES of each can be told; `hear` the topic first.
        """
        had = self._acknowledged
        for number in range(PROBES):
            self._client.publish(topic, str(number), qos=1)
        self._until(lambda: self._acknowledged >= had + PROBES)
        self._until(lambda: False, QUIET_S)
        inflight = kept = len(self._heard)
        while self._take():
            self._until(lambda: bool(self._heard), QUIET_S)
            kept += len(self._heard)
        return inflight, kept

    def _round_ms(self, topic: str, over: Callable[[int], bool]) -> list[float]:
        took = []
        for _ in range(ROUNDS):
            begun, had = time.perf_counter(), self._acknowledged
            self._client.publish(topic, b"0", qos=1)
            if not self._until(lambda: over(had)):  # noqa: B023 - called only in this round
                raise DeviceLinkError(no_answer(self._login, ANSWER_WITHIN_S))
            took.append((time.perf_counter() - begun) * 1000)
            self._take()
        return took

    def _take(self) -> list[MQTTMessage]:
        """Acknowledge what was heard and hand it out."""
        taken, self._heard = self._heard, []
        for message in taken:
            self._client.ack(message.mid, message.qos)
        return taken

    def _until(self, holds: Callable[[], bool], within_s: float = ANSWER_WITHIN_S) -> bool:
        end = time.monotonic() + within_s
        while not holds():
            left = end - time.monotonic()
            if left <= 0 or self._client.loop(min(left, 0.1)):
                return holds()
        return True

    def _on_connect(
        self, _: Client, __: object, ___: ConnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        self._greeting = reason

    def _on_publish(
        self, _: Client, __: object, ___: int, ____: ReasonCode, _____: Properties
    ) -> None:
        self._acknowledged += 1

    def _on_subscribe(
        self, _: Client, __: object, ___: int, ____: list[ReasonCode], _____: Properties | None
    ) -> None:
        self._subscribed = True

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        self._heard.append(message)


def _no_delay(_: Client, __: object, sock: Any) -> None:  # noqa: ANN401 - paho has no type for it
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
