"""gateway.crashtest.mqtt_frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crashtest.mqtt_frames import PUBACK, PUBLISH, Packet, PacketReader, read_publish

PACKETS = st.lists(
    st.builds(Packet, st.integers(1, 14), st.integers(0, 15), st.binary(max_size=20_000)),
    max_size=5,
)


def on_wire(packet: Packet) -> bytes:
    """MQTT 3.1.1, section 2.2.3: seven bits a byte, the lowest first."""
    length, digits = len(packet.body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([packet.kind << 4 | packet.flags]) + bytes(digits) + packet.body


@given(PACKETS, st.integers(1, 5000))
def test_chunking_never_changes_the_packets(sent: list[Packet], step: int) -> None:
    wire = b"".join(map(on_wire, sent))
    reader = PacketReader()
    got = [p for at in range(0, len(wire), step) for p in reader.receive(wire[at : at + step])]
    assert got == sent


@pytest.mark.parametrize(
    ("wire", "topic", "mid", "payload"),
    [
        (bytes.fromhex("30 05 00 01 61 68 69"), "a", None, b"hi"),
        (bytes.fromhex("32 07 00 01 61 12 34 68 69"), "a", 0x1234, b"hi"),
        (bytes.fromhex("3b 05 00 01 61 00 0a"), "a", 10, b""),  # retained and a duplicate
    ],
)
def test_a_publish_is_read_as_the_standard_lays_it_out(
    wire: bytes, topic: str, mid: int | None, payload: bytes
) -> None:
    (packet,) = PacketReader().receive(wire)
    assert packet.kind == PUBLISH
    said = read_publish(packet)
    assert (said.topic, said.mid, said.payload) == (topic, mid, payload)


def test_an_acknowledgement_and_the_longest_length() -> None:
    (ack,) = PacketReader().receive(bytes.fromhex("40 02 12 34"))
    assert (ack.kind, ack.body) == (PUBACK, b"\x12\x34")
    assert list(PacketReader().receive(bytes.fromhex("30 ff ff ff 7f"))) == []


def test_what_is_no_mqtt_is_said() -> None:
    with pytest.raises(ValueError, match="not MQTT"):
        list(PacketReader().receive(bytes.fromhex("30 ff ff ff ff 01")))
