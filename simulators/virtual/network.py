"""The wires between clients and broker: in order, each message after a moment, until they break."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from simulators.payloads import read_object
from simulators.virtual.broker import Packet, Session, VirtualBroker
from simulators.virtual.faults import Faults
from simulators.virtual.trace import Trace

LATENCY_S = (0.0002, 0.003)
HELD_S = (0.05, 1.5)
LATE_COPY_S = 5.0
LATE_COPY_DOWN_S = 2.5  # longer than any command lives
OVERTAKEN_S = 0.4
NOTICED_S = (1.0, 10.0)  # a lost byte breaks the connection; TCP takes its time
HALF_OPEN_S = 15.0  # until a broker misses the pings of a client that is gone
# What a device repeats on a new connection: an old copy of these may come late.
REPEATED = frozenset({"scan", "temperature", "presence", "passage", "button", "result"})


class LinkLostError(Exception):
    """The connection is gone, or never came about."""


class Network:
    """All wires of one world; `sent` hears what clients put on them, `got` what they get."""

    def __init__(self, seed: str, broker: VirtualBroker, faults: Faults, trace: Trace) -> None:
        self.broker = broker
        self.faults = faults
        self.trace = trace
        self.sent: Callable[[str, Packet], None] = lambda *_: None
        self.clockless: set[str] = set()  # clients that stamp no reading
        self._rng = Random(f"{seed}/network")
        self._blocked_until: dict[str, float] = {}
        self._ends: dict[str, ClientEnd] = {}

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that all of it runs on."""
        return asyncio.get_running_loop()

    def latency_s(self) -> float:
        """Draw how long a message travels."""
        return self._rng.uniform(*LATENCY_S)

    def reachable(self, client: str) -> bool:
        """Whether a client could connect now."""
        return self.broker.up and self.loop.time() >= self._blocked_until.get(client, 0.0)

    def clients(self) -> list[str]:
        """Name everybody who is connected, sorted."""
        return sorted(name for name, end in self._ends.items() if end.open)

    def steady(self, client: str, for_s: float) -> "ClientEnd | None":
        """Return a client's connection if it has been open for so long."""
        end = self._ends.get(client)
        there = end is not None and end.open and self.loop.time() - end.since_s >= for_s
        return end if there else None

    def cut(self, client: str, for_s: float, *, half_open_s: float = 0.0) -> None:
        """Break a client's wire; the broker may take a while to notice."""
        self._blocked_until[client] = self.loop.time() + for_s
        end = self._ends.get(client)
        if end is not None:
            end.snap("the link was cut", broker_notices_s=half_open_s)

    def plug(self, end: "ClientEnd") -> None:
        """Take note of a client's newest connection."""
        self._ends[end.client] = end

    async def connected(self, end: "ClientEnd") -> Session:
        """Let a client reach the broker; LinkLostError when it can't."""
        await asyncio.sleep(2 * self.latency_s())
        if not self.reachable(end.client):
            msg = "the broker can't be reached"
            raise LinkLostError(msg)
        self.plug(end)
        return self.broker.attach(end.client, end, clean=end.clean, will=end.will)


class _Line:
    """One direction of a wire."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._waiting: deque[Callable[[], None]] = deque()
        self._free_s = 0.0

    def send(self, arrive: Callable[[], None]) -> None:
        """Let something arrive after everything that was sent before."""
        loop = self._network.loop
        wait_s = self._network.latency_s()
        if self._network.faults.strikes("delayed"):
            wait_s += self._network.faults.chance("delayed").uniform(*HELD_S)
        self._free_s = max(self._free_s, loop.time() + wait_s)
        self._waiting.append(arrive)
        loop.call_at(self._free_s, self._arrive)

    def _arrive(self) -> None:
        if self._waiting:
            self._waiting.popleft()()

    def snap(self) -> None:
        """Lose what is under way."""
        self._waiting.clear()


class ClientEnd:
    """A client's end of one connection, of no use once it is lost; the broker's `Peer` too."""

    def __init__(
        self,
        network: Network,
        client: str,
        heard: Callable[[Packet], None],
        *,
        clean: bool = True,
        will: Packet | None = None,
    ) -> None:
        self.client = client
        self.clean = clean
        self.will = will
        self.open = False
        self.since_s = network.loop.time()
        self.lost: asyncio.Future[str] = network.loop.create_future()
        self._network = network
        self._heard = heard
        self._up, self._down = _Line(network), _Line(network)
        self._session: Session | None = None
        self._acks: dict[int, asyncio.Future[None]] = {}
        self._mid = 0

    async def connect(self) -> None:
        """Come in; LinkLostError when that fails."""
        self._session = await self._network.connected(self)
        if self.lost.done():
            raise LinkLostError(self.lost.result())
        self.open = True
        self._network.broker.resume(self._session)

    async def subscribe(self, filters: list[str]) -> None:
        """Ask for filters and wait for the broker's word."""
        answer: asyncio.Future[None] = self._network.loop.create_future()

        def ask(session: Session) -> None:
            self._down.send(lambda: None if answer.done() else answer.set_result(None))
            for wanted in filters:
                self._network.broker.subscribe(session, wanted)

        self._send(ask)
        await self.first(answer)

    def unsubscribe(self, filters: list[str]) -> None:
        """Ask for filters no more."""

        def ask(session: Session) -> None:
            for wanted in filters:
                self._network.broker.unsubscribe(session, wanted)

        self._send(ask)

    def publish(self, packet: Packet) -> asyncio.Future[None]:
        """Put a message on the wire; the future is the broker's word on one of QoS 1."""
        self._mid += 1
        mid = self._mid
        answer: asyncio.Future[None] = self._network.loop.create_future()
        network, faults = self._network, self._network.faults
        if self.client in network.clockless:
            packet = _unstamped(packet)
        network.sent(self.client, packet)
        if faults.strikes("lost"):
            network.trace.add("lost", packet.topic)
            if packet.qos:
                self._break_soon()
            return answer
        if packet.qos:
            self._acks[mid] = answer
        packet = self._corrupted(packet, "up")
        late_s = self._overtaken_s(packet)

        def arrive(_: Session) -> None:
            self._route(packet, late_s)
            if packet.qos:
                self._down.send(lambda: self._confirmed(mid))

        self._send(arrive)
        return answer

    def acknowledge(self, mid: int) -> None:
        """Tell the broker that a message is dealt with."""
        self._send(lambda session: self._network.broker.acknowledged(session, mid))

    def goodbye(self) -> None:
        """Leave properly: no last will is published."""
        self._send(lambda session: self._network.broker.leave(session, self))

    def snap(self, why: str, *, broker_notices_s: float = 0.0) -> None:
        """Break at once; what is under way is lost, in both directions."""
        self._up.snap()
        self._down.snap()
        session, broker = self._session, self._network.broker
        if session is not None and session.peer is self:
            self._network.loop.call_later(
                broker_notices_s + self._network.latency_s(), broker.lost, session, self
            )
        self._end(why)

    def hang_up(self, why: str) -> None:
        """Close the client's side; what it has sent still arrives."""
        session, broker = self._session, self._network.broker
        if session is not None and self.open:
            self._send(lambda session: broker.lost(session, self))
        self._end(why)

    def deliver(self, packet: Packet) -> None:
        """Send a message down to the client."""
        if not self.open:
            return
        faults = self._network.faults
        if faults.strikes("lost"):
            self._network.trace.add("lost", packet.topic)
            if packet.qos:
                self._break_soon()
            return
        packet = self._corrupted(packet, "down")
        self._down.send(lambda: self._hear(packet))
        if packet.qos == 0 and faults.strikes("doubled"):
            late_s = faults.chance("doubled").uniform(0, LATE_COPY_DOWN_S)
            self._network.loop.call_later(late_s, self._hear, packet)

    def reset(self, why: str) -> None:
        """Be thrown out by the broker."""
        self._down.snap()
        self._end(why)

    async def first(self, answer: asyncio.Future[None], within_s: float = 10.0) -> None:
        """Wait for an answer; LinkLostError when the connection or the patience ends first."""
        either: list[asyncio.Future[Any]] = [answer, self.lost]
        await asyncio.wait(either, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise LinkLostError(self.lost.result() if self.lost.done() else "no answer")

    def _send(self, arrive: Callable[[Session], None]) -> None:
        session = self._session
        if session is not None and self.open:
            self._up.send(lambda: arrive(session) if self._network.broker.up else None)

    def _hear(self, packet: Packet) -> None:
        if self.open:
            self._network.trace.add(
                "heard", f"{self.client} {packet.topic}", packet.payload, lane=lane_of(packet.topic)
            )
            self._heard(packet)

    def _route(self, packet: Packet, late_s: float) -> None:
        network, faults = self._network, self._network.faults
        again_s = None
        if packet.qos and faults.strikes("doubled"):
            late = channel_of(packet.topic) in REPEATED
            again_s = faults.chance("doubled").uniform(0, LATE_COPY_S) if late else 0.0
        for wait_s in (late_s, again_s):
            if wait_s:
                network.loop.call_later(wait_s, self._publish_late, packet)
            elif wait_s is not None:
                network.broker.publish(self.client, packet)

    def _publish_late(self, packet: Packet) -> None:
        if self._network.broker.up:
            self._network.broker.publish(self.client, packet)

    def _overtaken_s(self, packet: Packet) -> float:
        faults = self._network.faults
        if channel_of(packet.topic) in REPEATED and faults.strikes("reordered"):
            return faults.chance("reordered").uniform(0.005, OVERTAKEN_S)
        return 0.0

    def _corrupted(self, packet: Packet, way: str) -> Packet:
        # Cut off, so that it can't be read: a wire's checksum would not let another value pass.
        # Not `online`, which is said once a connection: without it a scanner that has no clock is
        # not believed until its next one.
        about = channel_of(packet.topic)
        ours = about in REPEATED or about == "state" if way == "up" else about in {
            "command", "show",
        }  # fmt: skip
        if not ours or lane_of(packet.topic) == "gateway" or not packet.payload:
            return packet
        faults = self._network.faults
        if not faults.strikes("corrupted"):
            return packet
        return replace(
            packet,
            payload=packet.payload[: faults.chance("corrupted").randrange(len(packet.payload))],
        )

    def _break_soon(self) -> None:
        wait_s = self._network.faults.chance("lost").uniform(*NOTICED_S)
        self._network.loop.call_later(wait_s, self.snap, "bytes were lost on the wire")

    def _confirmed(self, mid: int) -> None:
        answer = self._acks.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(None)

    def _end(self, why: str) -> None:
        self.open = False
        if not self.lost.done():
            self.lost.set_result(why)


def _unstamped(packet: Packet) -> Packet:
    body = read_object(packet.payload)
    if body is None or channel_of(packet.topic) not in {"scan", "temperature"}:
        return packet
    said = {key: value for key, value in body.items() if key != "at"}
    return replace(packet, payload=json.dumps(said, ensure_ascii=False).encode())


def channel_of(topic: str) -> str:
    """Return the last level of a topic."""
    return topic.rpartition("/")[2]


def lane_of(topic: str) -> str:
    """Return the lane of a device's topic."""
    levels = topic.split("/")
    return levels[3] if len(levels) > 3 else ""
