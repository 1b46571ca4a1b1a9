"""Any payload on any channel: described, one alarm a device, and no other lane feels it."""

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from random import Random

import cbor2
import pytest

from simulators.crowd import CrowdLane, send_visits
from simulators.dcc_issuer import DccIssuer
from simulators.device_link import BrokerAddress, connection
from simulators.issuer_folder import codes_of
from tests.servers import Server
from tests.system.gateway_process import SiteOnDisk, gateway, mqtt_lane

pytestmark = pytest.mark.system

CHANNELS = (
    "scan", "temperature", "presence", "frame", "state", "passage", "button", "online", "result",
)  # fmt: skip
DEVICES = ("bad-scan", "bad-cam", "bad-gate")
SECRET = "HC1:NOBODY-MAY-SEE-THIS-TEXT"


def picture(**body: object) -> bytes:
    return cbor2.dumps({"unit": "centikelvin", **body})


def hostile(rng: Random) -> list[bytes]:
    """Payloads that no honest device would send."""
    return [
        b"",
        rng.randbytes(300),
        b"\xff" * 1_000_000,
        b"[" * 100_000,
        b'{"a":' * 50_000,
        json.dumps({"id": "x", "text": "y" * 900_000}).encode(),
        b'{"id":"a","celsius":NaN,"spot":"forehead","kind":"surface"}',
        b'{"id":"b","celsius":1e999,"spot":[],"kind":{}}',
        b'{"id":"c","at":"9999-99-99T99:99:99Z","text":"t"}',
        b'{"id":"d","at":"0001-01-01T00:00:00Z","text":"t"}',
        b'{"id":{"$gt":""},"text":"t"}',
        b'{"door":"ajar","boot":7,"tick_ms":-1}',
        b'{"door":"closed","boot":"b","tick_ms":' + b"9" * 5000 + b"}",
        b'{"id":"e","people":-5,"track":"t"}',
        b'{"id":"f","people":1e300,"track":"t"}',
        b"null", b"7", b'"text"', b"\x00" * 64, "\ud800".encode("utf-16", "surrogatepass"),
        SECRET.encode(),
        json.dumps({"id": SECRET, "text": SECRET, "button": SECRET, "command": SECRET}).encode(),
        picture(id="g", width=1 << 40, height=3, pixels=b""),
        picture(id="h", width=4, height=4, pixels=b"x" * 31),
        bytes.fromhex("9f" * 5000),
    ]  # fmt: skip


async def attack(url: str) -> int:
    """Send all of it, on every channel of the bad lane, of strangers and of other versions."""
    sent = 0
    async with connection(BrokerAddress.parse(url)) as client:
        topics = [f"menshen/1/riverside/bad/{d}/{c}" for d in DEVICES for c in CHANNELS]
        topics += [f"menshen/1/riverside/bad/stranger/{c}" for c in CHANNELS]
        topics += [f"menshen/2/riverside/bad/bad-scan/{c}" for c in CHANNELS]
        topics += ["menshen/1/riverside/gateway/fence", "menshen/1/riverside/gateway/online"]
        for topic in topics:
            for payload in hostile(Random(topic)):
                await client.publish(topic, payload, qos=1, retain=sent % 7 == 0)
                sent += 1
    return sent


@pytest.mark.timeout(240)
async def test_a_hostile_lane_disturbs_no_other(tmp_path: Path, broker: Server) -> None:
    issuer = DccIssuer(7)
    lanes = [mqtt_lane("bad"), mqtt_lane("good-a"), mqtt_lane("good-b")]
    site = SiteOnDisk(tmp_path, issuer, lanes, {"broker": {"url": broker.url}})
    good = [CrowdLane(x, f"{x}-scan", f"{x}-cam", f"{x}-gate") for x in ("good-a", "good-b")]
    async with gateway(site.write()) as running:
        await running.until_ready()
        crowd = asyncio.create_task(
            send_visits(broker.url, "riverside", good, 6, 20, codes_of(issuer))
        )
        assert await attack(broker.url) > 1000
        ledger = await crowd
        events = await running.events()
        async with running.api as api:
            assert (await api.get("/readyz")).status_code == 200
            metrics = (await api.get("/metrics")).text
        log = running.log.read_text("utf-8")
        assert await running.stop() == 0
    decided = Counter(
        (e["decision"], *e["reasons"])
        for e in events
        if e["type"] == "passage-decided" and e["lane"] in {"good-a", "good-b"}
    )
    assert decided == {("admit", "healthy"): 120}
    assert len(ledger.openings) == 120
    assert not [e for e in events if e["type"] == "gate-commanded" and e["lane"] == "bad"]
    alarms = Counter((e["alarm"], e.get("device")) for e in events if e["type"] == "alarm-raised")
    for device in DEVICES:
        assert 1 <= alarms["device-unreadable", device] <= 2  # one a minute
    assert alarms["device-unknown", None] == 1
    unreadable = [e for e in events if e.get("alarm") == "device-unreadable"]
    assert all(e["digest"] and e["fault"] for e in unreadable)
    for device in DEVICES:
        (counted,) = re.findall(rf'menshen_unreadable_total{{device="{device}".*}} (.+)', metrics)
        assert float(counted) > 50
    assert SECRET not in log + json.dumps(events) + metrics
    assert "Traceback" not in log
