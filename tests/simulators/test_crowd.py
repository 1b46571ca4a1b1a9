"""simulators.crowd."""

import json

from simulators.crowd import CrowdLane, Ledger, send_visits
from tests.servers import Server
from tests.simulators.doorman import PlainIssuer, doorman

LANES = [
    CrowdLane(f"lane-{n}", f"scan-{n}", f"cam-{n}", f"gate-{n}") for n in range(6)
]  # fmt: skip


async def test_the_ledger_holds_what_was_sent_acknowledged_and_commanded(broker: Server) -> None:
    async with doorman(broker):
        ledger = await send_visits(broker.url, "riverside", LANES, 40, 2.0, PlainIssuer())
    assert len(ledger.sent) == len(ledger.acknowledged) == 2 * 80
    assert len({(sent.device, sent.id) for sent in ledger.sent}) == 160
    assert {sent.lane for sent in ledger.sent} == {lane.lane for lane in LANES}
    assert len(ledger.openings) == 80
    done = {seen.body["command"] for seen in ledger.on("result") if seen.body["done"]}
    assert done == ledger.openings
    assert [p.body["grant"] for p in ledger.on("passage")].count(None) == 0
    assert json.loads(ledger.to_json())["sent"][0]["acknowledged"] is True


async def test_readings_may_come_without_a_time_and_no_gateway(broker: Server) -> None:
    ledger = Ledger()
    await send_visits(
        broker.url, "riverside", LANES[:1], 20, 0.5, PlainIssuer(), stamped=False, ledger=ledger
    )
    assert len(ledger.acknowledged) == 20
    assert ledger.openings == set()
