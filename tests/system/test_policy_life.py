"""A policy's life on the real thing: file, API, one step back, orders, and what a restart keeps."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiomqtt import Client

from devices.native.topics import order_topic
from simulators.dcc_issuer import DccIssuer
from simulators.order_desk import OrderOffice
from tests.servers import Server
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, menshen, mqtt_lane, until

pytestmark = pytest.mark.system

WITHIN_S = 20.0
DENY_NIGHT = """
policy: curfew
facts: checkpoint/1
rules:
  - {id: all, when: "local.hour >= 0", then: deny, reason: curfew}
"""


def referring(name: str) -> str:
    """A policy of one's own that refers everybody."""
    rule = f"{{id: {name}, when: 'credential.kind != \"none\"', then: refer, reason: {name}}}"
    return f"policy: {name}\nfacts: checkpoint/1\nrules:\n  - {rule}\n"


@dataclass
class Desk:
    """A site, its HQ, and its gateway when it runs."""

    path: Path
    broker: Server
    office: OrderOffice
    running: Gateway | None = None

    @property
    def gateway(self) -> Gateway:
        assert self.running is not None
        return self.running

    async def policy(self) -> dict[str, Any]:
        async with self.gateway.api as api:
            told: dict[str, Any] = (await api.get("/api/v1/policy")).json()
            return told

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async def look() -> bool:
            return holds(await self.policy())

        await until(look, WITHIN_S)
        return await self.policy()

    async def order(self, payload: bytes, *, to: str = "riverside") -> None:
        async with Client("127.0.0.1", self.broker.port) as client:
            await client.publish(order_topic(to, "policy"), payload, qos=1)

    async def refused(self, payload: bytes) -> dict[str, Any]:
        before = len(await self.gateway.events(type="order-refused"))
        await self.order(payload)

        async def one_more() -> bool:
            return len(await self.gateway.events(type="order-refused")) > before

        await until(one_more, WITHIN_S)
        return (await self.gateway.events(type="order-refused"))[-1]

    async def ask(self, method: str, path: str, token: str = "", **body: Any) -> httpx.Response:  # noqa: ANN401
        headers = {"Authorization": f"Bearer {token or self.gateway.token}"}
        async with self.gateway.api as api:
            return await api.request(method, path, headers=headers, **body)


@pytest.fixture
def desk(tmp_path: Path, broker: Server) -> Desk:
    office = OrderOffice()
    (tmp_path / "hq.pem").write_bytes(office.public_pem)
    more = {"broker": {"url": broker.url}, "orders": {"keys": "hq.pem", "max_hours": 48}}
    path = SiteOnDisk(tmp_path, DccIssuer(), [mqtt_lane("north-in")], more).write()
    return Desk(path, broker, office)


@asynccontextmanager
async def at_work(desk: Desk) -> AsyncIterator[Gateway]:
    async with gateway(desk.path) as running:
        await running.until_ready()
        desk.running = running
        yield running
        assert await running.stop() == 0, running.log.read_text("utf-8")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_a_file_an_api_and_a_step_back_and_all_of_it_after_a_restart(desk: Desk) -> None:
    file = desk.path.parent / "policy.yaml"
    async with at_work(desk):
        first = await desk.policy()
        file.write_text(referring("edited"), "utf-8")
        edited = await desk.until(lambda told: told["name"] == "edited")
        assert (edited["source"], edited["previous"]["policy"]) == ("file", first["policy"])
        file.write_text(referring("edited").replace("credential.kind", "credential.kid"), "utf-8")
        refused = await desk.until(lambda told: told["refused"] is not None)
        assert refused["policy"] == edited["policy"]
        assert refused["refused"]["fault"].startswith("policy.yaml:4:")
        put = await desk.ask("PUT", "/api/v1/policy", content=referring("by-hand"))
        assert put.json()["state"] == "in-force"
        bad = await desk.ask("PUT", "/api/v1/policy", content="policy: x")
        assert bad.status_code == 422
        assert (await desk.policy())["name"] == "by-hand"
    file.write_text(referring("edited"), "utf-8")  # as it was when the gateway read it last
    async with at_work(desk) as running:
        told = await desk.policy()
        assert (told["name"], told["source"]) == ("by-hand", "api")
        back = await desk.ask("POST", "/api/v1/policy/rollback")
        assert back.status_code == 200
        assert (await desk.policy())["policy"] == edited["policy"]
        changes = await running.events(type="policy-changed")
        assert [change["source"] for change in changes] == ["file", "file", "api", "rollback"]
        assert all(a["policy"] == b["before"] for a, b in pairwise(changes))
    file.write_text(referring("overnight"), "utf-8")
    async with at_work(desk):
        assert (await desk.policy())["name"] == "overnight"


async def test_an_order_judges_over_a_restart_until_two_people_lift_it(desk: Desk) -> None:
    tokens = [
        menshen("token", "create", desk.path, "--role", "guard", "--name", name).stdout.strip()
        for name in ("gate", "desk")
    ]
    order = desk.office.order(referring("ordered"), now_ms=now_ms())
    async with at_work(desk):
        own = await desk.policy()
        for _ in range(2):  # the same order twice, as QoS 1 may deliver it
            await desk.order(desk.office.sign(order), to="all")
        told = await desk.until(lambda told: told["source"] == "order")
        assert (told["name"], told["by"]) == ("ordered", order["id"])
        assert told["waits"]["policy"] == own["policy"]
    async with at_work(desk) as running:
        assert (await desk.policy())["name"] == "ordered"
        where = f"/api/v1/orders/{order['id']}/suspend"
        answers = [(await desk.ask("POST", where, token)) for token in (tokens[0], *tokens)]
        assert [answer.status_code for answer in answers] == [409, 409, 200]
        assert answers[0].json()["refused"] == "needs-second-operator"
        assert (await desk.policy())["policy"] == own["policy"]
        alarms = [event["alarm"] for event in await running.events(type="alarm-raised")]
        assert "order-suspended" in alarms
        assert len(await running.events(type="order-accepted")) == 1


async def test_an_order_that_must_not_be_obeyed_is_refused_with_its_reason(desk: Desk) -> None:
    office, good = desk.office, referring("ordered")
    stranger = OrderOffice()

    def order(policy: str = good, hours: float = 24, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
        return office.order(policy, now_ms=now_ms(), hours=hours, **changed)

    async with at_work(desk) as running:
        before = await desk.policy()
        for payload, reason in (
            (b"{", "order-unreadable"),
            (b"\xff" * 100, "order-unreadable"),
            (stranger.sign(order()), "order-key-unknown"),
            (stranger.sign(order(), key=office.key_id), "order-forged"),
            (office.sign(order(), order="{}"), "order-forged"),
            (office.sign({**order(), "retention": 365}), "order-oversteps"),
            (office.sign(order(ends=None)), "order-endless"),
            (office.sign(order(hours=49)), "order-too-long"),
            (office.sign(order(hours=-1)), "order-expired"),
            (office.sign(order(scope=["lakeside", "hillside"])), "order-elsewhere"),
            (office.sign(order(type="release")), "order-kind-unknown"),
            (office.sign(order("policy: x")), "order-policy-faulty"),
            (office.sign(order(DENY_NIGHT)), "order-no-way-home"),
            (office.sign(order(good.replace(
                'credential.kind != "none"',
                'credential.issued == timestamp("2026-11-20T07:41:03Z")',
            ))), "order-singles-out"),
        ):  # fmt: skip
            refused = await desk.refused(payload)
            assert refused["reason"] == reason, refused
            assert refused["detail"]
        assert await desk.policy() == before
        await desk.order(office.sign(order(sequence=100)))
        await desk.until(lambda told: told["source"] == "order")
        refused = await desk.refused(office.sign(order(sequence=100)))
        assert refused["reason"] == "order-sequence-back"
        assert "above 100" in refused["detail"]
        assert [e["source"] for e in await running.events(type="policy-changed")] == [
            "file",
            "order",
        ]


async def test_an_order_that_ends_gives_the_sites_own_policy_back(desk: Desk) -> None:
    async with at_work(desk):
        own = await desk.policy()
        order = desk.office.order(referring("brief"), now_ms=now_ms(), hours=4 / 3600)
        await desk.order(desk.office.sign(order))
        await desk.until(lambda told: told["source"] == "order")
        told = await desk.until(lambda told: told["source"] == "file")
        assert told["policy"] == own["policy"]


async def test_a_shadow_is_on_trial_and_obeyed_by_nobody(desk: Desk) -> None:
    async with at_work(desk):
        before = await desk.policy()
        tried = await desk.ask("PUT", "/api/v1/policy/shadow", content=referring("tried"))
        assert tried.json()["state"] == "shadow"
        assert (await desk.policy())["policy"] == before["policy"]
    async with at_work(desk):
        assert (await desk.policy())["shadow"]["name"] == "tried"
        assert (await desk.ask("DELETE", "/api/v1/policy/shadow")).status_code == 200
        await asyncio.sleep(0)
        assert (await desk.policy())["shadow"] is None
