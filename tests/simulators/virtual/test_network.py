"""simulators.virtual.network: the wires, and what they do to messages."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from simulators.virtual.broker import Packet, VirtualBroker
from simulators.virtual.faults import Faults
from simulators.virtual.network import ClientEnd, LinkLostError, Network
from simulators.virtual.trace import Trace
from simulators.virtual_clock import run_closed


def wired(play: Callable[[Network], Awaitable[None]]) -> None:
    """Play a scene on a network without faults."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        faults = Faults("1", (), 0, loop.time)
        await play(Network("1", VirtualBroker(), faults, Trace(loop.time)))

    run_closed(main())


async def listener(network: Network, name: str, topic: str) -> list[bytes]:
    got: list[bytes] = []

    def hear(packet: Packet) -> None:
        got.append(packet.payload)
        end.acknowledge(packet.mid)

    end = ClientEnd(network, name, hear, clean=False)
    await end.connect()
    await end.subscribe([topic])
    return got


def test_messages_of_one_wire_keep_their_order() -> None:
    async def play(network: Network) -> None:
        got = await listener(network, "gateway", "a/#")
        device = ClientEnd(network, "device", lambda _: None)
        await device.connect()
        sent = [str(number).encode() for number in range(200)]
        for payload in sent:
            device.publish(Packet("a/b", payload, 1))
        await asyncio.sleep(1)
        assert got == sent

    wired(play)


def test_a_cut_wire_loses_what_is_under_way_and_lets_nobody_in_for_a_while() -> None:
    async def play(network: Network) -> None:
        got = await listener(network, "gateway", "a")
        device = ClientEnd(network, "device", lambda _: None)
        await device.connect()
        answer = device.publish(Packet("a", b"lost", 1))
        network.cut("device", 5)
        with pytest.raises(LinkLostError):
            await device.first(answer)
        with pytest.raises(LinkLostError):
            await ClientEnd(network, "device", lambda _: None).connect()
        await asyncio.sleep(5)
        await ClientEnd(network, "device", lambda _: None).connect()
        assert got == []

    wired(play)


def test_a_broker_may_take_a_while_to_miss_somebody() -> None:
    async def play(network: Network) -> None:
        got = await listener(network, "gateway", "online")
        will = Packet("online", b"gone", 1, retain=True)
        device = ClientEnd(network, "device", lambda _: None, will=will)
        await device.connect()
        network.cut("device", 0, half_open_s=10)
        await asyncio.sleep(9)
        assert got == []
        await asyncio.sleep(2)
        assert got == [b"gone"]

    wired(play)
