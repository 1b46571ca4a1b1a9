"""From the first byte to the guard's screen: pty, recording, gate, page, outbox, store."""

import asyncio
import csv
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.trust import TrustStore
from gateway.supervision import background
from simulators.crowd import Ledger, watch_wire
from simulators.dcc_issuer import DccIssuer
from simulators.device_link import BrokerAddress, DeviceLink
from simulators.gate import SimulatedGate
from simulators.issuer_folder import codes_of
from simulators.mqtt_devices import MqttGate
from simulators.payloads import Place
from simulators.real_clock import real_now
from simulators.serial_scanner import SerialScanner
from tests.servers import Server
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway
from tests.system.test_store import counted_back

pytestmark = pytest.mark.system

WINDOW_MS = 60_000  # longer than any recording: its one temperature is there when a code is shown


@dataclass
class Feed:
    """What a page would have heard, with the moment it heard it."""

    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(
        self,
        type_: str,
        within_s: float = 20,
        **wanted: Any,  # noqa: ANN401
    ) -> tuple[float, dict[str, Any]]:
        """Wait for an event that was not waited for before."""
        async with asyncio.timeout(within_s):
            while True:
                for at, (_, event) in enumerate(self.heard):
                    if event["type"] == type_ and wanted.items() <= event.items():
                        return self.heard.pop(at)
                self.news.clear()
                await self.news.wait()

    async def listen(self, running: Gateway) -> None:
        async with running.api as api, api.stream("GET", "/api/v1/stream") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data:") and '"type"' in line:
                    self.heard.append((time.monotonic(), json.loads(line[5:])))
                    self.news.set()


def one_person(test_data: Path) -> tuple[Path, float]:
    """A recording in which one person is measured, and its reference."""
    folder = test_data / "thermal"
    with (folder / "recordings.csv").open(encoding="utf-8") as file:
        row = next(r for r in csv.DictReader(file) if r["people_scanned"] == "1")
    return folder / "recordings" / row["file"], float(row["reference_celsius"])


def expired_vector(test_data: Path) -> str:
    """A genuine public certificate whose time is over."""
    for line in (test_data / "dcc" / "vectors.jsonl").read_text("utf-8").splitlines():
        vector = json.loads(line)
        if vector["expected"].get("EXPECTEDVERIFY") and vector.get("prefix"):
            return str(vector["prefix"])
    raise AssertionError


@asynccontextmanager
async def street(
    folder: Path, test_data: Path, broker: Server, store: Server
) -> AsyncIterator[tuple[Gateway, SerialScanner, Ledger, Feed, DccIssuer]]:
    """A lane of a serial scanner, a recording and a gate, watched from all sides."""
    issuer = DccIssuer(7)
    recording, reference = one_person(test_data)
    lane = {
        "lane": "north-in", "checkpoint": "north-gate", "direction": "in",
        "needs": ["credential", "temperature"], "visit_window_ms": WINDOW_MS,
        "devices": [
            {"device": "scan-1", "driver": "serial-scanner", "port": str(folder / "scan-1"),
             "baud": 9600, "format": "8N1", "framing": "crlf"},
            {"device": "cam-1", "driver": "thermal-recording", "path": str(recording),
             "loop": True, "reference_celsius": reference},
            {"device": "gate-1", "driver": "mqtt-gate", "fail": "secure", "egress": "mechanical"},
        ],
    }  # fmt: skip
    more = {
        "broker": {"url": broker.url},
        "store": {"influx": {"url": store.url, "org": "o", "bucket": "b"}},
    }
    site = SiteOnDisk(folder, issuer, [lane], more).write()
    ledger, feed = Ledger(), Feed()
    link = DeviceLink(
        Place("riverside", "north-in", "gate-1"), BrokerAddress.parse(broker.url), now=real_now,
        rng=Random(1),
    )  # fmt: skip
    gate = MqttGate(link, SimulatedGate("boot-1", real_now(), closing_ms=20))
    async with AsyncExitStack() as stack:
        scanner = await stack.enter_async_context(
            SerialScanner(folder / "scan-1", Random(1), noise=1.0, gap_s=0.15)
        )
        running = await stack.enter_async_context(gateway(site))
        watching = asyncio.Event()
        wire = watch_wire(BrokerAddress.parse(broker.url), "riverside", ledger, watching)
        await stack.enter_async_context(background(wire, gate.run(), feed.listen(running)))
        await watching.wait()
        await running.until_ready()
        yield running, scanner, ledger, feed, issuer
        assert await running.stop() == 0


@pytest.mark.timeout(240)
async def test_a_code_on_the_wire_opens_the_gate_once_and_a_bad_one_never(
    tmp_path: Path, test_data: Path, broker: Server, store: Server
) -> None:
    async with street(tmp_path, test_data, broker, store) as (
        running,
        scanner,
        ledger,
        feed,
        issuer,
    ):
        codes = codes_of(issuer)
        await feed.until("reading-received", 60, kind="temperature")
        await scanner.scan(codes.valid("anna"))
        read_s = time.monotonic()
        _, decided = await feed.until("passage-decided", decision="admit")
        opened_s, opened = await feed.until("gate-opened")
        assert opened["grant"] == decided["grant"]
        assert opened_s - read_s < 5  # promised is 1 s; this is a hang guard
        assert decided["celsius"] is not None
        assert len(ledger.openings) == 1

        for text, outcome, status in (
            (codes.forged("bert"), "deny", "invalid"),
            (expired_vector(test_data), None, None),
        ):
            await feed.until("reading-received", 60, kind="temperature")
            await scanner.scan(text)
            _, refused = await feed.until("passage-decided", 30)
            assert refused["grant"] is None
            assert refused["decision"] in {outcome or refused["decision"]} - {"admit"}
            assert refused["credential"]["status"] == (status or refused["credential"]["status"])
        assert len(ledger.openings) == 1

        events = await running.events()
        decisions = [e for e in events if e["type"] == "passage-decided"]
        assert [e["decision"] == "admit" for e in decisions].count(True) == 1
        assert len(decisions) == 3
        assert len(await counted_back(store, "passage", 3)) == 3
        async with running.api as api:
            (lane,) = (await api.get("/api/v1/lanes")).json()["lanes"]
        assert lane["last"]["event"] == decisions[-1]["id"]


def test_the_expired_vector_is_genuine(test_data: Path) -> None:
    judged = judge_text(expired_vector(test_data), TrustStore([]), real_now().wall_ms, b"k" * 32)
    assert judged.kind == "eu-dcc"
