"""kill -9 under load: nothing acknowledged is lost, nothing opens that was not on record."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from simulators.crowd import CrowdLane, Ledger, Seen, send_visits
from simulators.dcc_issuer import DccIssuer
from simulators.issuer_folder import codes_of
from tests.servers import Server
from tests.system.gateway_process import SiteOnDisk, gateway, mqtt_lane

pytestmark = pytest.mark.system

LANES = [f"lane-{n}" for n in range(8)]
CROWD = [CrowdLane(lane, f"{lane}-scan", f"{lane}-cam", f"{lane}-gate") for lane in LANES]
RATE_PER_S = 40
WHOLE_S = 90.0  # longer than the test: the crowd is sent home at its end


def site(folder: Path, broker: Server, issuer: DccIssuer) -> Path:
    lanes = [mqtt_lane(lane, visit_window_ms=3000, pass_within_ms=2000) for lane in LANES]
    return SiteOnDisk(folder, issuer, lanes, {"broker": {"url": broker.url}}).write()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("stamped", [True, False])
async def test_nothing_acknowledged_is_lost_and_nothing_opens_unrecorded(
    tmp_path: Path, broker: Server, stamped: bool
) -> None:
    issuer, ledger = DccIssuer(7), Ledger()
    path = site(tmp_path, broker, issuer)
    async with gateway(path) as first:
        await first.until_ready()
        crowd = asyncio.create_task(
            send_visits(
                broker.url, "riverside", CROWD, RATE_PER_S, WHOLE_S, codes_of(issuer),
                stamped=stamped, ledger=ledger,
            )
        )  # fmt: skip
        await asyncio.sleep(5)  # visits arrive meanwhile
        first.kill()
        await first.process.wait()
    killed = len(ledger.sent)
    await asyncio.sleep(1)  # scans queue at the broker
    while_down = {sent.id for sent in ledger.sent[killed:]}
    seen_before = len(ledger.seen)
    async with gateway(path) as second:
        await second.until_ready()
        await asyncio.sleep(5)
        crowd.cancel()
        await asyncio.wait({crowd})
        await asyncio.sleep(5)  # the last visits end: 3 s of window, 2 s of passage
        events = await second.events()
        assert await second.stop() == 0
    received = [e for e in events if e["type"] == "reading-received"]
    known = {(e["device"], e["reading"]) for e in received}
    # All that the broker has, the gateway has by now: it was never told that more was done.
    lost = {(s.device, s.id) for s in ledger.acknowledged} - known
    assert not lost
    assert max(Counter((e["device"], e["reading"]) for e in received).values()) == 1

    endings = Counter(
        (e["lane"], reading)
        for e in events
        if e["type"] in {"passage-decided", "visit-abandoned"}
        for reading in e["readings"]
    )
    read = {(e["lane"], e["reading"]) for e in received if e["kind"] in {"scan", "temperature"}}
    assert endings.keys() == read
    assert set(endings.values()) == {1}

    commanded = {e["command"] for e in events if e["type"] == "gate-commanded"}
    assert ledger.openings <= commanded
    assert ledger.openings, "nobody was let in: this test showed nothing"

    granted = {
        r for e in events if e["type"] == "passage-decided" and e["grant"] for r in e["readings"]
    }
    assert while_down
    assert not while_down & granted
    assert _opens(ledger.seen[seen_before:]), "the second run let nobody in"


def _opens(seen: list[Seen]) -> list[str]:
    return [s.body["id"] for s in seen if s.channel == "command" and s.body.get("do") == "open"]
