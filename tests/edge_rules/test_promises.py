"""The design's promises as invariants over random days at a checkpoint."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from devices.arrival import Fence
from devices.commands import Command, Do
from devices.ids import LaneId
from devices.moment import Moment
from devices.readings import Direction, Door, Online
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.inputs import Act, RecordLate, TimePassed
from edge_rules.lane import Authority, Mode
from edge_rules.site import due_ms
from simulators.audit import Audit
from tests.edge_rules.scene import CAMERA, EXIT_GATE, IN, LANES, OUT, SCANNER, SENSOR, Scene

SUBJECTS = st.sampled_from(["s-ann", "s-bob", "s-cyn", None])
STATUSES = st.sampled_from([CredentialStatus.VALID] * 5 + list(CredentialStatus))
AGES = st.sampled_from([None, None, 0, 5_000, 20_000, -5_000])
FENCES = st.sampled_from([Fence.LIVE, Fence.LIVE, *Fence])
AGAIN = st.sampled_from([None, None, None, "again", "once-more"])
CELSIUS = st.sampled_from([36.4, 36.9, 36.9, 37.3, 39.0, None, float("nan")])
TRACKS = st.sampled_from([None, None, "t1", "t2"])
PAUSES = st.sampled_from([1, 50, 200, 900, 1000, 3000, 5000, 8000, 61_000])
LANE_IDS = st.sampled_from([IN, OUT])

RULES = LANES[0]


def admissible(event: Any) -> bool:  # noqa: ANN401
    """Whatever the policy says in detail: nobody else may ever come in."""
    return (
        event["credential"]["status"] == "valid"
        and event["celsius"] is not None
        and event["celsius"] < 37.3
    )


class Checkpoint(RuleBasedStateMachine):
    """Readings, buttons, guards, faults and restarts in any order and at any time."""

    @initialize()
    def begin(self) -> None:
        self.scene = Scene()
        self.stale: set[str] = set()
        self.checked = 0

    @rule(subject=SUBJECTS, status=STATUSES, age=AGES, fence=FENCES, again=AGAIN)
    def scan(
        self,
        subject: str | None,
        status: CredentialStatus,
        age: int | None,
        fence: Fence,
        again: str | None,
    ) -> None:
        id_ = again or self.scene.fresh()
        old = self._is_old(age, fence, SCANNER)
        known = any(e.get("reading") == id_ for e in self.scene.events)
        at_ms = None if age is None else self.scene.now.wall_ms - age
        events = self.scene.scan(subject, status, id_=id_, at_ms=at_ms, fence=fence)
        if known:
            assert events == []
        elif old:
            self.stale.add(id_)
            (referred,) = [e for e in events if e["type"] == "passage-decided"]
            assert (referred["decision"], referred["reasons"][0]) == ("refer", "reading-stale")

    @rule(celsius=CELSIUS, age=AGES, fence=FENCES, track=TRACKS, again=AGAIN)
    def measure(
        self,
        celsius: float | None,
        age: int | None,
        fence: Fence,
        track: str | None,
        again: str | None,
    ) -> None:
        id_ = "t-" + (again or self.scene.fresh())
        if self._is_old(age, fence, CAMERA) and not any(
            e.get("reading") == id_ for e in self.scene.events
        ):
            self.stale.add(id_)
        at_ms = None if age is None else self.scene.now.wall_ms - age
        self.scene.measure(celsius, id_=id_, fence=fence, track=track, at_ms=at_ms)

    @rule(subjects=st.lists(st.sampled_from(["s-ann", "s-bob", "s-dan"]), min_size=1, max_size=3),
          passes=st.booleans(), restored=st.booleans(), seen=st.booleans())  # fmt: skip
    def healthy_visits(self, subjects: list[str], passes: bool, restored: bool, seen: bool) -> None:
        """What happens all day, so that the rest happens in the middle of it."""
        if restored:
            self.scene.see("t1", 0)
            self.scene.operate(Act.RESTORE)
        if seen:
            self.scene.see("t1", 1, entered=True)
        for device in (SCANNER, CAMERA):
            self.scene.give(Online(True), device)
        for subject in subjects:
            self.scene.gate_says()
            self.scene.scan(subject)
            self.scene.measure()
            grant = self.scene.state.lanes[IN].grant
            if passes and grant:
                self.scene.confirm()
                self.scene.passes(grant.id)

    @rule(track=st.sampled_from(["t1", "t2"]), people=st.integers(0, 2),
          entered=st.booleans(), left=st.booleans())  # fmt: skip
    def see(self, track: str, people: int, entered: bool, left: bool) -> None:
        self.scene.see(track, people, entered=entered, left=left)

    @rule(track=st.sampled_from(["t1", "t2"]))
    def walk_away(self, track: str) -> None:
        live = self.scene.state.lanes[IN].grant
        events = self.scene.see(track, 0, left=True)
        if live and live.track == track:
            ended = [e for e in events if e["type"] == "passage-not-taken"]
            assert [e["grant"] for e in ended] == [live.id]

    @rule(ms=PAUSES)
    def wait(self, ms: int) -> None:
        self.scene.wait(ms)

    @rule(ms=st.sampled_from([-3_600_000, -1500, 1500, 86_400_000]))
    def set_the_wall_clock(self, ms: int) -> None:
        self.scene.step_wall(ms)
        self.scene.take(TimePassed())  # which puts the step on record, if it is one

    @rule(lane=LANE_IDS, door=st.sampled_from(Door), boot=st.sampled_from("ab"))
    def gate_says(self, lane: LaneId, door: Door, boot: str) -> None:
        self.scene.gate_says(door, lane=lane, boot=boot)

    @rule(done=st.booleans(), which=st.integers(0, 30))
    def confirm(self, done: bool, which: int) -> None:
        """The gate answers some command, be it old, another run's, or answered before."""
        if self.scene.sent:
            _, command = self.scene.sent[-1 - which % len(self.scene.sent)]
            self.scene.result_of(command.id, done=done)

    @rule(direction=st.sampled_from(Direction), named=st.sampled_from(["live", "none", "old"]),
          fenced=st.booleans())  # fmt: skip
    def passes(self, direction: Direction, named: str, fenced: bool) -> None:
        live = self.scene.state.lanes[IN].grant
        old = [c.grant for _, c in self.scene.sent if c.grant and (not live or c.grant != live.id)]
        grant = {"live": live.id if live else None, "none": None, "old": old[-1] if old else None}
        events = self.scene.passes(grant[named], direction, fenced=fenced)
        if direction is Direction.IN and named == "old" and old:
            assert not [e for e in events if e["type"] == "passage-completed" and e["grant"]]

    @rule(act=st.sampled_from([Act.OPEN, Act.LOCK, Act.RELEASE, Act.RESTORE]), lane=LANE_IDS,
          role=st.sampled_from(["guard", "admin"]), by=st.sampled_from(["g1", "g2"]),
          again=st.booleans())  # fmt: skip
    def operate(self, act: Act, lane: LaneId, role: str, by: str, again: bool) -> None:
        key = self.scene.fresh()
        before = self.scene.state.lanes[lane].mode
        self.scene.operate(act, role=role, by=by, lane=lane, key=key)
        if act is not Act.RESTORE and before is Mode.RELEASED:
            assert self.scene.state.lanes[lane].mode is Mode.RELEASED
        if again:
            assert self.scene.operate(act, role=role, by=by, lane=lane, key=key) == []

    @rule(celsius=st.sampled_from([36.5, 37.5, float("nan")]))
    def second_measure(self, celsius: float) -> None:
        referred = self.scene.state.lanes[IN].referred
        if referred:
            target = referred[-1].visit.id
            self.scene.operate(
                Act.SECOND_MEASURE, target=target, celsius=celsius, method="forehead"
            )

    @rule(unwritten=st.booleans())
    def record_is_late(self, unwritten: bool) -> None:
        """The disk did not keep an admission in time: its command never left."""
        scene, grant = self.scene, self.scene.state.lanes[IN].grant
        waits = {c.id for c in scene.state.lanes[IN].commands if not c.lapsed}
        if not grant or grant.authority is not Authority.POLICY or grant.command not in waits:
            return
        scene.sent = [(at, c) for at, c in scene.sent if c.id != grant.command]
        self.checked = min(self.checked, len(scene.sent))
        if unwritten:
            taken_back = {grant.decided, grant.command}
            scene.events = [
                e
                for e in scene.events
                if e["id"] not in taken_back and e.get("command") not in taken_back
            ]
        events = scene.take(RecordLate(IN, grant.id, unwritten))
        assert scene.state.lanes[IN].grant is not grant
        assert any(
            e.get("reasons", e.get("reason")) in (["record-late"], "record-late") for e in events
        )

    @rule(device=st.sampled_from([SCANNER, CAMERA, SENSOR]), online=st.booleans())
    def device_comes_or_goes(self, device: Any, online: bool) -> None:  # noqa: ANN401
        self.scene.give(Online(online), device)

    @rule()
    def restart(self) -> None:
        modes = {name: lane.mode for name, lane in self.scene.state.lanes.items()}
        self.scene.restart()
        for name, lane in self.scene.state.lanes.items():
            assert (lane.mode, lane.grant) == (modes[name], None)

    @rule(lane=LANE_IDS, off_ms=st.sampled_from([0, -(10**9), 10**9]))
    def way_out_opens(self, lane: LaneId, off_ms: int) -> None:
        device = EXIT_GATE if lane == OUT else RULES.gate
        self.scene.press("rex", device=device, lane=lane, off_ms=off_ms)
        assert self._opening_under_way(lane)

    @rule()
    def somebody_leaves(self) -> None:
        self.scene.see_at_exit("t1", 1)
        assert self._opening_under_way(OUT)

    @rule()
    def fire(self) -> None:
        self.scene.press("fire")
        assert {lane.mode for lane in self.scene.state.lanes.values()} == {Mode.RELEASED}

    @invariant()
    def commands_are_of_this_run_and_short_lived(self) -> None:
        for sent, command in self.scene.sent[self.checked :]:
            self._check_command(sent, command)
        self.checked = len(self.scene.sent)

    @invariant()
    def nothing_is_overdue(self) -> None:
        assert due_ms(self.scene.state) > self.scene.now.boot_ms

    @invariant()
    def what_stands_grants_nothing_by_policy(self) -> None:
        for lane in self.scene.state.lanes.values():
            if lane.mode is not Mode.NORMAL and lane.grant:
                assert lane.grant.authority is Authority.OPERATOR
            if lane.mode is Mode.RELEASED:
                assert lane.grant is None

    @invariant()
    def nobody_waits_without_a_grant_before_them(self) -> None:
        for lane in self.scene.state.lanes.values():
            assert lane.grant or not lane.waiting

    def teardown(self) -> None:
        if not hasattr(self, "scene"):
            return
        self.scene.wait(700_000)
        faults = Audit(admissible).read(self.scene.events).end().faults
        assert faults == []
        admitted = {
            reading
            for e in self.scene.events
            if e["type"] == "passage-decided" and e["grant"]
            for reading in e["readings"]
        }
        assert not admitted & self.stale
        self._referrals_escalated()

    def _is_old(self, age: int | None, fence: Fence, device: Any) -> bool:  # noqa: ANN401
        announced = self.scene.state.lanes[IN].online.get(device)
        if fence is Fence.BEFORE_START:
            return True
        if age is None:
            return fence is not Fence.LIVE or not announced
        running_ms = self.scene.now.boot_ms - self.scene.rules.started.boot_ms
        return age < -2000 or age > min(10_000, running_ms)

    def _opening_under_way(self, lane: LaneId) -> bool:
        return any(
            c.do is Do.OPEN and not c.withdrawn and self.scene.now.boot_ms < c.ends_ms
            for c in self.scene.state.lanes[lane].commands
        )

    def _check_command(self, sent: Moment, command: Command) -> None:
        assert command.id.startswith(self.scene.state.run + "-")
        assert command.grant is None or command.grant.startswith(self.scene.state.run + "-")
        assert command.until.boot_ms <= sent.boot_ms + RULES.open_within_ms
        if command.do is Do.LOCK:
            assert self.scene.state.lanes[IN].gate.door == "closed"

    def _referrals_escalated(self) -> None:
        events = self.scene.events
        raised = any(e.get("alarm") == "refer-unanswered" for e in events)
        heard = any(e["type"] == "operator-acted" for e in events)
        fenced = {e["reading"] for e in events if e["type"] == "reading-received" and e["fenced"]}
        waited = [
            e
            for e in events
            if e["type"] == "passage-decided"
            and e["decision"] == "refer"
            and "repeated-scan" not in e["reasons"]
            and not fenced & set(e["readings"])
        ]
        restarted = self.scene.state.run != self.scene.run
        assert raised or heard or restarted or not waited


Checkpoint.TestCase.settings = settings(max_examples=500, stateful_step_count=50, deadline=None)
TestPromises = Checkpoint.TestCase
