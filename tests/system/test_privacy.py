"""No QR text, name or certificate id anywhere behind the scanner: promise 12."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from simulators.dcc_issuer import DccIssuer
from simulators.device_link import BrokerAddress, connection
from tests.servers import Server
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, mqtt_lane, until
from tests.system.test_store import counted_back

pytestmark = pytest.mark.system

SHOWN = 24  # people of the vectors, of as many countries as come first
TOPICS = "menshen/1/riverside/north-in/north-in-scan"


def people(test_data: Path) -> list[tuple[str, Any]]:
    """QR texts of the public vectors with what they hold."""
    lines = (test_data / "dcc" / "vectors.jsonl").read_text("utf-8").splitlines()
    vectors = [json.loads(line) for line in lines]
    whole = [v for v in vectors if v.get("json") and v["expected"].get("EXPECTEDDECODE")]
    return [(v["prefix"], v["json"]) for v in whole[:: max(1, len(whole) // SHOWN)]]


def secrets_of(text: str, content: Any) -> Iterator[bytes]:  # noqa: ANN401
    """Whatever would give a person away."""
    yield text[4:40].encode()
    yield text[-36:].encode()
    for key, value in content.get("nam", {}).items():
        if isinstance(value, str) and len(value) > 3:
            yield value.encode()
            if key in {"fnt", "gnt"}:
                yield from (part.encode() for part in value.split("<") if len(part) > 4)
    for kind in ("v", "t", "r"):
        for entry in content.get(kind) or []:
            if entry.get("ci"):
                yield entry["ci"].encode()


async def show(broker: str, shown: list[tuple[str, Any]]) -> None:
    """Scan everybody, also in ways that no scanner should."""
    async with connection(BrokerAddress.parse(broker)) as scanner:
        for number, (text, content) in enumerate(shown):
            name = content.get("nam", {}).get("fn", "")
            scan = {"id": f"s-{number}", "text": text, "symbology": name}
            await scanner.publish(f"{TOPICS}/scan", json.dumps(scan), qos=1)
            for channel, payload in (
                ("scan", f'{{"id": "{text}", "text": 5}}'),
                ("scan", text),
                ("temperature", json.dumps({"id": name, text: name})),
                ("online", json.dumps({"online": text})),
            ):
                await scanner.publish(f"{TOPICS}/{channel}", payload, qos=1)
        stranger = "menshen/1/riverside/north-in/nobody/scan"
        await scanner.publish(stranger, json.dumps({"id": "s", "text": shown[0][0]}), qos=1)


@pytest.mark.timeout(180)
async def test_nothing_of_a_person_is_kept_shown_or_sent(
    tmp_path: Path, test_data: Path, store: Server
) -> None:
    shown = people(test_data)
    influx = {"influx": {"url": store.url, "org": "o", "bucket": "b"}}
    site = SiteOnDisk(
        tmp_path, DccIssuer(7), [mqtt_lane("north-in", visit_window_ms=500)], {"store": influx}
    )
    heard: list[bytes] = []
    async with gateway(site.write()) as running:
        await running.until_ready()
        broker = running.said.split("mqtt://")[1].split()[0]
        listening = asyncio.create_task(listen(f"mqtt://{broker}", heard))
        await show(f"mqtt://{broker}", shown)
        await until(lambda: _decided(running, len(shown)), 30)
        answers = await everything(running)
        stored = await _stored(store, len(shown))
        listening.cancel()
        await running.stop()
    files = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.name != "policy.yaml"]
    assert len(files) > 5
    kept = b"\n".join([*files, *answers, *heard, stored])
    assert b"credential" in kept
    assert [s for text, content in shown for s in secrets_of(text, content) if s in kept] == []


async def listen(broker: str, heard: list[bytes]) -> None:
    """Keep every topic, and every payload that is the gateway's own."""
    async with connection(BrokerAddress.parse(broker)) as client:
        await client.subscribe("#", qos=1)
        async for message in client.messages:
            heard.append(message.topic.value.encode())
            ours = (
                message.topic.value.endswith(("/command", "/show"))
                or "/gateway/" in heard[-1].decode()
            )
            if ours and isinstance(message.payload, bytes):
                heard.append(message.payload)


async def _decided(running: Gateway, count: int) -> bool:
    return len(await running.events(type="passage-decided")) >= count


async def everything(running: Gateway) -> list[bytes]:
    """All that the API says."""
    async with running.api as api:
        paths = ["/api/v1/events?limit=1000", "/api/v1/events.csv", "/api/v1/lanes", "/metrics"]
        answers = [(await api.get(path)).content for path in paths]
        events = json.loads(answers[0])["events"]
        decisions = [e["id"] for e in events if e["type"] == "passage-decided"]
        explained = [await api.get(f"/api/v1/decisions/{id_}/explanation") for id_ in decisions]
        assert all(answer.status_code == 200 for answer in explained)
        async with api.stream("GET", "/api/v1/stream?after=0") as stream:
            async for chunk in stream.aiter_bytes():
                answers.append(chunk)
                if b"heartbeat" in chunk:
                    break
    return answers + [answer.content for answer in explained]


async def _stored(store: Server, count: int) -> bytes:
    assert len(await counted_back(store, "passage", count)) >= count
    asked = urlencode({"match[]": '{__name__!=""}'})
    return await asyncio.to_thread(_body, f"{store.url}/api/v1/export?{asked}")


def _body(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:
        return bytes(answer.read())
