"""A real mosquitto under `menshen broker config`: a device speaks for itself and nobody else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from aiomqtt import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from devices.errors import DeviceLinkError
from devices.native.topics import FROM_DEVICES
from drivers.mqtt_login import BrokerLogin
from gateway.broker.accounts import read_pairs, read_secret
from gateway.doctor.broker_talk import BrokerTalk
from tests.gateway.broker.certificate import write_certificate
from tests.gateway.broker.estate import configure, estate_broker, write_site
from tests.gateway.broker.talking import LAST, client, heard_until
from tests.servers import free_port

ROOT = "menshen/1/riverside"
FENCE = f"{ROOT}/gateway/fence"
PLACES = {"scan-1": "north-in", "gate-1": "north-in", "scan-2": "south-in", "gate-2": "south-in"}
VENDOR = {"term-1": "vendor/term-1/code", "term-2": "other/2/code"}
HANG_GUARD_S = 10.0

EVERY_TOPIC = [
    *(
        f"{ROOT}/{PLACES[device]}/{device}/{channel}"
        for device in PLACES
        for channel in FROM_DEVICES
    ),
    *(f"{ROOT}/{PLACES[device]}/{device}/{to}" for device in PLACES for to in ("command", "show")),
    f"{ROOT}/south-in/scan-1/scan",
    f"{ROOT}/north-in/scan-1/unheard-of",
    f"{ROOT}/north-in/scan-1",
    *(f"{ROOT}/gateway/{name}" for name in ("online", "fence", "doctor", "scan")),
    *(f"{ROOT}/{name}" for name in ("hq/aggregate", "order/level", "order/received")),
    "menshen/1/all/order/level",
    "menshen/1/other-site/north-in/scan-1/scan",
    *VENDOR.values(),
    "vendor/term-2/code",
    "menshen/2/riverside/north-in/scan-1/scan",
]


@dataclass
class Estate:
    port: int
    passwords: dict[str, str]

    @asynccontextmanager
    async def client(self, user: str) -> AsyncIterator[Client]:
        async with client(self.port, user, self.passwords[user]) as connected:
            yield connected


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    port, folder = free_port(), tmp_path / "broker"
    broker = f'{{url: "mqtt://127.0.0.1:{port}", username: gateway, password_file: p}}'
    result = configure(write_site(tmp_path, broker), "--write", folder)
    assert result.exit_code == 0, result.output
    passwords = read_pairs(folder / "accounts", "")
    for name in ("gateway", "doctor", "hq"):
        passwords[name] = read_secret(folder / f"{name}.password") or ""
    with estate_broker(folder, port):
        yield Estate(port, passwords)


def allowed(user: str) -> set[str]:
    if user in VENDOR:
        return {VENDOR[user]}
    return {f"{ROOT}/{PLACES[user]}/{user}/{channel}" for channel in FROM_DEVICES}


@pytest.mark.parametrize("user", [*PLACES, *VENDOR])
async def test_a_device_speaks_on_its_own_topics_only(estate: Estate, user: str) -> None:
    async with estate.client("gateway") as gateway, estate.client(user) as device:
        await gateway.subscribe("#", qos=1)
        for topic in EVERY_TOPIC:
            await device.publish(topic, topic, qos=1)
        await gateway.publish(FENCE, LAST, qos=1)
        heard = await heard_until(gateway, FENCE)
    assert {topic for topic, _ in heard} == allowed(user)


async def test_the_gateway_speaks_for_itself_and_for_no_device(estate: Estate) -> None:
    async with estate.client("gateway") as gateway:
        await gateway.subscribe("#", qos=1)
        for topic in EVERY_TOPIC:
            await gateway.publish(topic, topic, qos=1)
        await gateway.publish(FENCE, LAST, qos=1)
        heard = await heard_until(gateway, FENCE)
    assert {topic for topic, _ in heard} == {
        *(
            f"{ROOT}/{PLACES[device]}/{device}/{to}"
            for device in PLACES
            for to in ("command", "show")
        ),
        *(f"{ROOT}/gateway/{name}" for name in ("online", "fence", "doctor", "scan")),
        f"{ROOT}/hq/aggregate",
    }


async def test_the_hq_gives_orders_and_speaks_for_nobody_else(estate: Estate) -> None:
    async with estate.client("gateway") as gateway, estate.client("hq") as hq:
        await gateway.subscribe("#", qos=1)
        for topic in EVERY_TOPIC:
            await hq.publish(topic, topic, qos=1)
        await gateway.publish(FENCE, LAST, qos=1)
        heard = await heard_until(gateway, FENCE)
    orders = {f"{ROOT}/order/level", f"{ROOT}/order/received", "menshen/1/all/order/level"}
    assert {topic for topic, _ in heard} == orders


@pytest.mark.parametrize("user", [*PLACES, *VENDOR, "doctor", "hq"])
async def test_nobody_hears_what_is_not_for_them(estate: Estate, user: str) -> None:
    mine = f"{ROOT}/{PLACES.get(user, 'south-in')}/{user}"
    async with estate.client("gateway") as gateway, estate.client(user) as listener:
        await listener.subscribe("#", qos=1)
        for speaker in {*PLACES, *VENDOR} - {user}:
            async with estate.client(speaker) as device:
                for topic in allowed(speaker):
                    await device.publish(topic, b"HC1:CODE", qos=1, retain=True)
        for name, lane in PLACES.items():
            for to in ("command", "show"):
                await gateway.publish(f"{ROOT}/{lane}/{name}/{to}", b"do", qos=1)
        for name in ("gateway/online", "gateway/doctor", "hq/aggregate"):
            await gateway.publish(f"{ROOT}/{name}", b"{}", qos=1)
        await listener.subscribe("+/#", qos=1)  # asks once more for what is retained
        heard = await heard_something(listener)
    expected = {
        "term-1": set(),
        "term-2": set(),
        "doctor": {f"{ROOT}/gateway/online", f"{ROOT}/gateway/doctor"},
        "hq": {f"{ROOT}/gateway/online", f"{ROOT}/hq/aggregate"},
    }.get(user, {f"{mine}/command", f"{mine}/show", f"{ROOT}/gateway/online"})
    assert {topic for topic in heard if not topic.startswith("$SYS")} == expected


async def heard_something(listener: Client) -> set[str]:
    """What came by now: nothing ends a listener's stream that may hear nothing."""
    topics = set()
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.5):
                topics.add((await anext(aiter(listener.messages))).topic.value)
    return topics


async def test_a_last_will_can_not_speak_for_another(estate: Estate) -> None:
    wills = {
        "scan-1": f"{ROOT}/north-in/gate-1/online",
        "gate-2": f"{ROOT}/gateway/online",
        "gate-1": f"{ROOT}/north-in/gate-1/online",
    }
    async with estate.client("gateway") as gateway:
        await gateway.subscribe("#", qos=1)
        for user, topic in wills.items():
            await asyncio.to_thread(cut_off, estate, user, topic)
        async with asyncio.timeout(
            HANG_GUARD_S
        ):  # the honest one was cut last: its will ends the wait
            message = await anext(aiter(gateway.messages))
    assert message.topic.value == wills["gate-1"]


def cut_off(estate: Estate, user: str, will: str) -> None:
    """Connect and vanish without a farewell."""
    device = paho.Client(CallbackAPIVersion.VERSION2)
    device.username_pw_set(user, estate.passwords[user])
    device.will_set(will, b"gone", qos=1)
    device.connect("127.0.0.1", estate.port)
    while not device.is_connected():
        assert device.loop(HANG_GUARD_S) == MQTTErrorCode.MQTT_ERR_SUCCESS
    held = device.socket()
    assert held is not None
    held.close()


@pytest.mark.parametrize("stolen", ["gateway", "menshen-riverside"])
async def test_a_device_can_not_throw_the_gateway_out(estate: Estate, stolen: str) -> None:
    thief = Client(
        "127.0.0.1",
        estate.port,
        identifier=stolen,
        username="scan-1",
        password=estate.passwords["scan-1"],
    )
    gateway = Client(
        "127.0.0.1",
        estate.port,
        identifier="menshen-riverside",
        username="gateway",
        password=estate.passwords["gateway"],
    )
    async with gateway:
        await gateway.subscribe(FENCE, qos=1)
        async with thief:
            await gateway.publish(FENCE, LAST, qos=1)
            assert await heard_until(gateway, FENCE) == []


@pytest.mark.parametrize(
    ("user", "password"), [(None, None), ("scan-1", "guess"), ("gateway", ""), ("root", "x")]
)
def test_nobody_comes_in_without_their_password(
    estate: Estate, user: str | None, password: str | None
) -> None:
    login = BrokerLogin("127.0.0.1", estate.port, username=user, password=password)
    with pytest.raises(DeviceLinkError), BrokerTalk(login):
        pass


def test_over_tls_the_broker_shows_the_certificate_it_was_given(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "broker"
    cert, key = write_certificate(tmp_path)
    broker = f'{{url: "mqtts://localhost:{port}", username: gateway, password_file: p, ca: b.pem}}'
    site = write_site(tmp_path, broker)
    result = configure(site, "--write", folder, "--cert", cert, "--key", key)
    assert result.exit_code == 0, result.output
    password = read_secret(folder / "gateway.password")
    with estate_broker(folder, port):
        login = BrokerLogin("localhost", port, True, "gateway", password, ca=cert)
        with BrokerTalk(login) as talk:
            talk.hear(FENCE)
            assert talk.echo_ms(FENCE) > 0
        plain = BrokerLogin("localhost", port, False, "gateway", password)
        with pytest.raises(DeviceLinkError), BrokerTalk(plain):
            pass
