"""MQTT 3.1.1 packets as a bystander reads them: bytes in, packets out, no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass

CONNECT = 1
PUBLISH = 3
PUBACK = 4

MAX_LENGTH_BYTES = 4  # of the remaining length (MQTT 3.1.1, section 2.2.3)


@dataclass(frozen=True, slots=True)
class Packet:
    """One whole packet without its fixed header."""

    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Publish:
    """A PUBLISH; `mid` is None at QoS 0."""

    topic: str
    mid: int | None
    payload: bytes


class PacketReader:
    """Collects one direction of a connection; ValueError where it is no MQTT."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def receive(self, data: bytes) -> Iterator[Packet]:
        """Take bytes in any chunking; give the packets that they complete."""
        self._pending += data
        while (packet := self._next()) is not None:
            yield packet

    def _next(self) -> Packet | None:
        pending = self._pending
        length = shift = 0
        for at in range(1, min(len(pending), MAX_LENGTH_BYTES + 1)):
            length |= (pending[at] & 0x7F) << shift
            shift += 7
            if not pending[at] & 0x80:
                end = at + 1 + length
                if len(pending) < end:
                    return None
                packet = Packet(pending[0] >> 4, pending[0] & 0x0F, bytes(pending[at + 1 : end]))
                del pending[:end]
                return packet
        if len(pending) > MAX_LENGTH_BYTES:
            msg = "not MQTT: a packet's length has more than four bytes"
            raise ValueError(msg)
        return None


def read_publish(packet: Packet) -> Publish:
    """Read a PUBLISH packet's topic, packet identifier and payload."""
    body = packet.body
    end = 2 + int.from_bytes(body[:2], "big")
    topic = body[2:end].decode("utf-8", "replace")
    if packet.flags & 0b0110 == 0:
        return Publish(topic, None, body[end:])
    return Publish(topic, read_mid(body[end:]), body[end + 2 :])


def read_mid(body: bytes) -> int:
    """Read the packet identifier that a PUBACK consists of."""
    return int.from_bytes(body[:2], "big")
