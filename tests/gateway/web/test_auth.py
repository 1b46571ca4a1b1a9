"""gateway.web.auth and signing in: who gets in, with what, and who does not."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi.routing import APIRoute

from gateway.access import Access
from gateway.tokens import TokenFile
from gateway.web import acts, events, health, pages
from gateway.web.attempts import LIMIT
from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site

ROUTES = [
    (method, route.path.replace("{lane}", "north-in").replace("{id}", "any-1"))
    for module in (acts, events, health, pages)
    for route in module.router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
CLOSED = [(method, path) for method, path in ROUTES if path not in ("/healthz", "/signin")]
ACTS = [path for method, path in CLOSED if method == "POST" and path.startswith("/api/")]
BODIES: dict[str, dict[str, object]] = {
    "open": {"reason": "parcel"},
    "second-measure": {"celsius": 36.6, "method": "ear"},
}


def body_of(path: str) -> dict[str, object]:
    return BODIES.get(path.rsplit("/", 1)[1], {})


@pytest.mark.parametrize(
    ("method", "path"),
    [*CLOSED, ("GET", "/api/v1/openapi.json"), ("GET", "/static/index.html"), ("GET", "/nothing")],
)
async def test_everything_else_needs_a_token_or_session(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    for headers in ({}, bearer("stolen"), {"Authorization": "Basic eDp5"}):
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_healthz_is_open_and_tells_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.parametrize("path", ACTS)
async def test_acts_need_the_guards_role(client: httpx.AsyncClient, site: Site, path: str) -> None:
    refused = await client.post(path, json=body_of(path), headers=bearer("viewer"))
    assert refused.status_code == 403
    assert site.operations.acts == []
    for role in ("guard", "admin"):
        answer = await client.post(path, json=body_of(path), headers=bearer(role))
        assert answer.status_code == 200
    assert [act.role for act in site.operations.acts] == ["guard", "admin"]
    assert [act.by for act in site.operations.acts] == ["guard-post", "admin-post"]


async def test_a_link_becomes_a_session_that_scripts_cannot_read(
    client: httpx.AsyncClient, access: Access
) -> None:
    answer = await client.get("/signin", params={"token": access.one_time("guard")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert (await client.get("/")).status_code == 200
    session = (await client.get("/api/v1/session")).json()
    assert (session["site"], session["role"]) == ("riverside", "guard")


async def test_the_form_signs_in_and_signing_out_ends_it(client: httpx.AsyncClient) -> None:
    answer = await client.post("/signin", data={"token": "viewer-token"})
    assert answer.status_code == 303
    assert (await client.get("/api/v1/lanes")).status_code == 200
    assert (await client.post("/signout")).status_code == 303
    assert (await client.get("/api/v1/lanes")).status_code == 401


async def test_a_revoked_token_takes_its_sessions_along(
    client: httpx.AsyncClient, access: Access
) -> None:
    await client.get("/signin", params={"token": "guard-token"})
    assert (await client.get("/api/v1/lanes")).status_code == 200
    TokenFile(access.folder).revoke("guard-post")
    assert (await client.get("/api/v1/lanes")).status_code == 401


async def test_bad_sign_ins_hear_401_then_429_and_good_ones_still_pass(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [
        await client.get("/signin", params={"token": f"guess-{n}"}) for n in range(LIMIT + 1)
    ]
    assert [answer.status_code for answer in answers] == [401] * LIMIT + [429]
    assert "guess" not in caplog.text
    good = await client.get("/signin", params={"token": "guard-token"})
    assert good.status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://gate.test"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "http://gate.test:81"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_another_sites_page_cannot_act_with_our_session(
    client: httpx.AsyncClient, site: Site, headers: dict[str, str], status: int
) -> None:
    await client.get("/signin", params={"token": "guard-token"})
    answer = await client.post("/api/v1/lanes/north-in/release", headers=headers)
    assert answer.status_code == status
    assert len(site.operations.acts) == (status == 200)


async def test_every_answer_forbids_foreign_code_frames_and_caches(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/", "/api/v1/lanes", "/healthz", "/signin", "/nothing"):
        for headers in ({}, bearer("viewer")):
            answer = await client.get(path, headers=headers)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'; script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_long_body_is_refused(client: httpx.AsyncClient, site: Site) -> None:
    for content in (b"x" * 20_000, _drip(20_000)):
        answer = await client.post(
            "/api/v1/lanes/north-in/open",
            content=content,
            headers=bearer("guard") | {"Content-Type": "application/json"},
        )
        assert answer.status_code == 413
    assert site.operations.acts == []


async def _drip(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        yield b"x" * 1000
