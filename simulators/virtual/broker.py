"""A broker in memory, MQTT 3.1.1 at QoS 0 and 1: sessions, retained messages, wills, queues."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from drivers.topic_filters import covers

MAX_QUEUED = 100_000
MAX_IN_FLIGHT = 100
LAST_MID = 65_535


@dataclass(frozen=True, slots=True)
class Packet:
    """One message; `mid` is the receiver's number for it, `dup` that it was sent before."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False
    mid: int = 0
    dup: bool = False


class Peer(Protocol):
    """The broker's end of one connection."""

    def deliver(self, packet: Packet) -> None:
        """Send a message to the client."""
        ...

    def reset(self, why: str) -> None:
        """Break the connection off."""
        ...


@dataclass(slots=True)
class Session:
    """What the broker knows of one client."""

    client: str
    clean: bool
    peer: Peer | None = None
    will: Packet | None = None
    filters: dict[str, int] = field(default_factory=dict)
    queue: deque[Packet] = field(default_factory=deque)
    in_flight: OrderedDict[int, Packet] = field(default_factory=OrderedDict)
    mid: int = 0

    def next_mid(self) -> int:
        """Return a number that no message in flight has."""
        while True:
            self.mid = self.mid % LAST_MID + 1
            if self.mid not in self.in_flight:
                return self.mid


class VirtualBroker:
    """Calls in, calls out, no time of its own: the wires bring that."""

    def __init__(self, routed: Callable[[str, Packet], None] = lambda *_: None) -> None:
        self.up = True
        self._routed = routed
        self._sessions: dict[str, Session] = {}
        self._retained: dict[str, Packet] = {}
        self._routes: dict[str, list[Session]] = {}  # of the topics heard so far

    def attach(self, client: str, peer: Peer, *, clean: bool, will: Packet | None) -> Session:
        """Let a client in; an older connection of the same name is thrown out."""
        old = self._sessions.get(client)
        if old is not None and old.peer is not None:
            self._lose(old, "another client of this name came")
        session = old if old is not None and not clean and not old.clean else Session(client, clean)
        session.peer, session.will, session.clean = peer, will, clean
        self._sessions[client] = session
        self._routes.clear()
        return session

    def resume(self, session: Session) -> None:
        """Send again what was not acknowledged, then what has waited."""
        for mid, packet in list(session.in_flight.items()):
            if session.peer is not None:
                session.peer.deliver(replace(packet, mid=mid, dup=True))
        self._drain(session)

    def subscribe(self, session: Session, topic_filter: str) -> None:
        """Send what is retained for a filter now, and what comes for it from now on."""
        session.filters[topic_filter] = 1
        self._routes.clear()
        for topic in sorted(self._retained):
            if covers(topic_filter, topic):
                self._send(session, replace(self._retained[topic], retain=True))

    def unsubscribe(self, session: Session, topic_filter: str) -> None:
        """Send no more of it."""
        session.filters.pop(topic_filter, None)
        self._routes.clear()

    def publish(self, client: str, packet: Packet) -> None:
        """Hand a message on to everybody who asked for it."""
        self._routed(client, packet)
        if packet.retain:
            if packet.payload:
                self._retained[packet.topic] = packet
            else:
                self._retained.pop(packet.topic, None)
        plain = replace(packet, retain=False) if packet.retain else packet
        for session in self._listeners(packet.topic):
            self._send(session, plain)

    def acknowledged(self, session: Session, mid: int) -> None:
        """Forget a message that the client has dealt with."""
        session.in_flight.pop(mid, None)
        self._drain(session)

    def leave(self, session: Session, peer: Peer) -> None:
        """Take a client's goodbye."""
        if session.peer is peer:
            session.will = None
            self._gone(session)

    def lost(self, session: Session, peer: Peer) -> None:
        """Notice that a connection has ended without a goodbye."""
        if session.peer is peer:
            self._gone(session)

    def drop_queues(self, client: str) -> int:
        """Forget what waits for a client that is away; say how much that was."""
        session = self._sessions.get(client)
        if session is None or session.peer is not None:
            return 0
        dropped = len(session.queue) + len(session.in_flight)
        session.queue.clear()
        session.in_flight.clear()
        return dropped

    def stop(self) -> None:
        """Be killed: every connection breaks, no will is published, nothing is remembered."""
        self.up = False
        sessions, self._sessions, self._retained = list(self._sessions.values()), {}, {}
        self._routes.clear()
        for session in sessions:
            peer, session.peer = session.peer, None
            if peer is not None:
                peer.reset("the broker was killed")

    def start(self) -> None:
        """Listen again."""
        self.up = True

    def _listeners(self, topic: str) -> list[Session]:
        if topic not in self._routes:
            self._routes[topic] = [
                session
                for session in self._sessions.values()
                if any(covers(wanted, topic) for wanted in session.filters)
            ]
        return self._routes[topic]

    def _lose(self, session: Session, why: str) -> None:
        peer = session.peer
        self._gone(session)
        if peer is not None:
            peer.reset(why)

    def _gone(self, session: Session) -> None:
        session.peer = None
        will, session.will = session.will, None
        if session.clean:
            self._sessions.pop(session.client, None)
            self._routes.clear()
        if will is not None:
            self.publish(session.client, will)

    def _send(self, session: Session, packet: Packet) -> None:
        if packet.qos == 0:
            if session.peer is not None:
                session.peer.deliver(packet)
            return
        if len(session.queue) < MAX_QUEUED:
            session.queue.append(packet)
        self._drain(session)

    def _drain(self, session: Session) -> None:
        while session.peer and session.queue and len(session.in_flight) < MAX_IN_FLIGHT:
            packet = replace(session.queue.popleft(), mid=session.next_mid())
            session.in_flight[packet.mid] = packet
            session.peer.deliver(packet)
