"""menshen replay on the record of a real gateway, while it runs and after it has ended."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators.dcc_issuer import DccIssuer
from simulators.device_link import BrokerAddress, connection
from simulators.issuer_folder import codes_of
from simulators.payloads import (
    Message,
    Place,
    online_message,
    scan_message,
    temperature_message,
)
from simulators.real_clock import real_now
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, menshen, mqtt_lane, until

pytestmark = pytest.mark.system

LIMIT = 37.5  # of the site, to the tenth
PEOPLE = [  # temperature, code, and what Riverside's policy alone says
    (36.4, "valid", "admit"), (LIMIT, "valid", "refer"), (38.2, "valid", "refer"),
    (36.6, "forged", "deny"), (36.5, "expired", "refer"), (33.1, "valid", "refer"),
]  # fmt: skip
FEVER = "temperature.celsius >= temperature.limit"


@asynccontextmanager
async def visited(site: SiteOnDisk) -> AsyncIterator[Gateway]:
    """A gateway at whose lane everybody has been; its gate says nothing, so nobody passes."""
    codes = codes_of(site.issuer)
    async with gateway(site.write()) as running:
        await running.until_ready()
        broker = running.said.split("mqtt://")[1].split()[0]
        async with connection(BrokerAddress.parse(f"mqtt://{broker}")) as client:

            async def say(device: str, message: Message) -> None:
                place = Place("riverside", "north-in", f"north-in-{device}")
                topic = place.topic(message.channel)
                await client.publish(topic, message.payload, qos=1, retain=message.retained)

            for device in ("scan", "cam"):
                await say(device, online_message(online=True, now=real_now()))
            for at, (celsius, kind, _) in enumerate(PEOPLE):
                warm = temperature_message(f"t-{at}", celsius, "forehead", "surface", real_now())
                await say("cam", warm)
                await until(lambda at=at: _has(running, "reading-received", 2 * at + 1), 20)
                text = getattr(codes, kind)(f"person {at}")
                await say("scan", scan_message(f"s-{at}", text, real_now()))
                await until(lambda at=at: _has(running, "passage-decided", at + 1), 20)
        yield running


async def _has(running: Gateway, type_: str, count: int) -> bool:
    return len(await running.events(type=type_)) >= count


@pytest.mark.timeout(180)
async def test_a_real_record_under_the_same_policy_and_under_others(tmp_path: Path) -> None:
    site = SiteOnDisk(tmp_path, DccIssuer(7), [mqtt_lane("north-in")])
    async with visited(site) as running:
        decided = await running.events(type="passage-decided")
        said = [(event["said"] or event)["decision"] for event in decided]
        assert said == [outcome for _, _, outcome in PEOPLE]
        same = tmp_path / "policy.yaml"
        live = await asyncio.to_thread(menshen, "replay", site.data, "--policy", same)
        assert (live.returncode, live.stderr) == (0, "")
        assert f"0 of {len(PEOPLE)} visits on record" in live.stdout
        await running.stop()
    before = {path: path.read_bytes() for path in site.data.iterdir() if path.is_file()}
    rest = menshen("replay", site.data, "--policy", same, "--json")
    assert json.loads(rest.stdout)["summary"]["changed"] == 0
    for old, new, changes in (
        (FEVER, FEVER.replace(">=", ">"), {(LIMIT, "refer", "refer")}),
        ("then: deny", "then: refer", {(36.6, "deny", "refer")}),
        ('credential.status == "expired"', 'credential.status == "valid"',
         {(36.4, "refer", "refer"), (36.5, "refer", "refer"), (LIMIT, "refer", "refer"),
          (38.2, "refer", "refer"), (33.1, "refer", "refer")}),
    ):  # fmt: skip
        policy = tmp_path / "new.yaml"
        text = same.read_text("utf-8").partition("tests:")[0]
        policy.write_text(text.replace(old, new), "utf-8")
        done = menshen("replay", site.data, "--policy", policy, "--json")
        *lines, _ = map(json.loads, done.stdout.splitlines())
        celsius = {event["visit"]: event["celsius"] for event in decided}
        found = {
            (celsius[line["visit"]], line["before"]["decision"], line["after"]["decision"])
            for line in lines
        }
        assert (done.returncode, found) == (1, changes)
        assert all(line["doubts"] == ["gate-offline"] or line["doubts"] == [] for line in lines)
    assert {path: path.read_bytes() for path in before} == before
    assert {path for path in site.data.iterdir() if path.is_file()} == set(before)
