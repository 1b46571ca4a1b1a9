"""drivers.paho_loop: whatever paho raises ends one connection and nothing else."""

import asyncio
import socket

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from drivers.paho_loop import PahoLoop


class ChokingClient(Client):
    """A connected client that chokes on everything it reads."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(CallbackAPIVersion.VERSION2)
        self.wire = sock

    def socket(self) -> socket.socket:
        return self.wire

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        self.wire.recv(100)
        raise ValueError

    def loop_write(self) -> MQTTErrorCode:
        return MQTTErrorCode.MQTT_ERR_SUCCESS


async def test_what_paho_raises_is_told_and_goes_no_further(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        failed = asyncio.Event()
        theirs.sendall(b"noise")
        loop = PahoLoop(ChokingClient(ours), after_read=lambda: None, failed=failed.set)
        loop.attach()
        async with asyncio.timeout(20):
            await failed.wait()
        loop.detach()
        assert caplog.records == []
