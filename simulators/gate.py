"""A gate controller that lives in memory: obeys commands, opens, closes, says so; pure."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from devices.moment import Moment
from simulators.gate_order import GateOrder, read_order
from simulators.payloads import Message, stamp

STATE_EVERY_MS = 5000
REX_HOLD_MS = 5000  # what the exit button opens for, in the gate's own hardware
HELD_AFTER_MS = 10_000  # somebody who stands in an open gate this long holds it
RESULTS_KEPT = 1024  # far more than can be repeated within the life of a command


class Fail(StrEnum):
    """Where a gate goes when the gateway, the link or the power is lost."""

    SAFE = "safe"
    SECURE = "secure"


@dataclass(frozen=True, slots=True)
class _Step:
    """The person who stands in the passage."""

    direction: str
    grant: str | None


class SimulatedGate:
    """One gate; every method takes the time and returns what the gate says, in order.

    `boot` names this run of the gate; None makes a gate without ticks, which goes by `expires`.
    """

    def __init__(
        self,
        boot: str | None,
        now: Moment,
        *,
        fail: Fail = Fail.SECURE,
        closing_ms: float = 300,
        prefix: str = "g",
    ) -> None:
        self._boot = boot
        self._booted = now
        self._fail = fail
        self._closing_ms = closing_ms
        self._prefix = prefix
        self._serial = 0
        self._results: OrderedDict[str, Message] = OrderedDict()
        self._open_until_ms = -inf
        self._grant: str | None = None
        self._grant_ends_ms = -inf
        self._stepping: _Step | None = None
        self._linked = False
        self._broken: str | None = None
        self._said_ms = -inf
        self._said_door: str | None = None
        self.released = False
        self.locked = False
        self.openings = 0

    @property
    def stands_open(self) -> bool:
        """Whether it is released, or open because its fail state is."""
        return self.released or (self._fail is Fail.SAFE and not self._linked)

    def door(self, now: Moment) -> str:
        """Name the state of the leaf."""
        past_ms = now.boot_ms - self._open_until_ms
        if self.stands_open or past_ms < 0:
            return "open"
        if self._stepping is not None:
            return "held" if past_ms >= HELD_AFTER_MS else "open"
        return self._broken or "closed"

    def is_open(self, now: Moment) -> bool:
        """Tell whether somebody could walk through."""
        return self.door(now) in {"open", "held", "forced"}

    def due_ms(self) -> float:
        """Return when `advance` has something to do next, on the boot clock."""
        beat_ms = self._said_ms + STATE_EVERY_MS
        if self._said_door != "open" or self.stands_open:
            return beat_ms
        return min(beat_ms, self._open_until_ms + (HELD_AFTER_MS if self._stepping else 0))

    def announce(self, now: Moment) -> list[Message]:
        """Say the state, as on every new connection."""
        return [self._state(now)]

    def advance(self, now: Moment) -> list[Message]:
        """Close what has been open long enough; say the state when its time has come."""
        due = now.boot_ms >= self._said_ms + STATE_EVERY_MS
        return [self._state(now)] if due else self._changed(now)

    def receive(self, payload: bytes, now: Moment) -> list[Message]:
        """Take a command off the wire; each id moves the gate once, each copy is answered alike."""
        order = read_order(payload)
        if order is None:
            return []
        result = self._results.get(order.id)
        if result is not None:
            return [result]
        tick_ms = now.boot_ms - self._booted.boot_ms
        reason = order.refusal(self._boot, tick_ms, now.wall_ms) or self._obey(order, now)
        body = {"command": order.id, "done": reason is None, "at": stamp(now)}
        result = Message("result", body if reason is None else {**body, "reason": reason})
        self._results[order.id] = result
        if len(self._results) > RESULTS_KEPT:
            self._results.popitem(last=False)
        return [result, *self._changed(now)]

    def hear_gateway(self, now: Moment, *, online: bool) -> list[Message]:
        """Follow the gateway's `online`: answer true with the state; false is its last will."""
        self._linked = online
        if online:
            return [self._state(now)]
        return self._lose_gateway(now)

    def lose_link(self, now: Moment) -> list[Message]:
        """Go to the fail state: the broker is gone, and the gateway with it."""
        self._linked = False
        return self._lose_gateway(now)

    def press(self, button: str, now: Moment) -> list[Message]:
        """Press and let go `rex`, `fire`, `duress` or `tamper`; rex and fire open in hardware."""
        if button == "rex":
            self._open(REX_HOLD_MS, now)
        elif button == "fire":
            self.released = True
        body = {"button": button, "at": stamp(now)}
        said = [
            Message("button", {"id": self._id(), **body, "pressed": pressed})
            for pressed in (True, False)
        ]
        return [*said, *self._changed(now)]

    def step_in(self, direction: str, now: Moment) -> bool:
        """Let a person step into the passage; False when the leaf is in the way."""
        if self._stepping is not None or not self.is_open(now):
            return False
        grant = None
        if direction == "in":
            if now.boot_ms < self._grant_ends_ms:
                grant = self._grant
            self._grant = None  # one grant, one passage: who follows has none
        self._stepping = _Step(direction, grant)
        return True

    def step_out(self, now: Moment) -> list[Message]:
        """Let the person reach the other side: that is a passage, and the leaf starts to close."""
        step, self._stepping = self._stepping, None
        if step is None:
            return []
        closing_ms = now.boot_ms + self._closing_ms
        self._open_until_ms = min(self._open_until_ms, closing_ms)
        body: dict[str, object] = {"id": self._id(), "at": stamp(now)}
        body |= {"grant": step.grant, "direction": step.direction}
        return [Message("passage", body), *self._changed(now)]

    def break_down(self, door: str, now: Moment) -> list[Message]:
        """Be `forced` or have a `fault`; None of its commands work, the way out does."""
        self._broken = door
        return self._changed(now)

    def mend(self, now: Moment) -> list[Message]:
        """Be sound again."""
        self._broken = None
        return self._changed(now)

    def reboot(self, boot: str, now: Moment) -> list[Message]:
        """Start anew under another boot id: shut, unless a release stands in its own hardware."""
        self._boot = boot if self._boot is not None else None
        self._booted = now
        self._open_until_ms, self._grant, self.locked = -inf, None, False
        self._linked, self._stepping = False, None
        return [self._state(now)]

    def _obey(self, order: GateOrder, now: Moment) -> str | None:
        if self._broken is not None and order.do in {"open", "lock"}:
            return "fault"
        if order.do == "open":
            self._open(order.hold_ms, now)
            self._grant = order.grant
            self._grant_ends_ms = now.boot_ms + order.hold_ms
        elif order.do == "lock":
            if self.released:
                return "released"
            self.locked = True
        elif order.do == "unlock":
            self.locked = False
        else:
            self.released = order.do == "release"
            self._grant = None
        return None

    def _open(self, hold_ms: float, now: Moment) -> None:
        self.openings += 1
        self._open_until_ms = max(self._open_until_ms, now.boot_ms + hold_ms)

    def _lose_gateway(self, now: Moment) -> list[Message]:
        self._open_until_ms, self._grant = min(self._open_until_ms, now.boot_ms), None
        return self._changed(now)

    def _changed(self, now: Moment) -> list[Message]:
        return [self._state(now)] if self.door(now) != self._said_door else []

    def _state(self, now: Moment) -> Message:
        self._said_ms, self._said_door = now.boot_ms, self.door(now)
        body: dict[str, object] = {"at": stamp(now), "door": self._said_door}
        if self._boot is not None:
            body["boot"] = self._boot
            body["tick_ms"] = int(now.boot_ms - self._booted.boot_ms)
        return Message("state", body, retained=True)

    def _id(self) -> str:
        self._serial += 1
        return f"{self._prefix}-{self._serial}"
