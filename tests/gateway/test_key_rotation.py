"""gateway.key_rotation: when the subjects' key goes, and that nothing of it stays."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.moment import Moment
from edge_rules.inputs import AlarmSeen, Input, Noted
from edge_rules.site import SiteState
from edge_rules.turn import ClockTrust, Granted
from gateway.key_rotation import KeyRotation, days_over, quiet
from gateway.keys import (
    draft_subject_key,
    forget_old_subject_keys,
    load_subject_key,
    subject_key_made_ms,
    swap_subject_key,
)
from tests.edge_rules.scene import IN, Scene

ZONE = ZoneInfo("Asia/Shanghai")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


@pytest.mark.parametrize(
    ("made", "now", "over"),
    [
        ("2026-09-08T10:00", "2026-09-21T23:54:59", -1),
        ("2026-09-08T10:00", "2026-09-21T23:55:00", 0),
        ("2026-09-08T23:59", "2026-09-22T00:00", 0),
        ("2026-09-08T00:00", "2026-09-21T12:00", -1),
        ("2026-09-08T10:00", "2026-09-29T08:00", 7),
        ("2026-09-08T10:00", "2026-09-08T10:01", -14),
        ("2026-12-25T10:00", "2026-09-08T10:00", 0),  # made by a clock that was wrong
    ],
)
def test_a_key_is_due_at_the_midnight_that_makes_it_so_old(made: str, now: str, over: int) -> None:
    assert days_over(ms(made), ms(now), ZONE, 14) == over


def at(scene: Scene, text: str) -> SiteState:
    """Set the wall clock of a scene, as if nothing had stepped."""
    scene.now = Moment(scene.now.boot_ms, ms(text))
    if scene.state.clock.why != "never-set":
        scene.state = replace(scene.state, clock=ClockTrust())
    return scene.state


def test_nobody_is_under_way_in_a_quiet_moment() -> None:
    scene = Scene()
    at(scene, "2026-09-21T12:00")
    assert quiet(scene.state, scene.now)
    scene.scan()
    assert not quiet(scene.state, scene.now)  # gathers
    scene.measure()
    assert not quiet(scene.state, scene.now)  # may pass
    grant = scene.state.lanes[IN].grant
    assert grant
    scene.passes(grant.id)
    assert not quiet(scene.state, scene.now)  # the same code may be shown again at once
    scene.wait(10_000)
    assert not quiet(scene.state, scene.now)  # a use of today is counted
    at(scene, "2026-09-21T23:54:59")
    assert not quiet(scene.state, scene.now)
    at(scene, "2026-09-21T23:55:00")
    assert quiet(scene.state, scene.now)
    at(scene, "2026-09-22T00:00:01")
    assert quiet(scene.state, scene.now)


def test_who_waits_for_a_guard_is_under_way() -> None:
    scene = Scene()
    scene.scan()
    scene.measure(38.2)
    at(scene, "2026-09-21T23:57")
    assert not quiet(scene.state, scene.now)


@pytest.mark.parametrize("left_ms", [1, 0])
def test_a_grants_window_outlasts_its_passage(left_ms: int) -> None:
    scene = Scene()
    at(scene, "2026-09-21T23:57")
    granted = (Granted("s", scene.now.boot_ms + left_ms),)
    assert quiet(replace(scene.state, granted=granted), scene.now) is (left_ms == 0)


@dataclass
class Site:
    """A site whose key rotates, its clock set by hand."""

    data: Path
    scene: Scene = field(default_factory=Scene)
    idle: bool = True
    keys: list[bytes] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.worker = ThreadPoolExecutor(1)
        self.rotation = KeyRotation(
            self.data, ZONE, 14, lambda: self.scene.state, lambda: self.idle, self.keys.append,
            self.inputs.append, self, self.worker, secrets.token_hex,
        )  # fmt: skip

    def now(self) -> Moment:
        return self.scene.now

    async def look(self, text: str) -> bool:
        at(self.scene, text)
        return await self.rotation._look()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    load_subject_key(tmp_path, ms("2026-09-08T10:00"))
    return Site(tmp_path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_due_key_gives_way_in_a_quiet_moment(site: Site) -> None:
    old, other = load_subject_key(site.data), site.data / "old.hardlink"
    other.hardlink_to(site.data / "subject.key")  # what lay on the disk under the old name
    assert not await site.look("2026-09-21T20:00")
    assert load_subject_key(site.data) == old
    assert not await site.look("2026-09-21T23:56")
    new = load_subject_key(site.data)
    assert new != old
    assert site.keys == [new]
    assert other.read_bytes() == bytes(32)  # overwritten, not only unlinked
    assert names(site.data) == ["old.hardlink", "subject.key"]
    assert (site.data / "subject.key").stat().st_mode & 0o777 == 0o600
    assert site.inputs == [Noted("key-rotated", {"age_days": 13, "days": 14})]
    assert subject_key_made_ms(site.data) == ms("2026-09-21T23:56")
    assert not await site.look("2026-09-22T00:10")
    assert len(site.keys) == 1


async def test_nothing_changes_while_somebody_is_under_way(site: Site) -> None:
    site.scene.scan()
    assert await site.look("2026-09-21T23:56")
    site.scene.measure()
    assert await site.look("2026-09-21T23:57")
    assert site.keys == []
    site.scene.wait(10_000)
    site.idle = False  # a platform still answers
    assert await site.look("2026-09-21T23:58")
    site.idle = True
    assert not await site.look("2026-09-21T23:58")
    assert len(site.keys) == 1
    assert names(site.data) == ["subject.key"]  # one draft, used


async def test_a_clock_in_doubt_makes_no_key_due(site: Site) -> None:
    site.scene.state = replace(site.scene.state, clock=ClockTrust(why="never-set"))
    assert not await site.look("2027-11-14T23:56")
    assert site.keys == []


async def test_a_week_without_a_quiet_moment_is_told(site: Site) -> None:
    site.scene.state = replace(
        site.scene.state, granted=(Granted("s", site.scene.now.boot_ms + 1),)
    )
    assert await site.look("2026-09-27T23:56")
    assert site.inputs == []
    assert await site.look("2026-09-28T23:56")
    [alarm] = site.inputs
    assert isinstance(alarm, AlarmSeen)
    assert (alarm.alarm, alarm.severity) == ("key-overdue", 2)


async def test_a_folder_that_takes_no_key_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, key: bytes) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.key_rotation.draft_subject_key", full)
    at(site.scene, "2026-09-21T23:56")
    told = asyncio.Event()

    def take(given: Input) -> None:
        site.inputs.append(given)
        told.set()

    site.rotation.take = take
    running = asyncio.create_task(site.rotation.run())
    await told.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    [alarm] = site.inputs
    assert isinstance(alarm, AlarmSeen)
    assert alarm.detail == "the data folder takes no new key: No space left on device"


# --- a crash between two steps


def test_a_crash_before_the_new_key_counts_leaves_the_old_one(tmp_path: Path) -> None:
    old = load_subject_key(tmp_path)
    draft_subject_key(tmp_path, bytes([7]) * 32)
    (tmp_path / ".subject.key.old").hardlink_to(tmp_path / "subject.key")
    forget_old_subject_keys(tmp_path)
    assert load_subject_key(tmp_path) == old
    assert names(tmp_path) == ["subject.key"]


def test_a_crash_behind_it_leaves_the_new_one_and_the_old_is_destroyed(tmp_path: Path) -> None:
    old = load_subject_key(tmp_path)
    lying = tmp_path / "lying"
    lying.hardlink_to(tmp_path / "subject.key")
    new = swap_subject_key(tmp_path, draft_subject_key(tmp_path, bytes([7]) * 32), 0)
    assert (tmp_path / ".subject.key.old").read_bytes() == old
    forget_old_subject_keys(tmp_path)
    assert load_subject_key(tmp_path) == new
    assert lying.read_bytes() == bytes(32)
    assert names(tmp_path) == ["lying", "subject.key"]


def test_when_it_was_made_is_told_by_the_gateways_own_clock(tmp_path: Path) -> None:
    load_subject_key(tmp_path, 1_790_000_000_000)
    assert subject_key_made_ms(tmp_path) == 1_790_000_000_000
    load_subject_key(tmp_path, 1_790_000_900_000)
    assert subject_key_made_ms(tmp_path) == 1_790_000_000_000
