"""simulators.estate, simulators.visiting, simulators.tally: people against a real mosquitto."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from simulators.estate import run_estate
from simulators.people import Kind
from simulators.scenario import Scenario
from simulators.tally import Happening, Outcome
from tests.servers import Server
from tests.simulators.doorman import PlainIssuer, doorman
from tests.simulators.wire import DEADLINE_S, watching

QUICK = {
    "scan_s": 0,
    "measure_s": 0,
    "walk_s": 0.01,
    "patience_s": 0.5,
    "guard_s": 0.1,
    "read_s": 0,
}


def inward(name: str, **devices: dict[str, Any]) -> dict[str, Any]:
    parts = {
        "scanner": {"device": f"{name}-scan"},
        "thermometer": {"device": f"{name}-cam"},
        "gate": {"device": f"{name}-gate", "closing_s": 0.01},
    }
    return {"lane": name, "direction": "in", "devices": parts | devices}


def scenario(*lanes: dict[str, Any], **keys: object) -> Scenario:
    base = {"site": "riverside", "broker": "mqtt://127.0.0.1:1", "steps": QUICK, "lanes": lanes}
    return Scenario.model_validate(base | {"shares": {"healthy": 1.0}} | keys)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (Kind.HEALTHY, Outcome.PASSED),
        (Kind.FEVERED, Outcome.REFERRED),
        (Kind.EXPIRED, Outcome.REFUSED),
        (Kind.FORGED, Outcome.REFUSED),
        (Kind.NO_CODE, Outcome.GIVEN_UP),
        (Kind.WALK_AWAY, Outcome.WALKED_AWAY),
    ],
)
async def test_each_kind_of_person_meets_its_fate(
    broker: Server, kind: Kind, outcome: Outcome
) -> None:
    estate = scenario(
        inward("north-in"), shares={kind.value: 1.0}, duration_s=1.0, arrivals_per_minute=600
    )
    async with doorman(broker), watching(broker) as wire:
        tally = await run_estate(estate, broker_url=broker.url, issuer=PlainIssuer())
        assert set(tally.outcomes) == {outcome}
        assert tally.by_kind == {kind: tally.outcomes}
        passages = [p["grant"] for p in wire.on("passage")]
        if outcome is Outcome.PASSED:
            assert tally.people >= 3
            assert len(set(passages)) == len(passages) >= tally.people
            assert None not in passages
        else:
            assert passages == []


async def test_people_leave_by_the_button_without_any_gateway(broker: Server) -> None:
    lane = {"lane": "out", "direction": "out", "devices": {"gate": {"device": "gate-out"}}}
    estate = scenario(lane, duration_s=1.0, arrivals_per_minute=600, shares={"forged": 1.0})
    async with watching(broker) as wire:
        tally = await run_estate(estate, broker_url=broker.url, issuer=PlainIssuer())
        assert set(tally.outcomes) == {Outcome.PASSED}
        assert {p["direction"] for p in wire.on("passage")} == {"out"}
        assert {b["button"] for b in wire.on("button")} == {"rex"}


async def test_who_follows_has_no_grant(broker: Server) -> None:
    lane = inward("north-in", gate={"device": "gate-1", "closing_s": 0.05})
    estate = scenario(lane, duration_s=1.0, arrivals_per_minute=600, tailgaters=1.0)
    async with doorman(broker), watching(broker) as wire:
        tally = await run_estate(estate, broker_url=broker.url, issuer=PlainIssuer())
        assert tally.tailgaters == tally.outcomes[Outcome.PASSED] > 0
        assert [p["grant"] for p in wire.on("passage")].count(None) >= tally.tailgaters


async def test_cancelling_ends_every_device_at_once(broker: Server) -> None:
    estate = scenario(*(inward(f"lane-{n}") for n in range(4)), arrivals_per_minute=600)
    came = asyncio.Event()
    async with doorman(broker), watching(broker) as wire:
        task = asyncio.ensure_future(
            run_estate(
                estate, broker_url=broker.url, issuer=PlainIssuer(), report=lambda _: came.set()
            )
        )
        async with asyncio.timeout(DEADLINE_S):
            await came.wait()
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=2)
        assert done
        assert task.cancelled()
        await wire.until(lambda: [b["online"] for b in wire.on("online")].count(False) == 12)


async def test_a_serial_scanner_is_read_at_its_port(broker: Server, tmp_path: Path) -> None:
    port = tmp_path / "scan-1"
    scanner = {"device": "scan-1", "kind": "serial", "port": str(port), "framing": "stx-etx"}
    estate = scenario(inward("north-in", scanner=scanner), arrivals_per_minute=600)
    task = asyncio.ensure_future(run_estate(estate, broker_url=broker.url, issuer=PlainIssuer()))
    async with watching(broker) as wire:
        await wire.until(lambda: len(wire.on("online")) == 2)
        line = os.open(port, os.O_RDWR | os.O_NOCTTY)
        got = b""
        async with asyncio.timeout(DEADLINE_S):
            while b"\x03" not in got:
                got += await asyncio.to_thread(os.read, line, 4096)
        os.close(line)
        task.cancel()
        await asyncio.wait({task})
        assert b"\x02GOOD north-in/" in got
        assert wire.on("scan") == []
    assert not port.is_symlink()


async def test_an_estate_sustains_forty_visits_a_second(broker: Server) -> None:
    lanes = [inward(f"lane-{n}") for n in range(8)]
    estate = scenario(*lanes, duration_s=3.0, arrivals_per_minute=3000)
    happened: list[Happening] = []
    async with doorman(broker):
        tally = await run_estate(
            estate, broker_url=broker.url, issuer=PlainIssuer(), report=happened.append
        )
    assert len(happened) == tally.people
    assert tally.outcomes[Outcome.PASSED] >= 3 * 40
    assert set(tally.summary()["lanes"]) == {f"lane-{n}" for n in range(8)}
