"""What one run is given by the machine under it: clocks, chance, wire, disk and store."""

import secrets
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from drivers.http_platform import HttpPlatform
from drivers.mqtt_connection import Connect, MqttConnection
from drivers.platform_port import ReachPlatform
from gateway.clock import SystemClock, clock_source
from gateway.forwarding.influx import InfluxStore
from gateway.forwarding.store import Store
from gateway.outbox.machinery import Machinery
from gateway.ports import Clock


def _worker() -> Executor:
    return ThreadPoolExecutor(1, thread_name_prefix="thermometry")


def _loader() -> Executor:
    return ThreadPoolExecutor(1, thread_name_prefix="policies")


@dataclass(frozen=True, slots=True)
class Machine:
    """The ports; the defaults are those of a real machine, virtual time brings its own.

    `token` makes ids and nonces of so many bytes, `store` reaches a time-series store by its URL,
    organisation, bucket and token file, `platform` one that knows colour codes; `worker` is where
    pictures are measured, `loader` where policies are loaded.
    """

    clock: Clock = field(default_factory=SystemClock)
    clock_source: Callable[[], str | None] = clock_source
    random: Random = field(default_factory=Random)
    token: Callable[[int], str] = secrets.token_hex
    connect: Connect = MqttConnection
    outbox: Machinery = field(default_factory=Machinery)
    store: Callable[[str, str, str, Path | None], Store] = InfluxStore
    platform: ReachPlatform = HttpPlatform
    worker: Callable[[], Executor] = _worker
    loader: Callable[[], Executor] = _loader
