"""gateway.web.refusals: whatever is asked, the answer is one sentence and gives nothing away."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.access import Access
from gateway.outbox.errors import OutboxReadError
from gateway.ports import Event
from gateway.web import bodies
from gateway.web.app import create_app
from tests.gateway.web.conftest import bearer
from tests.gateway.web.pass_desk import desks
from tests.gateway.web.site_in_memory import MemoryDisk, Site

GUARD = bearer("guard")
JSON = {"Content-Type": "application/json"}
TOO_LONG = bodies.too_long(bodies.MAX_BYTES)
OPEN = "/api/v1/lanes/north-in/open"
NO_JSON = "body: must be one JSON object, sent as application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/v1/lanes/",
        "/api/v2/lanes",
        "/static/",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/..%5capp.py",
        "/static//etc/passwd",
        "/api/v1/decisions/a%2F..%2Fb/explanation",
    ],
)
async def test_nothing_lies_beside_the_addresses(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=GUARD)
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("no such address")


async def test_a_wrong_method_is_told_the_right_one(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/api/v1/lanes", headers=GUARD)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.json() == {"detail": "DELETE does nothing here; use GET"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"reason": "\xff"}', b"[" * 9000, b'{"reason": "x"} {}', b"null", b"5", b'"x"'],
)
async def test_what_is_no_json_object_is_refused(
    client: httpx.AsyncClient, site: Site, content: bytes
) -> None:
    answer = await client.post(OPEN, content=content, headers=GUARD | JSON)
    assert answer.status_code == 422
    assert answer.json()["detail"] in {NO_JSON, "body: must be given"}
    assert site.operations.acts == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=200))
async def test_no_body_opens_a_gate_by_chance(access: Access, site: Site, content: bytes) -> None:
    app = create_app(
        site.operations, site.disk, access, site.feed, site.policies, *desks(access.folder)
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gate.test") as client:
        answer = await client.post(OPEN, content=content, headers=GUARD | JSON)
    assert answer.status_code == 422
    assert site.operations.acts == []


@pytest.mark.parametrize("told", ["20000", "99999999999999999999"])
async def test_a_body_that_says_it_is_long_is_not_read(
    client: httpx.AsyncClient, told: str
) -> None:
    answer = await client.post(OPEN, content=b"x", headers=GUARD | {"Content-Length": told})
    assert (answer.status_code, answer.json()) == (
        413,
        {"detail": TOO_LONG},
    )


async def test_a_long_body_without_a_length_is_cut_short(client: httpx.AsyncClient) -> None:
    taken = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1000
            yield b"x" * 1000

    answer = await client.post(OPEN, content=drip(), headers=GUARD | JSON)
    assert (answer.status_code, answer.json()) == (
        413,
        {"detail": TOO_LONG},
    )
    assert taken <= 2 * bodies.MAX_BYTES


async def test_a_bad_token_of_any_length_hears_401_and_is_not_said_back(
    client: httpx.AsyncClient,
) -> None:
    for token in ("short", "x" * 100, "x" * 60_000, "\0", "é"):
        answer = await client.get("/signin", params={"token": token})
        assert answer.status_code == 401
        assert token[:40] not in answer.text or len(token) < 3


class BrokenDisk(MemoryDisk):
    """A disk that can't be read."""

    async def read(self, after: int, limit: int, **filters: Any) -> list[Event]:  # noqa: ANN401
        msg = "outbox: reading failed: disk I/O error"
        raise OutboxReadError(msg)


async def test_a_part_that_fails_says_so_itself(site: Site, access: Access) -> None:
    app = create_app(
        site.operations, BrokenDisk(), access, site.feed, site.policies, *desks(access.folder)
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gate.test") as client:
        answer = await client.get("/api/v1/events", headers=GUARD)
    assert answer.status_code == 503
    assert answer.json() == {"detail": "outbox: reading failed: disk I/O error"}


async def test_what_nobody_expected_tells_nothing_of_the_inside(
    site: Site, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.operations, "lanes", lambda: Path("/secret/path").read_text("utf-8"))
    app = create_app(
        site.operations, site.disk, access, site.feed, site.policies, *desks(access.folder)
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gate.test") as client:
        answer = await client.get("/api/v1/lanes", headers=GUARD)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("lane", ["%0d%0aSet-Cookie:%20x=1", "%00", "north-in%20", "x" * 64])
async def test_no_part_of_an_address_becomes_a_header(client: httpx.AsyncClient, lane: str) -> None:
    url = f"/api/v1/lanes/{lane}/open"
    answer = await client.post(url, json={"reason": "x"}, headers=GUARD)
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    assert "\r" not in answer.text
    assert "\x00" not in answer.text
