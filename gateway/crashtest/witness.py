"""A bystander on the wire between gateway and broker: notes acknowledgements and openings."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from gateway.crashtest.evidence import Evidence, OnWire, ReadingKey
from gateway.crashtest.mqtt_frames import (
    CONNECT,
    PUBACK,
    PUBLISH,
    PacketReader,
    Publish,
    read_mid,
    read_publish,
)

CHUNK = 65_536
READINGS = frozenset({"scan", "temperature", "passage"})
DIAL_S = 5.0


class Witness:
    """Passes every byte on as it came; `is_recorded` looks whether a command is on disk now."""

    def __init__(
        self, broker_port: int, seen: Evidence, is_recorded: Callable[[str], bool]
    ) -> None:
        self._broker_port = broker_port
        self._seen = seen
        self._is_recorded = is_recorded
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Stand between the two while the block runs; give the port for the gateway."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a server's callback is a task
        self._connections.add(task)
        try:
            await self._stand_between(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over; a server's callback has nobody to tell
        finally:
            self._connections.discard(task)

    async def _stand_between(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(DIAL_S):
                broker = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except (OSError, TimeoutError):
            writer.close()  # the broker is down: so is this
            return
        ears = _Ears(self._seen, self._is_recorded)
        ways = {
            asyncio.ensure_future(_pass_on(reader, broker[1], ears.from_gateway)),
            asyncio.ensure_future(_pass_on(broker[0], writer, ears.from_broker)),
        }
        try:
            # Either end gone ends the whole, as on one cable.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, broker[1]):
                end.transport.abort()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hear: Callable[[bytes], None]
) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            hear(data)
            writer.write(data)
            await writer.drain()


class _Ears:
    """What one connection says, both ways."""

    def __init__(self, seen: Evidence, is_recorded: Callable[[str], bool]) -> None:
        self._seen = seen
        self._is_recorded = is_recorded
        self._delivered: dict[int, ReadingKey] = {}  # by packet identifier, until acknowledged
        self._gateway_says = PacketReader()
        self._broker_says = PacketReader()

    def from_gateway(self, data: bytes) -> None:
        for packet in self._gateway_says.receive(data):
            if packet.kind == CONNECT and self._seen.runs[-1].connected_ms is None:
                self._seen.runs[-1].connected_ms = _wall_ms()
            elif packet.kind == PUBACK:
                reading = self._delivered.pop(read_mid(packet.body), None)
                if reading is not None:
                    self._seen.acknowledged.add(reading)
            elif packet.kind == PUBLISH:
                self._note_opening(read_publish(packet))

    def from_broker(self, data: bytes) -> None:
        for packet in self._broker_says.receive(data):
            if packet.kind == PUBLISH:
                self._note_delivery(read_publish(packet))

    def _note_delivery(self, publish: Publish) -> None:
        if publish.mid is None:
            return
        self._delivered.pop(publish.mid, None)
        _, _, before = publish.topic.rpartition("menshen/1/")
        place = before.split("/")
        if len(place) == 4 and place[3] in READINGS:
            said = _object(publish.payload)
            if isinstance(said.get("id"), str):
                self._delivered[publish.mid] = ReadingKey(place[2], said["id"])

    def _note_opening(self, publish: Publish) -> None:
        if not publish.topic.endswith("/command"):
            return
        said = _object(publish.payload)
        command = said.get("id")
        if said.get("do") != "open" or not isinstance(command, str):
            return
        if command not in self._seen.on_wire:  # a repetition says nothing new
            recorded = self._is_recorded(command)
            self._seen.on_wire[command] = OnWire(command, _wall_ms(), recorded)


def _object(payload: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        said = json.loads(payload)
        if isinstance(said, dict):
            return said
    return {}


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
