"""Logging in at a real broker: TLS, accounts, and one sentence for each thing that can be wrong."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from devices.errors import DeviceLinkError
from drivers import mqtt_connection, mqtt_dialling
from drivers.mqtt_connection import MqttConnection
from drivers.mqtt_link import BrokerLogin
from drivers.mqtt_login import LoginFileError
from simulators.real_clock import real_now
from tests.servers import Server, free_port, mosquitto, program
from tests.system.certificates import Authority
from tests.system.links import DEADLINE_S, SCAN, Watched, foreign, login_to, reach

pytestmark = pytest.mark.system

ACL = "user gateway\ntopic readwrite menshen/1/riverside/#\ntopic read menshen/+/riverside/+/+/+\n"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    """A broker with one account, `gateway`."""
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    making = [program("mosquitto_passwd", "mosquitto"), "-b", str(passwords), "gateway", "right"]
    subprocess.run(making, check=True, capture_output=True)
    (tmp_path / "acl").write_text(ACL)
    # mosquitto gives up root, and then has to read them.
    options = f"password_file {passwords}\nacl_file {tmp_path / 'acl'}\nuser root\n"
    with mosquitto(tmp_path, options=options) as server:
        config = tmp_path / "mosquitto.conf"
        config.write_text(config.read_text().replace("allow_anonymous true", ""))
        server.restart()
        yield server


async def fault(login: BrokerLogin) -> str:
    with pytest.raises(DeviceLinkError) as caught:
        await reach(login)
    sentence = str(caught.value)
    assert sentence.startswith(login.url)
    assert "\n" not in sentence
    return sentence


async def test_accounts(guarded: Server) -> None:
    right = login_to(guarded, username="gateway", password="right")
    await reach(right)
    wrong = await fault(replace(right, password="wrong"))
    assert "refuses gateway or the password" in wrong
    assert "password_file" in wrong
    assert "wrong" not in wrong
    assert "anonymous" in await fault(login_to(guarded))


async def test_wrong_password_does_not_end_the_link(guarded: Server) -> None:
    wrong = Watched(login_to(guarded, username="gateway", password="wrong"))
    async with wrong.running():
        await wrong.until(lambda: bool(wrong.changes))
        assert [connected for connected, _ in wrong.changes] == [False]
        assert "password" in (wrong.changes[0][1] or "")
    right = Watched(login_to(guarded, username="gateway", password="right"))
    async with right.running():
        await right.until_live()


async def test_marker_that_the_acl_keeps_back_is_told(
    guarded: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.mqtt_link.MARKER_WITHIN_S", 0.3)
    (tmp_path / "acl").write_text("user gateway\ntopic read menshen/#\n")
    guarded.restart()
    site = Watched(login_to(guarded, username="gateway", password="right"))
    async with site.running():
        await site.until(lambda: bool(site.changes))
        assert not site.link.fenced
    connected, why = site.changes[0]
    assert not connected
    assert "menshen/1/riverside/gateway/fence does not come back" in (why or "")


async def test_tls(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    server, elsewhere = ours.issue("server"), ours.issue("elsewhere", "127.0.0.9")
    client = ours.issue("gateway")
    tls = f"cafile {ours.file}\ncertfile {server.cert}\nkeyfile {server.key}\nuser root\n"
    with mosquitto(tmp_path, options=tls) as broker:
        good = replace(login_to(broker), tls=True, ca=ours.file)
        await reach(good)
        site = Watched(good)
        async with site.running():
            await site.until_live()
            assert site.link.publish("menshen/1/riverside/north-in/scan-1/scan", "x" * 100_000)
            await site.until_heard(1)
            assert len(site.texts[0]) == 100_000
        assert "broker.ca" in await fault(replace(good, ca=other.file))
        assert "broker.ca" in await fault(replace(good, ca=None))
        assert "TLS port (mqtts://)" in await fault(replace(good, tls=False))
    with mosquitto(tmp_path, options=tls.replace("server", "elsewhere")) as broker:
        wrong_host = replace(login_to(broker), tls=True, ca=ours.file)
        assert "made out to 127.0.0.1" in await fault(wrong_host)
    with mosquitto(tmp_path, options=f"{tls}require_certificate true\n") as broker:
        known = replace(login_to(broker), tls=True, ca=ours.file)
        await reach(replace(known, cert=client.cert, key=client.key))
        assert "client certificate" in await fault(known)
    with mosquitto(tmp_path) as plain:
        assert "TLS" in await fault(replace(login_to(plain), tls=True, ca=ours.file))
    assert elsewhere.cert.exists()


async def test_files_of_ours_that_are_wrong_end_the_link(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    one, other = ours.issue("one"), ours.issue("other")
    noise = tmp_path / "noise.pem"
    noise.write_text("nothing")
    login = BrokerLogin("127.0.0.1", free_port(), tls=True)
    for wrong, file in (
        (replace(login, ca=tmp_path / "absent.pem"), "absent.pem: No such file"),
        (replace(login, ca=noise), "noise.pem"),
        (replace(login, ca=ours.file, cert=one.cert, key=other.key), "other.key.pem"),
        (replace(login, ca=ours.file, cert=one.cert, key=tmp_path / "gone"), "gone: No such file"),
    ):
        with pytest.raises(LoginFileError, match=file):
            await Watched(wrong).link.run()


async def test_nobody_there() -> None:
    assert "nothing listens" in await fault(BrokerLogin("127.0.0.1", free_port()))
    assert "no such host" in await fault(BrokerLogin("broker.invalid", 1883))
    assert "broker.url" in await fault(BrokerLogin("a" * 80, 1883))
    assert "broker.url" in await fault(BrokerLogin("", 1883))
    assert "broker.url" in await fault(BrokerLogin("127.0.0.1", 0))


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def impostor(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[BrokerLogin]:
    """Something that listens and is no broker."""

    async def serve_quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve_quietly, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield BrokerLogin("127.0.0.1", server.sockets[0].getsockname()[1])


async def test_broker_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(mqtt_connection, "ANSWERED_WITHIN_S", 0.2)
    async with impostor(silent) as login:
        assert "no answer" in await fault(login)


async def test_broker_that_hangs_up() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with impostor(rude) as login:
        assert "hangs up without an MQTT greeting" in await fault(login)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "without an MQTT greeting"),
        (b"\x30\x00", "no MQTT 3.1.1"),
        (b"\x20\x02\x00\x63", "code 128"),
        (b"\x90\x03\x00\x01\x77", "no MQTT 3.1.1"),
        (b"\xff" * 9, "no MQTT 3.1.1"),
    ],
)
async def test_broker_that_speaks_no_mqtt(answer: bytes, says: str) -> None:
    async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()

    async with impostor(babbling) as login:
        assert says in await fault(login)


async def test_packets_that_share_a_tls_record_are_all_read(tmp_path: Path) -> None:
    """Nothing more comes off the wire, so no descriptor tells that two of them wait."""
    ours = Authority(tmp_path, "ours")
    pair = ours.issue("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert, pair.key)

    async def greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x20\x02\x00\x00" + b"\x30\x04\x00\x01ax" * 3)
        await writer.drain()
        await reader.read()

    heard = asyncio.Queue[str]()
    async with impostor(greeting, context) as plain:
        login = replace(plain, tls=True, ca=ours.file)
        connection = MqttConnection(
            login, "x", now=real_now, heard=lambda message, _: heard.put_nowait(message.topic)
        )
        await connection.connect()
        async with asyncio.timeout(DEADLINE_S):
            assert [await heard.get() for _ in range(3)] == ["a"] * 3
        connection.drop()


async def test_call_that_hangs_is_given_up_and_its_late_end_does_no_harm(
    broker: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers late: the thread ends alone and throws nobody out."""
    answered = threading.Event()
    real_connect = mqtt_dialling._Call._connect

    def slow(call: mqtt_dialling._Call) -> None:
        answered.wait(DEADLINE_S)
        real_connect(call)

    login = login_to(broker)
    with monkeypatch.context() as hanging:
        hanging.setattr(mqtt_dialling, "CONNECTED_WITHIN_S", 0.1)
        hanging.setattr(mqtt_dialling._Call, "_connect", slow)
        with pytest.raises(DeviceLinkError, match="no answer"):
            await reach(login, "menshen-riverside")
    [late] = [thread for thread in threading.enumerate() if thread.name == "mqtt-dial"]
    site = Watched(login)
    async with site.running(), foreign(broker) as scanner:
        await site.until_live()
        answered.set()
        await asyncio.to_thread(late.join, DEADLINE_S)
        await scanner.publish(SCAN, "still there", qos=1)
        await site.until_heard(1)
        assert site.changes == [(True, None)]
