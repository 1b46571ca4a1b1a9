"""The promises, watched from outside: wire, record and the leaf of each gate, never the rules."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.payloads import read_object
from simulators.virtual.broker import Packet
from simulators.virtual.gates import Moved, WatchedGate
from simulators.virtual.network import channel_of, lane_of
from simulators.virtual.trace import Trace

JOURNALLED = frozenset({"scan", "temperature", "presence", "passage", "button"})
SLACK_S = 0.010  # ticks are whole milliseconds, and crystals are not even
WAY_OUT_S = 1.0
JUST_OPENED_S = 0.3  # one opening serves whoever presses again within it

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """One promise broken."""

    at_s: float
    promise: int
    what: str
    lane: str = ""

    def __str__(self) -> str:
        where = f" at {self.lane}" if self.lane else ""
        return f"promise {self.promise} broken{where} at {self.at_s:.3f} s: {self.what}"


@dataclass(frozen=True, slots=True)
class LaneTruth:
    """What a watcher has to know of a lane; `speaks` are the channels of each of its devices."""

    lane: str
    inward: bool
    gate: str
    life_s: float
    speaks: Mapping[str, frozenset[str]]


@dataclass(slots=True)
class _Command:
    lane: str
    do: str
    authority: str
    grant: str | None
    issued_s: float
    life: int
    written: bool = False
    sent: bool = False
    opened: bool = False


@dataclass(slots=True)
class Promises:
    """Hears of everything that matters; the first thing that is wrong calls `broken`."""

    now_s: Callable[[], float]
    lanes: Mapping[str, LaneTruth]
    trace: Trace
    clock_doubt_s: Callable[[], float] = lambda: 0.0
    broken: Callable[[], None] = lambda: None
    violations: list[Violation] = field(default_factory=list)
    gates: dict[str, WatchedGate] = field(default_factory=dict)
    clocks: dict[str, Callable[[], Any]] = field(default_factory=dict)
    sent_late: int = 0
    life: int = 0
    began_s: float = 0.0
    _commands: dict[str, _Command] = field(default_factory=dict)
    _written_first: set[str] = field(default_factory=set)
    _grants_ended: set[str] = field(default_factory=set)
    _grants_opened: set[str] = field(default_factory=set)
    _said_s: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _on_disk: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _openings_sent: dict[str, list[float]] = field(default_factory=dict)
    _asked_out: set[str] = field(default_factory=set)
    record: list[Body] = field(default_factory=list)
    released_by_hand: dict[str, float] = field(default_factory=dict)

    def begin_life(self) -> None:
        """Hear that the gateway starts."""
        self.life += 1
        self.began_s = self.now_s()

    def complain(self, promise: int, what: str, lane: str = "") -> None:
        """Take note of a broken promise."""
        self.violations.append(Violation(self.now_s(), promise, what, lane))
        self.broken()

    def handed(self, type_: str, lane: str, body: Body) -> None:
        """Hear of a record that the gateway hands to its disk."""
        if type_ == "gate-commanded":
            command = _Command(
                lane, body["do"], body["authority"], body["grant"], self.now_s(), self.life
            )
            self._commands[body["command"]] = command
        elif type_ in {"passage-completed", "passage-not-taken"} and body["grant"]:
            self._grants_ended.add(body["grant"])
        elif type_ == "passage-decided" and body["grant"] and "supersedes" not in body:
            self._admitted(lane, body)

    def written(self, event: Body) -> None:
        """Hear of an event that is on the disk for good."""
        self.record.append(event)
        type_ = event["type"]
        if type_ == "gate-commanded":
            command = self._commands.get(event["command"])
            if command is not None:
                command.written = True
        elif type_ == "reading-received":
            key = (event["device"], event["kind"], event["reading"])
            self._on_disk[key] += 1
            if self._on_disk[key] > 1:
                self.complain(
                    11, f"{key[1]} {key[2]} of {key[0]} is on record twice", event["lane"]
                )
            if key not in self._said_s:
                self.complain(8, f"{key[0]} never said {key[1]} {key[2]}", event["lane"])

    def said(self, client: str, packet: Packet) -> None:
        """Hear what a client puts on the wire."""
        channel, lane = channel_of(packet.topic), lane_of(packet.topic)
        if channel == "command":
            self._commanded(packet, lane)
        elif channel in JOURNALLED and packet.topic.split("/")[4] == client:
            body = read_object(packet.payload) or {}
            key = (client, channel, str(body.get("id")))
            if key not in self._said_s or "at" not in body:  # who has no clock says it anew
                self._said_s[key] = self.now_s()

    def acknowledged(self, packet: Packet) -> None:
        """Hear that the gateway acknowledges a message to the broker."""
        key = self._reading(packet)
        if key is not None and key not in self._on_disk:
            self.complain(
                10, f"{key[1]} {key[2]} acknowledged, and not on disk", lane_of(packet.topic)
            )

    def moved(self, lane: str, moved: Moved) -> None:
        """Hear that a leaf moved."""
        truth = self.lanes[lane]
        self.trace.add("moved", f"{truth.gate} {moved.do} {moved.command or 'by hand'}", lane=lane)
        if moved.command is None:
            if moved.do == "release":
                self.released_by_hand[lane] = self.now_s()
            return
        command = self._commands.get(moved.command)
        if command is None:
            self.complain(1, f"{moved.do} on {moved.command}, a command nobody recorded", lane)
        elif (command.lane, command.do) != (lane, moved.do):
            self.complain(1, f"{moved.do} on {moved.command}, which says {command.do}", lane)
        elif moved.do == "open":
            self._opened(moved.command, command)

    def asks_out(self, packet: Packet, still: Callable[[], bool]) -> Callable[[], None] | None:
        """Hear that the exit button's message reached a live gateway; return what to call later."""
        key = self._reading(packet)
        body = read_object(packet.payload) or {}
        if key is None or body.get("button") != "rex" or not body.get("pressed"):
            return None
        if key in self._on_disk or key[2] in self._asked_out:
            return None  # a copy
        self._asked_out.add(key[2])
        gate, since_s, lane = key[0], self.now_s() - JUST_OPENED_S, lane_of(packet.topic)

        def look() -> None:
            sent = self._openings_sent.get(gate, [])
            if still() and not any(at_s >= since_s for at_s in sent):
                self.complain(1, f"nobody was let out within {WAY_OUT_S:g} s of {key[2]}", lane)

        return look

    def _reading(self, packet: Packet) -> tuple[str, str, str] | None:
        """Name a reading that has to be on record; None for every other message."""
        channel, truth = channel_of(packet.topic), self.lanes.get(lane_of(packet.topic))
        device = packet.topic.split("/")[4]
        if truth is None or channel not in truth.speaks.get(device, frozenset()) & JOURNALLED:
            return None
        id_ = (read_object(packet.payload) or {}).get("id")
        return (device, channel, id_) if isinstance(id_, str) else None

    def _admitted(self, lane: str, body: Body) -> None:
        for reading in body["readings"]:
            said_s = max(
                (
                    at_s
                    for device in self.lanes[lane].speaks
                    for channel in ("scan", "temperature")
                    if (at_s := self._said_s.get((device, channel, reading))) is not None
                ),
                default=None,
            )
            if said_s is None:
                self.complain(8, f"admits on {reading}, which nobody said", lane)
            elif said_s + self.clock_doubt_s() + SLACK_S < self.began_s:
                self.complain(7, f"admits on {reading}, said before the gateway started", lane)

    def _commanded(self, packet: Packet, lane: str) -> None:
        body = read_object(packet.payload) or {}
        id_ = str(body.get("id"))
        command, now_s = self._commands.get(id_), self.now_s()
        if command is None:
            if body.get("do") == "release":  # it waits for nothing: its record comes behind it
                asyncio.get_running_loop().call_soon(self._released, id_, lane)
            else:
                self._unrecorded(id_, lane)
            return
        life_s = self.lanes[lane].life_s
        if not command.written and not command.sent and command.authority != "release":
            if command.authority == "policy" or now_s - command.issued_s < life_s / 2 - SLACK_S:
                self.complain(10, f"command {id_} is on the wire before its record", lane)
            self.sent_late += 1
        command.sent = True
        if command.life != self.life:
            self.complain(7, f"command {id_} of an earlier run is sent", lane)
        if now_s > command.issued_s + life_s + SLACK_S:
            self.complain(2, f"command {id_} is sent past its life", lane)
        if command.grant in self._grants_ended:
            self.complain(3, f"command {id_} is sent after its grant ended", lane)
        if command.do == "open":
            self._openings_sent.setdefault(self.lanes[lane].gate, []).append(now_s)
        self._check_ticks(body, command, lane)

    def _released(self, id_: str, lane: str) -> None:
        if id_ not in self._commands:
            self._unrecorded(id_, lane)

    def _unrecorded(self, id_: str, lane: str) -> None:
        self.complain(10, f"command {id_} is on the wire, and nobody recorded it", lane)

    def _check_ticks(self, body: Body, command: _Command, lane: str) -> None:
        truth = self.lanes[lane]
        gate, until = self.gates[truth.gate], body.get("until_tick_ms")
        if gate.boot is None or body.get("boot") != gate.boot or until is None:
            return
        left_s = command.issued_s + truth.life_s - self.now_s()
        tick_ms = gate.tick_ms(self.clocks[truth.gate]())
        if until > tick_ms + (left_s + SLACK_S) * 1000:
            self.complain(2, f"command {body['id']} lives longer at the gate than its grant", lane)

    def _opened(self, id_: str, command: _Command) -> None:
        lane, now_s = command.lane, self.now_s()
        if now_s > command.issued_s + self.lanes[lane].life_s + SLACK_S:
            late_s = now_s - command.issued_s - self.lanes[lane].life_s
            self.complain(2, f"opens on {id_}, {late_s:.3f} s past its life", lane)
        if command.opened or command.grant in self._grants_opened:
            self.complain(3, f"opens a second time on {command.grant or id_}", lane)
        command.opened = True
        if command.grant:
            self._grants_opened.add(command.grant)
        if self.lanes[lane].inward and command.authority == "policy" and not command.written:
            self.complain(1, f"opens on {id_}, whose record is on no disk", lane)
