"""simulators.virtual.broker."""

from dataclasses import dataclass, field

from simulators.virtual.broker import Packet, Session, VirtualBroker


@dataclass
class Client:
    """The broker's end of one client."""

    got: list[Packet] = field(default_factory=list)
    thrown_out: str | None = None

    def deliver(self, packet: Packet) -> None:
        self.got.append(packet)

    def reset(self, why: str) -> None:
        self.thrown_out = why

    def heard(self) -> list[bytes]:
        return [packet.payload for packet in self.got]


def attached(
    broker: VirtualBroker, name: str, *, clean: bool = False, will: Packet | None = None
) -> tuple[Client, Session]:
    client = Client()
    return client, broker.attach(name, client, clean=clean, will=will)


def test_what_is_not_acknowledged_comes_again_and_what_waited_comes_behind_it() -> None:
    broker = VirtualBroker()
    first, session = attached(broker, "gateway")
    broker.subscribe(session, "a/+")
    broker.publish("device", Packet("a/1", b"one", 1))
    broker.lost(session, first)
    broker.publish("device", Packet("a/1", b"two", 1))
    broker.publish("device", Packet("a/1", b"gone", 0))
    again, session = attached(broker, "gateway")
    broker.resume(session)
    assert again.heard() == [b"one", b"two"]
    assert [packet.dup for packet in again.got] == [True, False]
    for packet in again.got:
        broker.acknowledged(session, packet.mid)
    broker.lost(session, again)
    last, session = attached(broker, "gateway")
    broker.resume(session)
    assert last.got == []


def test_a_clean_session_is_forgotten() -> None:
    broker = VirtualBroker()
    client, session = attached(broker, "device", clean=True)
    broker.subscribe(session, "a")
    broker.lost(session, client)
    broker.publish("x", Packet("a", b"one", 1))
    again, session = attached(broker, "device", clean=True)
    broker.resume(session)
    assert again.got == []


def test_a_retained_message_comes_with_the_subscription_marked_as_such() -> None:
    broker = VirtualBroker()
    broker.publish("gate", Packet("gate/state", b"shut", 1, retain=True))
    client, session = attached(broker, "gateway")
    broker.subscribe(session, "gate/#")
    broker.publish("gate", Packet("gate/state", b"open", 1, retain=True))
    assert [(p.payload, p.retain) for p in client.got] == [(b"shut", True), (b"open", False)]


def test_a_will_is_published_for_who_is_lost_and_not_for_who_leaves() -> None:
    broker = VirtualBroker()
    watcher, session = attached(broker, "watcher")
    broker.subscribe(session, "online")
    gone, lost = attached(broker, "one", will=Packet("online", b"lost", 1))
    broker.lost(lost, gone)
    polite, leaving = attached(broker, "two", will=Packet("online", b"never", 1))
    broker.leave(leaving, polite)
    assert watcher.heard() == [b"lost"]


def test_a_second_client_of_a_name_throws_the_first_one_out() -> None:
    broker = VirtualBroker()
    first, _ = attached(broker, "gateway")
    attached(broker, "gateway")
    assert first.thrown_out is not None


def test_a_killed_broker_remembers_nothing() -> None:
    broker = VirtualBroker()
    client, session = attached(broker, "gateway")
    broker.subscribe(session, "a")
    broker.publish("x", Packet("a", b"kept", 1, retain=True))
    broker.stop()
    broker.start()
    assert client.thrown_out is not None
    again, session = attached(broker, "gateway")
    broker.resume(session)
    broker.subscribe(session, "a")
    assert again.got == []


def test_a_dropped_queue_is_gone_and_only_of_who_is_away() -> None:
    broker = VirtualBroker()
    client, session = attached(broker, "gateway")
    broker.subscribe(session, "a")
    assert broker.drop_queues("gateway") == 0
    broker.lost(session, client)
    broker.publish("x", Packet("a", b"one", 1))
    assert broker.drop_queues("gateway") == 1
