"""A whole gateway and an HQ at a real broker: cut off under load, and all windows arrive."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from devices.ids import DeviceId, LaneId
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.inputs import AlarmSeen, CredentialShown, ReadingArrived
from gateway.outbox.outbox import Outbox
from gateway.running import Running, running
from gateway.setup import load_setup
from gateway.supervision import background
from gateway.upwards.way_up import Lengths
from simulators.dcc_issuer import DccIssuer
from simulators.device_link import BrokerAddress, DeviceLink
from simulators.gate import SimulatedGate
from simulators.hq import HqFaults, SimulatedHq
from simulators.mqtt_devices import MqttGate
from simulators.payloads import Place
from simulators.real_clock import real_now
from tests.gateway.outbox.records import rows
from tests.servers import Server
from tests.system.gateway_process import SiteOnDisk, mqtt_lane

pytestmark = pytest.mark.system

LENGTHS = Lengths(minute_ms=500, hour_ms=4_000)
LANES = ("north-in", "south-in")
PEOPLE = 60
PER_S = 24
CUT_S = 4.0
DEADLINE_S = 60.0
POLICY = """
policy: codes
facts: checkpoint/1
rules:
  - {id: valid, when: credential.status == "valid", then: admit, reason: healthy}
  - {id: expired, when: credential.status == "expired", then: deny, reason: credential-expired}
otherwise: refer
"""
DECIDED = "FROM events WHERE type = 'passage-decided'"


@dataclass
class Estate:
    """One gateway and its record; people's codes reach it past the broker, which may be away."""

    site: Path
    gateway: Running
    before: int  # decisions of earlier runs
    shown: int = 0

    @property
    def decided(self) -> int:
        ((count,),) = rows(self.data, f"SELECT count(*) {DECIDED}")
        return int(count) - self.before

    @property
    def last_seq(self) -> int:
        ((seq,),) = rows(self.data, f"SELECT max(seq) {DECIDED}")
        return int(seq)

    @property
    def data(self) -> Path:
        return self.site.parent / "data"

    async def under_load(self) -> None:
        """Let people show their codes, for ever; every fifth has let his expire."""
        random = Random(1)
        while True:
            person = random.randrange(PEOPLE)
            fine = person % 5 != 0
            status = CredentialStatus.VALID if fine else CredentialStatus.EXPIRED
            credential = Credential(
                CredentialKind.EU_DCC, status, None if fine else "expired", f"subject-{person}"
            )
            lane = random.choice(LANES)
            now = real_now()
            shown = CredentialShown(f"scan-{self.before + self.shown}", now.wall_ms, credential)
            self.gateway.runtime.take(
                ReadingArrived(LaneId(lane), DeviceId(f"{lane}-scan"), shown, now)
            )
            self.shown += 1
            await asyncio.sleep(1 / PER_S)


def write_site(folder: Path, broker: Server) -> Path:
    quick = {"needs": ["credential"], "visit_window_ms": 500, "pass_within_ms": 50}
    lanes = [mqtt_lane(lane, **quick) for lane in LANES]
    (folder / "codes.yaml").write_text(POLICY)
    more = {"broker": {"url": broker.url}, "policy": "codes.yaml"}
    return SiteOnDisk(folder, DccIssuer(7), lanes, more).write()


@asynccontextmanager
async def estate(site: Path) -> AsyncIterator[Estate]:
    async with running(load_setup(site), LENGTHS) as gateway:
        ((before,),) = rows(site.parent / "data", f"SELECT count(*) {DECIDED}")
        yield Estate(site, gateway, int(before))


def gates(broker: Server) -> list[Any]:
    """Two gates that stay at their broker, or come back to it."""
    address = BrokerAddress.parse(broker.url)
    places = [Place("riverside", lane, f"{lane}-gate") for lane in LANES]
    links = [DeviceLink(place, address, now=real_now, rng=Random(3)) for place in places]
    return [MqttGate(link, SimulatedGate("boot-1", real_now())).run() for link in links]


@asynccontextmanager
async def hq_at(broker: Server, faults: HqFaults | None = None) -> AsyncIterator[SimulatedHq]:
    hq = SimulatedHq("riverside", "127.0.0.1", broker.port, random=Random(2), faults=faults)
    async with background(hq.run()):
        yield hq


async def record_of(site: Path) -> list[dict[str, Any]]:
    """All events, once the gateway has ended."""
    outbox = Outbox(site.parent / "data", "riverside")
    try:
        events: list[dict[str, Any]] = []
        while page := await outbox.read(events[-1]["seq"] if events else 0, 5000):
            events += [dict(event) for event in page]
        return events
    finally:
        await outbox.close()


async def confirmed(hq: SimulatedHq, here: Estate) -> None:
    """Wait until the HQ has all that had happened by now."""
    async with asyncio.timeout(DEADLINE_S):
        while here.decided < here.shown:
            await asyncio.sleep(0.05)
        while (hq.books.through or 0) < here.last_seq:
            await asyncio.sleep(0.05)


def told(hq: SimulatedHq, name: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for window in hq.books.windows:
        found[window["source"].rpartition("/")[2]] += window[name]
    return found


def counted(events: list[dict[str, Any]], through: int, *decisions: str) -> Counter[str]:
    return Counter(
        event["lane"]
        for event in events
        if event["seq"] <= through
        and event["type"] == "passage-decided"
        and event["decision"] in decisions
    )


def assert_whole(hq: SimulatedHq, events: list[dict[str, Any]]) -> None:
    """Windows follow each other without a gap or a second one; their sums are the record's."""
    through = hq.books.through or 0
    assert hq.books.changed == 0
    assert told(hq, "admitted") == counted(events, through, "admit")
    assert told(hq, "refused") == counted(events, through, "deny", "refer")
    assert min(sum(told(hq, name).values()) for name in ("admitted", "refused")) > 10
    for lane in LANES:
        mine = [w for w in hq.books.windows if w["source"].endswith(f"/{lane}")]
        spans = sorted((w["after"], w["through"]) for w in mine)
        assert len(set(spans)) == len(spans)
        assert [after for after, _ in spans] == [0, *(end for _, end in spans[:-1])]
        assert all(w["complete"] for w in mine)
    assert all(health["people"] >= 10 for health in hq.books.health)


async def test_broker_and_hq_cut_off_under_load_are_caught_up_with(
    tmp_path: Path, broker: Server
) -> None:
    site = write_site(tmp_path, broker)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(estate(site))
        hq = await stack.enter_async_context(hq_at(broker))
        async with background(here.under_load(), *gates(broker)):
            await asyncio.sleep(2)
            await asyncio.to_thread(broker.stop, kill=True)
            before = len(hq.books.windows)
            here.gateway.runtime.take(AlarmSeen("disk-full", 3))
            await asyncio.sleep(CUT_S)
            assert len(hq.books.windows) == before
            await asyncio.to_thread(broker.start)
            await asyncio.sleep(2)
        await confirmed(hq, here)
    events = await record_of(site)
    assert_whole(hq, events)
    assert hq.books.health, "no health window: this test showed nothing"
    assert "disk-full" in [alarm["alarm"] for alarm in hq.books.alarms]


async def test_a_gateway_that_starts_again_doubles_nothing_at_a_bad_hq(
    tmp_path: Path, broker: Server
) -> None:
    faults = HqFaults(loses=0.03, forgets=0.2, repeats=0.3, raves=0.2, delay_s=0.01)
    site = write_site(tmp_path, broker)
    async with hq_at(broker, faults) as hq:
        for _ in range(3):
            async with estate(site) as here, background(here.under_load(), *gates(broker)):
                await asyncio.sleep(2.2)
        async with estate(site) as here:
            await confirmed(hq, here)
    assert_whole(hq, await record_of(site))


async def test_nobody_is_named_on_the_way_up(tmp_path: Path, broker: Server) -> None:
    site = write_site(tmp_path, broker)
    async with hq_at(broker) as hq, estate(site) as here:
        async with background(here.under_load(), *gates(broker)):
            await asyncio.sleep(5)
        await confirmed(hq, here)
    said = json.dumps([*hq.books.events.values(), *hq.statuses])
    assert hq.books.health
    assert "subject-" not in said
    assert not any(word in said for word in ('"readings"', '"facts"', '"visit"', 'scan-1"'))
