"""drivers.mqtt_mapped."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from aiomqtt import Client
from pydantic import ValidationError

from devices.arrival import Arrival, Fence
from devices.digest import digest_under
from devices.errors import DeviceLinkError
from devices.ids import DeviceId, LaneId, SiteId
from devices.moment import Moment
from devices.readings import Scan, Temperature, Unreadable
from drivers.driver import DriverContext, Settled
from drivers.mqtt_link import BrokerLogin, MqttLink
from drivers.mqtt_mapped import KIND, MqttMappedSettings
from drivers.mqtt_port import MqttMessage
from tests.servers import Server

DEADLINE_S = 20
SCAN = {"topic": "vendor/+/code", "as": "scan", "fields": {"text": "/qr"}}
AT = Moment(5000, 1_600_000_000_000)


@dataclass
class Port:
    """An MQTT connection that is not there: messages are handed in by the test."""

    connected: bool = True
    handlers: dict[str, Callable[[MqttMessage], None]] = field(default_factory=dict)
    settled: int = 0

    def subscribe(self, topic_filter: str, handler: Callable[[MqttMessage], None]) -> None:
        assert topic_filter not in self.handlers
        self.handlers[topic_filter] = handler

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> bool:
        pytest.fail("a mapped device is not spoken to")

    def _settle(self) -> None:
        self.settled += 1

    def bring(self, body: object, *, fence: Fence = Fence.LIVE, retained: bool = False) -> None:
        payload = json.dumps(body).encode()
        message = MqttMessage("vendor/1/code", payload, AT, fence, retained, self._settle)
        (handler,) = self.handlers.values()
        handler(message)


@dataclass
class Lane:
    """Where the driver delivers; nothing is settled before the test says so."""

    seen: list[Arrival] = field(default_factory=list)
    open: list[Settled] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def deliver(self, arrival: Arrival, settled: Settled | None = None) -> None:
        assert settled is not None
        self.seen.append(arrival)
        self.open.append(settled)
        self.news.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while len(self.seen) < count:
                self.news.clear()
                await self.news.wait()


def now() -> Moment:
    return Moment(asyncio.get_running_loop().time() * 1000, 1_600_000_000_000)


def built(port: object, lane: Lane, keys: dict[str, Any]) -> object:
    settings = MqttMappedSettings.model_validate(keys)
    context = DriverContext(
        SiteId("riverside"),
        LaneId("north-in"),
        DeviceId("scan-1"),
        lane.deliver,
        now,
        "0badcafe",
        digest_under(b"key"),
        port,  # type: ignore[arg-type]
    )
    return KIND.build(context, settings)


@pytest.mark.parametrize("fence", Fence)
def test_a_reading_keeps_its_fence_and_is_acknowledged_once_it_is_on_record(fence: Fence) -> None:
    port, lane = Port(), Lane()
    built(port, lane, SCAN)
    port.bring({"qr": "HC1:A"}, fence=fence)
    (arrival,) = lane.seen
    assert isinstance(arrival.reading, Scan)
    assert (arrival.lane, arrival.device, arrival.at) == ("north-in", "scan-1", AT)
    assert (arrival.fence, arrival.retained) == (fence, False)
    assert port.settled == 0
    lane.open[0]()
    assert port.settled == 1


def test_a_retained_message_is_nobody_at_the_gate() -> None:
    port, lane = Port(), Lane()
    built(port, lane, SCAN)
    for fence in Fence:
        port.bring({"qr": "HC1:A"}, fence=fence, retained=True)
    assert lane.seen == []
    assert port.settled == len(Fence)


def test_a_message_about_something_else_is_acknowledged_and_forgotten() -> None:
    port, lane = Port(), Lane()
    built(port, lane, {**SCAN, "only": {"/type": "code"}})
    port.bring({"type": "heartbeat"})
    assert (lane.seen, port.settled) == ([], 1)
    port.bring({"type": "code", "qr": "HC1:A"})
    assert len(lane.seen) == 1


def test_what_cant_be_read_is_delivered_as_such() -> None:
    port, lane = Port(), Lane()
    built(port, lane, SCAN)
    port.bring({"secret": "HC1:A"})
    (arrival,) = lane.seen
    assert isinstance(arrival.reading, Unreadable)
    assert arrival.reading.shape == "{?: string(5)}"


def test_ids_of_two_runs_have_nothing_in_common() -> None:
    ids = set()
    for _ in range(2):
        port, lane = Port(), Lane()
        built(port, lane, SCAN)
        port.bring({"qr": "HC1:A"})
        reading = lane.seen[0].reading
        assert isinstance(reading, Scan)
        ids.add(reading.id)
    assert len(ids) == 2


def test_without_a_broker_it_says_what_it_needs() -> None:
    with pytest.raises(DeviceLinkError, match="scan-1: no broker"):
        built(None, Lane(), SCAN)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({**SCAN, "topic": "vendor/a#"}, "must be a topic filter such as"),
        ({**SCAN, "topic": ""}, "must be a topic filter such as"),
        ({**SCAN, "topic": "$SYS/#"}, "begin with $"),
        ({**SCAN, "topic": "#"}, "takes in menshen/1/#"),
        ({**SCAN, "topic": "+/+/x/y/z/scan"}, "takes in menshen/1/#"),
        ({**SCAN, "topic": "menshen/1/riverside/north-in/scan-9/scan"}, "takes in menshen/1/#"),
    ],
)
def test_what_cannot_work_is_refused_with_what_would_be_right(
    keys: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        MqttMappedSettings.model_validate(keys)
    (fault,) = caught.value.errors()
    assert said in fault["msg"]


def test_a_vendors_own_wildcards_are_welcome() -> None:
    for topic in ("vendor/+/code", "vendor/#", "+/door/state", "mqtt/face/1379505/Rec"):
        assert MqttMappedSettings.model_validate({**SCAN, "topic": topic}).topic == topic


@asynccontextmanager
async def linked(broker: Server, lane: Lane, keys: dict[str, Any]) -> AsyncIterator[MqttLink]:
    """Run the driver on the real link to a real broker."""
    live = asyncio.Event()

    def changed(connected: bool, why: str | None) -> None:
        live.set() if connected else live.clear()

    link = MqttLink(
        BrokerLogin("127.0.0.1", broker.port),
        SiteId("riverside"),
        now=now,
        random=Random(1),
        strangers=lambda _: None,
        changed=changed,
    )
    driver = built(link, lane, keys)
    tasks = [asyncio.ensure_future(link.run()), asyncio.ensure_future(driver.run())]  # type: ignore[attr-defined]
    try:
        await asyncio.wait_for(live.wait(), DEADLINE_S)
        yield link
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=DEADLINE_S)


async def test_a_vendors_terminal_behind_a_real_broker(broker: Server) -> None:
    keys = {
        "topic": "vendor/+/temperature",
        "as": "temperature",
        "fields": {"celsius": "/t", "spot": "forehead", "kind": "surface"},
        "unit": "fahrenheit",
    }
    lane = Lane()
    async with Client("127.0.0.1", broker.port) as terminal:
        await terminal.publish("vendor/1/temperature", '{"t": 104}', qos=1, retain=True)
        async with linked(broker, lane, keys):
            await terminal.publish("vendor/1/temperature", '{"t": "97.7"}', qos=1, retain=True)
            await lane.until(1)
            await terminal.publish("vendor/2/temperature", '{"t": "97.7"}', qos=1)
            await terminal.publish("vendor/2/humidity", '{"t": "97.7"}', qos=1)
            await terminal.publish("vendor/2/temperature", "not JSON", qos=1)
            await lane.until(3)
            for settled in lane.open:
                settled()
    first, second, third = [arrival.reading for arrival in lane.seen]
    assert isinstance(first, Temperature)
    assert isinstance(second, Temperature)
    assert [first.celsius, second.celsius] == pytest.approx([36.5, 36.5])
    assert first.id != second.id
    assert isinstance(third, Unreadable)
    assert {arrival.fence for arrival in lane.seen} == {Fence.LIVE}
