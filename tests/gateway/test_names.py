"""gateway.names: whose name a guard may see, and for how long."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from devices.arrival import Arrival
from devices.ids import LaneId
from devices.moment import Moment
from devices.readings import Scan
from edge_rules.inputs import Input
from edge_rules.lane import LaneState
from gateway import names as kept_names
from gateway.intake import Intake
from gateway.names import MAX_KEPT, Names
from tests.edge_rules.credentials.chain import NOW_MS, good, issuer, store
from tests.edge_rules.scene import IN, SCANNER, Scene

ANN = {"family": "Lee", "given": "Ann", "born": "1990-01-02", "number": "URN:UVCI:1"}


@dataclass
class Desk:
    """Names beside a lane on paper; `told` is what the page hears."""

    scene: Scene = field(default_factory=Scene)
    lawful: bool = True
    told: list[list[dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.heard = asyncio.Event()
        self.names = Names(self.lane, lambda: self.lawful, self.hear)

    def lane(self, lane: LaneId) -> LaneState | None:
        return self.scene.state.lanes.get(lane)

    def hear(self, _: str, people: list[dict[str, Any]]) -> None:
        self.told.append(people)
        if not people:
            self.heard.set()

    def scan(self, id_: str, subject: str = "s-ann", person: dict[str, Any] | None = None) -> None:
        self.names.keep(IN, id_, ANN if person is None else person)
        self.scene.scan(subject, id_=id_)
        self.names.follow(IN)

    @property
    def held(self) -> int:
        return sum(map(len, self.names._kept.values()))


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_a_name_is_shown_from_the_scan_to_the_passage(desk: Desk) -> None:
    desk.scan("r1")
    visit = desk.scene.state.lanes[IN].gathering
    assert visit
    who = {"visit": visit.id, "name": "Lee Ann", "born": "1990-01-02", "number": "URN:UVCI:1"}
    assert desk.told == [[who]]
    desk.scene.measure()
    desk.names.follow(IN)
    assert desk.told == [[who]]
    grant = desk.scene.state.lanes[IN].grant
    assert grant
    desk.scene.passes(grant.id)
    desk.names.follow(IN)
    assert desk.told == [[who], []]
    assert desk.held == 0


async def test_who_is_referred_is_named_until_a_guard_has_seen_to_it(desk: Desk) -> None:
    desk.scan("r1")
    desk.scene.measure(38.2)
    desk.names.follow(IN)
    assert len(desk.told) == 1
    desk.scene.wait(60_001)  # unanswered: an alarm, and it counts as somebody else's matter
    desk.names.follow(IN)
    assert desk.told[-1] == []
    assert desk.held == 0


async def test_who_walks_away_is_forgotten(desk: Desk) -> None:
    desk.scene.see("t1", 1, entered=True)
    desk.scan("r1")
    desk.scene.see("t1", 0, left=True)
    desk.names.follow(IN)
    assert (desk.told[-1], desk.held) == ([], 0)


async def test_time_alone_ends_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_names, "KEPT_S", 0.0)
    desk.scan("r1")
    async with asyncio.timeout(10):
        await desk.heard.wait()
    assert (desk.told[-1], desk.held) == ([], 0)


async def test_a_scan_that_led_to_no_visit_names_nobody(desk: Desk) -> None:
    desk.names.keep(IN, "r1", ANN)  # such as one that the disk has no room for
    desk.names.follow(IN)
    assert (desk.told, desk.held) == ([], 0)


async def test_one_id_for_two_people_names_neither(desk: Desk) -> None:
    desk.scan("r1")
    desk.names.keep(IN, "r1", ANN | {"family": "Bob"})
    desk.names.follow(IN)
    assert (desk.told[-1], desk.held) == ([], 0)


async def test_a_scanner_that_never_stops_fills_nothing(desk: Desk) -> None:
    for number in range(3 * MAX_KEPT):
        desk.scan(f"r{number}")
    assert desk.held == MAX_KEPT
    assert len(desk.told) == 1  # the first scan's name stays


async def test_without_a_basis_in_law_nobody_is_named(desk: Desk) -> None:
    desk.lawful = False
    desk.scan("r1")
    assert (desk.told, desk.held) == ([], 0)


@pytest.mark.parametrize("person", [{}, {"family": None, "given": ""}, {"family": 5}])
async def test_who_is_not_named_is_not_shown(desk: Desk, person: dict[str, Any]) -> None:
    desk.scan("r1", person=person)
    assert (desk.told, desk.held) == ([], 0)


async def test_a_long_or_hostile_name_is_short_and_plain(desk: Desk) -> None:
    desk.scan("r1", person={"family": "A\n\u202e" + "x" * 500})
    [[shown]] = desk.told
    assert len(shown["name"]) == 120
    assert shown["name"].isprintable()


async def test_closing_forgets_everybody(desk: Desk) -> None:
    desk.scan("r1")
    desk.names.close()
    assert (desk.told[-1], desk.held) == ([], 0)


async def test_nothing_of_it_prints(desk: Desk) -> None:
    desk.scan("r1")
    assert "Ann" not in repr(desk.names)
    assert "Ann" not in repr(desk.names._kept)


@pytest.mark.parametrize("trusted", [True, False])
async def test_only_what_a_signature_vouches_for_is_kept(*, trusted: bool) -> None:
    """A name that anybody may have written says nothing about who stands there."""
    desk = Desk()
    desk.scene.now = Moment(desk.scene.now.boot_ms, NOW_MS)

    def take(given: Input, _: object) -> None:
        desk.scene.take(given)

    trust = store(issuer()) if trusted else store()
    intake = Intake(take, trust, bytes(32), "r1", {}, names=desk.names)
    scan = Scan("r1", None, good())
    intake.deliver(Arrival(IN, SCANNER, scan, desk.scene.now))
    assert len(desk.told) == (1 if trusted else 0)
    intake.close()
    assert desk.held == 0
