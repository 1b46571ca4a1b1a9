"""Names are seen by guards while somebody stands there, and are nowhere else: promise 12."""

import asyncio
import json
import time
from pathlib import Path

import httpx
import pytest

from simulators.dcc_issuer import DAY_MS, DccIssuer, Holder
from simulators.device_link import BrokerAddress, connection
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, menshen, mqtt_lane, until
from tests.system.test_privacy import TOPICS, everything, listen

pytestmark = pytest.mark.system

ISSUER = DccIssuer(7)
HOLDER = Holder("Vanderquill", "Oktavia", "1971-03-05", "URN:UVCI:01:XX:NAMED000000000000000001")
SPOKEN = "Quirinius Vandersteen"


@pytest.mark.timeout(120)
async def test_a_name_is_a_guards_for_the_visit_and_nobodys_afterwards(tmp_path: Path) -> None:
    web = {"web": {"listen": "127.0.0.1:0", "show_names": True}}
    site = SiteOnDisk(tmp_path, ISSUER, [mqtt_lane("north-in", visit_window_ms=3000)], web)
    path = site.write()
    table = tmp_path / "people.csv"
    table.write_text(f"name,kind\n{SPOKEN},resident\n")
    assert menshen("people", "import", path, table).returncode == 0
    table.unlink()
    seen: dict[str, list[bytes]] = {"guard": [], "viewer": []}
    heard: list[bytes] = []
    async with gateway(path) as running:
        await running.until_ready()
        broker = f"mqtt://{running.said.split('mqtt://')[1].split()[0]}"
        tokens = {
            role: menshen("token", "create", path, "--role", role).stdout.strip() for role in seen
        }
        tasks = [asyncio.create_task(_stream(running, tokens[role], seen[role])) for role in seen]
        tasks.append(asyncio.create_task(listen(broker, heard)))
        await until(lambda: _heard(*seen.values()), 10)
        await _shows(broker)
        await until(lambda: _heard(seen["guard"], word=HOLDER.family), 10)
        await _asks(running, tokens["guard"])
        await until(lambda: _decided(running), 20)
        answers = await everything(running)
        assert await running.stop() == 0
        await asyncio.gather(*tasks[:2], return_exceptions=True)
        tasks[2].cancel()
    files = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    kept = b"\n".join([*files, *answers, *heard, *seen["viewer"]])
    assert b"start-visit" in kept
    names = [HOLDER.family, HOLDER.given, HOLDER.born, HOLDER.uvci, *SPOKEN.split(), SPOKEN.lower()]
    assert [name for name in names if name.encode() in kept] == []
    told = b"".join(seen["guard"])
    assert SPOKEN.split(maxsplit=1)[0].encode() not in told
    assert b"event: people" not in b"".join(seen["viewer"])
    named = [m for m in told.split(b"\n\n") if HOLDER.family.encode() in m]
    assert all(m.startswith(b"event: people\n") for m in named)  # no id: nothing resumes from it


async def _stream(running: Gateway, token: str, seen: list[bytes]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(base_url=running.page, headers=headers, timeout=30) as api,
        api.stream("GET", "/api/v1/stream") as stream,
    ):
        async for chunk in stream.aiter_bytes():
            seen.append(chunk)  # noqa: PERF401 - others look while it grows


async def _heard(*seen: list[bytes], word: str = "heartbeat") -> bool:
    return all(word.encode() in b"".join(each) for each in seen)


async def _shows(broker: str) -> None:
    async with connection(BrokerAddress.parse(broker)) as scanner:
        await scanner.publish(f"{TOPICS}/online", json.dumps({"online": True}), qos=1)
        now_ms = time.time_ns() // 1_000_000
        text = ISSUER.issue("vaccination", HOLDER, now_ms - DAY_MS, now_ms + DAY_MS)
        await scanner.publish(f"{TOPICS}/scan", json.dumps({"id": "s-1", "text": text}), qos=1)


async def _asks(running: Gateway, token: str) -> None:
    """Ask for somebody on the list, and for somebody who is not."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=running.page, headers=headers, timeout=10) as api:
        url = "/api/v1/lanes/north-in/visits"
        wrong = await api.post(url, json={"how": "list", "name": SPOKEN + " the Third"})
        assert (wrong.status_code, wrong.json()["refused"]) == (409, "not-listed")
        busy = await api.post(url, json={"how": "list", "name": SPOKEN})
        assert busy.json()["refused"] == "visit-under-way"
        await until(lambda: _decided(running), 20)
        right = await api.post(url, json={"how": "list", "name": SPOKEN})
        assert right.json()["state"] == "done"


async def _decided(running: Gateway) -> bool:
    return len(await running.events(type="passage-decided")) > 0
