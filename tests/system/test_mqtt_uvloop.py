"""drivers.mqtt_link on uvloop, and killed with SIGKILL."""

import asyncio
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop

from devices.arrival import Fence
from devices.errors import DeviceLinkError
from drivers.mqtt_connection import MqttConnection
from drivers.mqtt_link import BrokerLogin
from simulators.real_clock import real_now
from tests.servers import Server, mosquitto
from tests.system.certificates import Authority
from tests.system.links import DEADLINE_S, SCAN, Watched, foreign, login_to

pytestmark = pytest.mark.system

HEARER = """
import asyncio, sys
from drivers.mqtt_link import BrokerLogin
from tests.system.links import Watched

async def main():
    site = Watched(BrokerLogin("127.0.0.1", int(sys.argv[1])), at_once=False)
    async with site.running():
        await site.until_heard(3)
        site.heard[0].settled()
        site.heard[2].settled()
        site.link._connection._on_loop.write()  # the acknowledgement leaves
        print("heard", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_everything_on_uvloop(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    server = ours.issue("server")
    tls = f"cafile {ours.file}\ncertfile {server.cert}\nkeyfile {server.key}\nuser root\n"

    async def scenario(site: Watched, broker: Server) -> None:
        async with site.running():
            for _ in range(3):
                await site.until_live()
                count = len(site.heard)
                for text in ("a", "b" * 50_000, "c"):
                    assert site.link.publish(SCAN, text, qos=1)
                await site.until_heard(count + 3)
                broker.restart(kill=True)
                await site.until(lambda: not site.link.connected)
        assert [len(text) for text in site.texts] == [1, 50_000, 1] * 3
        assert {message.fence for message in site.heard} == {Fence.LIVE}

    with mosquitto(tmp_path) as broker, asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:

        async def plain() -> None:
            await scenario(Watched(login_to(broker)), broker)

        loop.run(plain())
    with (
        mosquitto(tmp_path, options=tls) as broker,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop,
    ):

        async def encrypted() -> None:
            login = replace(login_to(broker), tls=True, ca=ours.file)
            await scenario(Watched(login), broker)

        loop.run(encrypted())


@pytest.mark.parametrize(
    "new_loop", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"]
)
def test_reset_behind_unread_packets_ends_the_connection(
    new_loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop may tell of it only once; the keep-alive must not be what finds out."""
    monkeypatch.setattr("drivers.mqtt_dialling.KEEPALIVE_S", 600)
    heard: list[str] = []

    async def scenario(listener: socket.socket) -> None:
        login = BrokerLogin("127.0.0.1", listener.getsockname()[1])
        connection = MqttConnection(
            login, "x", now=real_now, heard=lambda message, _: heard.append(message.topic)
        )
        accepted = asyncio.to_thread(greet, listener)
        _, server = await asyncio.gather(connection.connect(), accepted)
        server.sendall(b"\x30\x04\x00\x01ax" * 3)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()  # with a reset
        with pytest.raises(DeviceLinkError, match="broke"):
            await connection.until(asyncio.Event(), within_s=DEADLINE_S)
        connection.drop()

    def greet(listener: socket.socket) -> socket.socket:
        server, _ = listener.accept()
        server.recv(1000)
        server.sendall(b"\x20\x02\x00\x00")
        return server

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        asyncio.Runner(loop_factory=new_loop) as runner,
    ):
        runner.run(scenario(listener))
    assert heard == ["a", "a", "a"]


async def test_killed_client_gets_again_what_it_did_not_acknowledge(broker: Server) -> None:
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HEARER, str(broker.port), stdout=subprocess.PIPE
    )
    assert first.stdout is not None
    async with foreign(broker) as scanner, asyncio.timeout(DEADLINE_S):
        await scanner.subscribe("menshen/1/riverside/gateway/online", qos=1)
        await anext(aiter(scanner.messages))  # it is there
        for text in "abc":
            await scanner.publish(SCAN, text, qos=1)
        assert await first.stdout.readline() == b"heard\n"
        first.kill()
        await first.wait()
        await scanner.publish(SCAN, "d", qos=1)
    async with Watched(login_to(broker)).running() as second:
        await second.until_live()
        assert second.fences == [(text, Fence.BEFORE_START) for text in "bcd"]
