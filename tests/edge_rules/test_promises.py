"""The design's promises as invariants over random days at a checkpoint."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from devices.arrival import Fence
from devices.commands import Do
from devices.ids import LaneId
from devices.readings import Direction, Door, Online
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.inputs import Act, RecordLate
from edge_rules.lane import Mode
from edge_rules.site import due_ms
from tests.edge_rules.scene import EXIT_GATE, IN, OUT, SCANNER, Scene

SUBJECTS = st.sampled_from(["s-ann", "s-bob", "s-cyn", None])
STATUSES = st.sampled_from([CredentialStatus.VALID] * 3 + list(CredentialStatus))
AGES = st.sampled_from([None, 0, 5_000, 20_000, -5_000])


class Checkpoint(RuleBasedStateMachine):
    """Readings, buttons, guards, faults and restarts in any order and at any time."""

    @initialize()
    def begin(self) -> None:
        self.scene = Scene()
        self.doors: dict[str, Door] = {IN: Door.CLOSED, OUT: Door.CLOSED}

    @rule(
        subject=SUBJECTS, status=STATUSES, age=AGES, fence=st.sampled_from(Fence),
        again=st.booleans(),
    )  # fmt: skip
    def scan(
        self,
        subject: str | None,
        status: CredentialStatus,
        age: int | None,
        fence: Fence,
        again: bool,
    ) -> None:
        id_ = "again" if again else None
        at_ms = None if age is None else self.scene.now.wall_ms - age
        sent = len(self.scene.sent)
        self.scene.scan(subject, status, id_=id_, at_ms=at_ms, fence=fence)
        if fence is Fence.BEFORE_START or age not in {None, 0, 5_000}:
            assert len(self.scene.sent) == sent

    @rule(
        celsius=st.sampled_from([36.4, 36.9, 37.3, 39.0, None]),
        fence=st.sampled_from(Fence),
        track=st.sampled_from([None, "t1", "t2"]),
    )
    def measure(self, celsius: float | None, fence: Fence, track: str | None) -> None:
        self.scene.measure(celsius, fence=fence, track=track)

    @rule(
        track=st.sampled_from(["t1", "t2"]), people=st.integers(0, 2),
        entered=st.booleans(), left=st.booleans(),
    )  # fmt: skip
    def see(self, track: str, people: int, entered: bool, left: bool) -> None:
        self.scene.see(track, people, entered=entered, left=left)

    @rule(ms=st.sampled_from([1, 50, 900, 1000, 5000, 8000, 61_000]))
    def wait(self, ms: int) -> None:
        self.scene.wait(ms)

    @rule(lane=st.sampled_from([IN, OUT]), door=st.sampled_from(Door), boot=st.sampled_from("ab"))
    def gate_says(self, lane: str, door: Door, boot: str) -> None:
        self.scene.gate_says(door, lane=lane, boot=boot)  # type: ignore[arg-type]

    @rule(done=st.booleans())
    def confirm(self, done: bool) -> None:
        if self.scene.sent:
            self.scene.confirm(done=done)

    @rule(direction=st.sampled_from(Direction), named=st.booleans())
    def passes(self, direction: Direction, named: bool) -> None:
        grant = self.scene.state.lanes[IN].grant
        self.scene.passes(grant.id if grant and named else None, direction)

    @rule(act=st.sampled_from([Act.OPEN, Act.LOCK, Act.RELEASE, Act.RESTORE]),
          role=st.sampled_from(["guard", "admin"]), by=st.sampled_from(["g1", "g2"]))  # fmt: skip
    def operate(self, act: Act, role: str, by: str) -> None:
        self.scene.operate(act, role=role, by=by)

    @rule()
    def late_record(self) -> None:
        grant = self.scene.state.lanes[IN].grant
        if grant and grant.visit:
            self.scene.take(RecordLate(IN, grant.id, unwritten=False))

    @rule(online=st.booleans())
    def scanner_comes_or_goes(self, online: bool) -> None:
        self.scene.give(Online(online), SCANNER)

    @rule()
    def restart(self) -> None:
        self.scene.restart()

    @rule(lane=st.sampled_from([IN, OUT]))
    def way_out_opens(self, lane: str) -> None:
        sent = len(self.scene.sent)
        if lane == OUT:
            self.scene.press("rex", device=EXIT_GATE, lane=OUT)
        else:
            self.scene.press("rex")
        under_way = any(
            c.do is Do.OPEN and not c.withdrawn and self.scene.now.boot_ms < c.ends_ms
            for c in self.scene.state.lanes[LaneId(lane)].commands
        )
        assert under_way
        assert all(command.do is Do.OPEN for _, command in self.scene.sent[sent:])

    @invariant()
    def every_opening_has_its_word(self) -> None:
        commanded = {e["command"]: e for e in self.scene.events if e["type"] == "gate-commanded"}
        admits = {
            e["grant"]: e
            for e in self.scene.events
            if e["type"] == "passage-decided" and e["decision"] == "admit"
        }
        openings = [c for _, c in self.scene.sent if c.do is Do.OPEN]
        for command in openings:
            event = commanded[command.id]
            assert event["authority"] in {"policy", "operator", "exit"}
            if event["authority"] == "policy":
                assert command.grant in admits
                assert admits[command.grant]["credential"]["status"] == "valid"
                assert admits[command.grant]["celsius"] < 37.3
        grants = Counter(c.grant for c in openings if c.grant)
        assert all(times == 1 for times in grants.values())

    @invariant()
    def nobody_passes_twice_on_one_grant(self) -> None:
        passed = Counter(
            e["grant"]
            for e in self.scene.events
            if e["type"] == "passage-completed" and e.get("grant")
        )
        assert all(times == 1 for times in passed.values())

    @invariant()
    def nothing_is_overdue(self) -> None:
        assert due_ms(self.scene.state) > self.scene.now.boot_ms

    @invariant()
    def lockdown_grants_nothing_by_policy(self) -> None:
        lane = self.scene.state.lanes[IN]
        if lane.mode is not Mode.NORMAL and lane.grant:
            assert lane.grant.authority.value == "operator"

    def teardown(self) -> None:
        if not hasattr(self, "scene"):
            return
        self.scene.wait(600_000)
        ended = Counter(
            reading
            for e in self.scene.events
            if e["type"] in {"passage-decided", "visit-abandoned"}
            for reading in e["readings"]
        )
        decided = Counter(
            reading
            for e in self.scene.events
            if e["type"] == "passage-decided" and "supersedes" not in e
            for reading in e["readings"]
        )
        read = {
            e["reading"]
            for e in self.scene.events
            if e["type"] == "reading-received" and e["kind"] in {"scan", "temperature"}
        }
        assert read == set(ended)
        assert all(times == 1 for times in decided.values())


Checkpoint.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPromises = Checkpoint.TestCase
