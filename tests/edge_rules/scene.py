"""A lane on paper: readings go in at stated times, effects come out; nothing runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from devices.arrival import Fence
from devices.commands import Command
from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import (
    Button,
    CommandResult,
    Direction,
    Door,
    GateState,
    Online,
    Passage,
    Presence,
    Spot,
    Temperature,
    TemperatureKind,
)
from devices.units import Celsius
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.decision import Decision, MissingFact, Outcome
from edge_rules.effects import Record, SendCommand
from edge_rules.inputs import Act, CredentialShown, Input, OperatorActed, ReadingArrived, TimePassed
from edge_rules.lane import DeviceRules, LaneRules, Mode
from edge_rules.policies import Policies
from edge_rules.restarting import resume
from edge_rules.site import SiteState, due_ms, step
from edge_rules.turn import SiteRules

START = Moment(1_000_000.0, 1_790_000_000_000)
IN, OUT = LaneId("north-in"), LaneId("north-out")
SCANNER, CAMERA, GATE = DeviceId("scan-1"), DeviceId("cam-1"), DeviceId("gate-1")
EXIT_GATE = DeviceId("gate-2")
SENSOR = DeviceId("eye-1")

LANES = (
    LaneRules(
        IN,
        "north",
        Direction.IN,
        frozenset({"credential", "temperature"}),
        GATE,
        {
            SCANNER: DeviceRules("scanner"),
            CAMERA: DeviceRules("thermometer"),
            SENSOR: DeviceRules("camera"),
            GATE: DeviceRules("gate"),
        },
    ),
    LaneRules(
        OUT,
        "north",
        Direction.OUT,
        frozenset(),
        EXIT_GATE,
        {EXIT_GATE: DeviceRules("gate"), DeviceId("eye-2"): DeviceRules("camera")},
    ),
)


class PlainPolicy:
    """The everyday policy as a person would write it in Python."""

    name = "plain"
    hash = "plain"

    def decide(self, facts: Mapping[str, Any], /) -> Decision:
        temperature, credential = facts["temperature"], facts["credential"]
        if credential.get("status") == "invalid":
            return Decision(Outcome.DENY, ("credential-forged",), ("forged",))
        if credential.get("status") != "valid":
            return Decision(Outcome.REFER, ("credential-unclear",), ("unclear",))
        if "celsius" not in temperature or "limit" not in temperature:
            missing = (MissingFact("healthy", "temperature.celsius"),)
            return Decision(Outcome.REFER, ("fact-missing",), ("healthy",), missing)
        if temperature["celsius"] >= temperature["limit"]:
            return Decision(Outcome.REFER, ("temperature-high",), ("fever",))
        return Decision(Outcome.ADMIT, ("healthy",), ("healthy",))


def site_rules(**changes: Any) -> SiteRules:  # noqa: ANN401
    plain: dict[str, Any] = {
        "site": "riverside",
        "zone": ZoneInfo("Asia/Shanghai"),
        "limits": {(Spot.FOREHEAD, TemperatureKind.SURFACE): 37.3},
        "started": START,
        "screening_ends_ms": START.wall_ms + 10**9,
    }
    return SiteRules(**{**plain, **changes})


@dataclass
class Scene:
    """A site, its clock, and everything it did so far."""

    rules: SiteRules = field(default_factory=site_rules)
    lanes: tuple[LaneRules, ...] = LANES
    now: Moment = START
    run: str = "r1"
    events: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[Moment, Command]] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.state: SiteState
        self.restart(first=True)

    def restart(self, *, first: bool = False) -> None:
        """Start a run on what the record says; devices say again who they are."""
        if not first:
            self.rules = site_rules(started=self.now)
        modes: dict[LaneId, Mode] = {}
        self.state, effects = resume(
            self.rules, Policies.of(PlainPolicy()), self.run if first else f"r{next(self._ids)}x",
            self.lanes, modes, self.events, self.now,
        )  # fmt: skip
        self._note(effects)
        for lane in self.lanes:
            for device in lane.devices:
                self.give(Online(True), device, lane=lane.lane)
            self.gate_says(Door.CLOSED, lane=lane.lane)

    def take(self, given: Input) -> list[dict[str, Any]]:
        """Feed one input; return the events it caused."""
        self.state, effects = step(self.state, given, self.now)
        return self._note(effects)

    def wait(self, ms: float) -> list[dict[str, Any]]:
        """Let time pass, stopping wherever something falls due."""
        until = self.now.later(ms)
        events: list[dict[str, Any]] = []
        while (due := due_ms(self.state)) <= until.boot_ms:
            self.now = self.now.later(max(0.0, due - self.now.boot_ms))
            before = self.state
            events += self.take(TimePassed())
            assert due_ms(self.state) > self.now.boot_ms or self.state is not before
        self.now = until
        return events

    def step_wall(self, ms: int) -> None:
        """Set the wall clock, as NTP or a hand does; CLOCK_BOOTTIME knows nothing of it."""
        self.now = Moment(self.now.boot_ms, self.now.wall_ms + ms)

    def give(
        self,
        reading: Any,  # noqa: ANN401
        device: DeviceId,
        *,
        lane: LaneId = IN,
        fence: Fence = Fence.LIVE,
        retained: bool = False,
    ) -> list[dict[str, Any]]:
        return self.take(ReadingArrived(lane, device, reading, self.now, fence, retained))

    def scan(
        self,
        subject: str | None = "s-ann",
        status: CredentialStatus = CredentialStatus.VALID,
        *,
        id_: str | None = None,
        at_ms: int | None = None,
        fence: Fence = Fence.LIVE,
        lane: LaneId = IN,
        device: str = SCANNER,
    ) -> list[dict[str, Any]]:
        credential = Credential(CredentialKind.EU_DCC, status, None, subject)
        shown = CredentialShown(id_ or self.fresh(), at_ms, credential)
        return self.give(shown, DeviceId(device), fence=fence, lane=lane)

    def measure(
        self,
        celsius: float | None = 36.5,
        *,
        id_: str | None = None,
        track: str | None = None,
        spot: Spot = Spot.FOREHEAD,
        fence: Fence = Fence.LIVE,
        at_ms: int | None = None,
    ) -> list[dict[str, Any]]:
        value = None if celsius is None else Celsius(celsius)
        reading = Temperature(
            id_ or self.fresh(), at_ms, value, spot, TemperatureKind.SURFACE, 0.2, "good", track
        )
        return self.give(reading, CAMERA, fence=fence)

    def see(
        self, track: str, people: int, *, entered: bool = False, left: bool = False
    ) -> list[dict[str, Any]]:
        presence = Presence(self.fresh(), self.now.wall_ms, track, people, entered, left)
        return self.give(presence, SENSOR)

    def see_at_exit(self, track: str, people: int) -> list[dict[str, Any]]:
        presence = Presence(self.fresh(), self.now.wall_ms, track, people)
        return self.give(presence, DeviceId("eye-2"), lane=OUT)

    def press(
        self, button: str, *, device: DeviceId = GATE, lane: LaneId = IN, off_ms: int = 0
    ) -> list[dict[str, Any]]:
        reading = Button(self.fresh(), self.now.wall_ms + off_ms, button, True)
        return self.give(reading, device, lane=lane)

    def gate_says(
        self, door: Door = Door.CLOSED, *, lane: LaneId = IN, boot: str = "b1"
    ) -> list[dict[str, Any]]:
        gate = next(rules.gate for rules in self.lanes if rules.lane == lane)
        state = GateState(self.now.wall_ms, door, boot, int(self.now.boot_ms))
        return self.give(state, gate, lane=lane)

    def confirm(self, *, done: bool = True, reason: str | None = None) -> list[dict[str, Any]]:
        """Let the gate answer the last command it was sent."""
        return self.result_of(self.sent[-1][1].id, done=done, reason=reason)

    def result_of(
        self, command: str, *, done: bool = True, reason: str | None = None
    ) -> list[dict[str, Any]]:
        return self.give(CommandResult(command, done, reason, self.now.wall_ms), GATE)

    def passes(
        self,
        grant: str | None,
        direction: Direction = Direction.IN,
        *,
        at_ms: int | None = None,
        fenced: bool = False,
        device: str = GATE,
        lane: LaneId = IN,
    ) -> list[dict[str, Any]]:
        said_ms = self.now.wall_ms if at_ms is None else at_ms
        passage = Passage(self.fresh(), said_ms, grant, direction)
        fence = Fence.QUEUED if fenced else Fence.LIVE
        return self.give(passage, DeviceId(device), lane=lane, fence=fence)

    def operate(
        self,
        act: Act,
        *,
        role: str = "guard",
        by: str = "g1",
        lane: LaneId = IN,
        **more: Any,  # noqa: ANN401
    ) -> list[dict[str, Any]]:
        key = more.pop("key", self.fresh())
        return self.take(OperatorActed(act, by, role, key, lane, reason="known resident", **more))

    def fresh(self) -> str:
        return f"id-{next(self._ids)}"

    def _note(self, effects: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        events = []
        for effect in effects:
            if isinstance(effect, Record):
                stamp = Moment(0, effect.at_ms).stamp
                event = {
                    "id": effect.id, "type": effect.type, "at": stamp, "lane": effect.lane,
                    "device": effect.device, "visit": effect.visit, **effect.body,
                }  # fmt: skip
                events.append({key: value for key, value in event.items() if value is not None
                               or key in effect.body})  # fmt: skip
            elif isinstance(effect, SendCommand):
                self.sent.append((self.now, effect.command))
        self.events += events
        return events


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def decided(events: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(e["decision"], e["reasons"]) for e in events if e["type"] == "passage-decided"]
