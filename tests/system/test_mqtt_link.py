"""drivers.mqtt_link against a real mosquitto."""

import asyncio
import json
import socket
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from aiomqtt import Client

from devices.arrival import Fence
from drivers.mqtt_connection import MqttConnection
from drivers.mqtt_port import MqttMessage
from simulators.real_clock import real_now
from tests.servers import Server, mosquitto
from tests.system.links import SCAN, Watched, foreign, login_to

pytestmark = pytest.mark.system

ONLINE = "menshen/1/riverside/gateway/online"
COMMAND = "menshen/1/riverside/north-in/gate-1/command"


async def test_live_readings_arrive_once_and_live(broker: Server) -> None:
    async with Watched(login_to(broker)).running() as site, foreign(broker) as scanner:
        await site.until_live()
        await scanner.publish(SCAN, "one", qos=1)
        await scanner.publish(SCAN, "two", qos=1)
        await site.until_heard(2)
        assert site.fences == [("one", Fence.LIVE), ("two", Fence.LIVE)]
        assert site.changes == [(True, None)]


async def test_what_was_not_acknowledged_comes_again_in_order(broker: Server) -> None:
    first = Watched(login_to(broker), at_once=False)
    async with foreign(broker) as scanner:
        async with first.running():
            await first.until_live()
            for text in "abcd":
                await scanner.publish(SCAN, text, qos=1)
            await first.until_heard(4)
            first.heard[2].settled()  # not acknowledged: a and b are older
            first.heard[0].settled()  # acknowledged
        await scanner.publish(SCAN, "e", qos=1)
        async with Watched(login_to(broker)).running() as second:
            await second.until_live()
            assert second.fences == [(text, Fence.BEFORE_START) for text in "bcde"]
        async with Watched(login_to(broker)).running() as third:
            await third.until_live()
            assert third.heard == []


async def test_fence_tells_queued_from_live_after_the_broker_was_away(tmp_path: Path) -> None:
    store = f"persistence true\npersistence_location {tmp_path}/\nautosave_on_changes true\n"
    with mosquitto(tmp_path, options=f"{store}autosave_interval 1\n") as broker:
        async with Watched(login_to(broker)).running() as site:
            await site.until_live()
            broker.restart()
            await site.until(lambda: site.changes[-1][0] and len(site.changes) == 3)
            assert [connected for connected, _ in site.changes] == [True, False, True]
            async with foreign(broker) as scanner:
                await scanner.publish(SCAN, "after", qos=1)
                await site.until_heard(1)
            assert site.fences == [("after", Fence.LIVE)]


async def test_readings_of_a_broken_link_are_queued_not_before_start(broker: Server) -> None:
    async with Watched(login_to(broker)).running() as site, foreign(broker) as scanner:
        await site.until_live()
        connection = site.link._connection
        assert connection is not None
        connection.drop("pulled")
        assert not site.link.publish(COMMAND, "{}")
        await scanner.publish(SCAN, "meanwhile", qos=1)
        await site.until(lambda: site.changes[-1] == (True, None) and len(site.changes) == 3)
        assert site.fences == [("meanwhile", Fence.QUEUED)]
        assert site.changes[1] == (False, "pulled")


async def test_a_full_window_of_old_readings_stays_in_front_of_the_fence(tmp_path: Path) -> None:
    with mosquitto(tmp_path, options="max_inflight_messages 3\n") as broker:
        async with Watched(login_to(broker)).running() as site:
            await site.until_live()
        async with foreign(broker) as scanner:
            for number in range(50):
                await scanner.publish(SCAN, str(number), qos=1)
            async with Watched(login_to(broker)).running() as site:
                await site.until_live()
                await scanner.publish(SCAN, "now", qos=1)
                await site.until_heard(51)
        old = [(str(number), Fence.BEFORE_START) for number in range(50)]
        assert site.fences == [*old, ("now", Fence.LIVE)]


async def test_fence_is_not_to_be_faked(broker: Server) -> None:
    fence = "menshen/1/riverside/gateway/fence"
    async with foreign(broker) as device, Watched(login_to(broker), at_once=False).running() as one:
        await one.until_live()
        await device.publish(fence, "0" * 32, qos=1, retain=True)
        await device.publish(SCAN, "old", qos=1)
        await one.until_heard(1)
        connection = one.link._connection
        assert connection is not None
        connection.drop("pulled")
        await one.until_heard(2)
        assert one.fences[1] == ("old", Fence.QUEUED)
        one.heard[1].settled()
        await one.until_live()


async def test_last_will_is_false_and_so_is_the_farewell(broker: Server) -> None:
    async with foreign(broker) as gate:
        await gate.subscribe(ONLINE, qos=1)
        async with Watched(login_to(broker)).running() as site:
            await site.until_live()
            assert await _next_online(gate) is True
            connection = site.link._connection
            assert connection is not None
            connection.drop("pulled")
            assert await _next_online(gate) is False
            assert await _next_online(gate) is True
        assert await _next_online(gate) is False
    async with foreign(broker) as late:
        await late.subscribe(ONLINE, qos=1)
        assert await _next_online(late) is False


async def test_nothing_published_while_offline_is_ever_sent(broker: Server) -> None:
    async with Watched(login_to(broker)).running() as site:
        await site.until_live()
        broker.stop()
        await site.until(lambda: not site.link.connected)
        assert not site.link.publish(COMMAND, "stale", qos=0)
        assert not site.link.publish(COMMAND, "stale", qos=1)
        broker.start()
        async with foreign(broker) as gate:
            await gate.subscribe(COMMAND, qos=1)
            await site.until(lambda: site.link.fenced)
            assert site.link.publish(COMMAND, "fresh")
            message = await anext(aiter(gate.messages))
            assert message.payload == b"fresh"


async def test_overlapping_filters_hear_a_message_once(tmp_path: Path) -> None:
    # Later mosquittos do this without being asked, as MQTT 3.1.1 (3.3.5) allows.
    with mosquitto(tmp_path, options="allow_duplicate_messages true\n") as broker:
        site = Watched(login_to(broker))
        also: list[str] = []
        for wanted in ("vendor/+/temp", "vendor/a/+"):
            site.link.subscribe(wanted, site.hear)
        site.link.subscribe("menshen/1/riverside/north-in/+/scan", lambda m: _note(also, m))
        async with site.running(), foreign(broker) as device:
            await site.until_live()
            await device.publish(SCAN, "scan", qos=1)
            await device.publish("vendor/a/temp", "warm", qos=1)
            await device.publish("vendor/b/other", "nobody's", qos=1)
            await device.publish(SCAN, "end", qos=1)
            await site.until(lambda: "end" in site.texts)
            # Two handlers listen to `warm`: it comes once to each.
            assert site.texts == ["scan", "warm", "warm", "end"]
            assert also == ["scan", "end"]


def _note(also: list[str], message: MqttMessage) -> None:
    also.append(message.payload.decode())
    message.settled()


async def test_filter_asked_for_later_is_subscribed_on_the_same_connection(broker: Server) -> None:
    async with Watched(login_to(broker)).running() as site, foreign(broker) as device:
        await site.until_live()
        site.link.subscribe("vendor/+", site.hear)
        async with asyncio.timeout(20):
            while not site.heard:
                await device.publish("vendor/x", "late", qos=1)
        assert site.changes == [(True, None)]


async def test_retained_message_is_never_live(broker: Server) -> None:
    async with Watched(login_to(broker)).running() as site, foreign(broker) as device:
        await site.until_live()
        await device.publish("vendor/x", "of any age", qos=1, retain=True)
        site.link.subscribe("vendor/+", site.hear)
        await site.until_heard(1)
        assert site.heard[0].retained
        assert site.fences == [("of any age", Fence.BEFORE_START)]


async def test_strangers_are_described_and_not_quoted(broker: Server) -> None:
    async with Watched(login_to(broker)).running() as site, foreign(broker) as device:
        await site.until_live()
        secret = "HC1:SECRET"
        for topic in (
            "menshen/1/riverside/north-in/cam-9/scan",
            "menshen/2/riverside/north-in/scan-1/scan",
            f"menshen/1/riverside/north-in/{secret}/scan",
        ):
            await device.publish(topic, secret * 3, qos=1)
        await device.publish(SCAN, "end", qos=1)
        await site.until(lambda: "end" in site.texts)
        assert len(site.strangers) == 3
        assert secret not in " ".join(site.strangers)
        assert "cam-9" in site.strangers[0]
        assert "version" in site.strangers[1]


async def test_handler_that_fails_takes_nobody_with_it(
    broker: Server, caplog: pytest.LogCaptureFixture
) -> None:
    site = Watched(login_to(broker))

    def fail(message: object) -> None:
        msg = "HC1:SECRET"
        raise ValueError(msg)

    site.link.subscribe("vendor/bad", fail)
    async with site.running(), foreign(broker) as device:
        await site.until_live()
        await device.publish("vendor/bad", "HC1:SECRET", qos=1)
        await device.publish(SCAN, "end", qos=1)
        await site.until(lambda: "end" in site.texts)
    assert "ValueError" in caplog.text
    assert "SECRET" not in caplog.text
    async with Watched(login_to(broker)).running() as again:
        await again.until_live()
        assert again.strangers == []  # it was acknowledged


async def test_more_than_can_be_dealt_with_stays_with_the_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.mqtt_inbox.MAX_HELD", 10)
    with mosquitto(tmp_path, options="max_inflight_messages 0\n") as broker:
        site = Watched(login_to(broker), at_once=False)
        async with site.running(), foreign(broker) as scanner:
            await site.until_live()
            for number in range(100):
                await scanner.publish(SCAN, str(number), qos=1)
            await site.until_heard(10)
            assert len(site.heard) == 10
            for settled in range(100):
                await site.until_heard(settled + 1)
                assert len(site.heard) - settled <= 10
                site.heard[settled].settled()
            assert site.texts == [str(number) for number in range(100)]


async def test_nagle_is_off(broker: Server, record_property: Callable[..., None]) -> None:
    async with Watched(login_to(broker)).running() as site, foreign(broker) as scanner:
        await site.until_live()
        connection = site.link._connection
        assert isinstance(connection, MqttConnection)
        sock = connection._client.socket()
        assert isinstance(sock, socket.socket)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        trips = []
        for number in range(50):
            start = real_now().boot_ms
            await scanner.publish(SCAN, str(number), qos=0)
            await site.until_heard(number + 1)
            trips.append(real_now().boot_ms - start)
    record_property("device to handler, median ms", statistics.median(trips))


async def _next_online(client: Client) -> bool:
    async with asyncio.timeout(20):
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    return bool(json.loads(message.payload)["online"])
