"""One site in memory and its application for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from gateway.access import Access, hash_token
from gateway.tokens import TokenFile
from gateway.web.app import create_app
from tests.gateway.web.browser import chromium
from tests.gateway.web.pass_desk import desks
from tests.gateway.web.server import Page, serve
from tests.gateway.web.site_in_memory import Site, site_in_memory

MADE = "2026-11-24T00:00:00.000Z"


@pytest.fixture
def site() -> Site:
    return site_in_memory()


@pytest.fixture
def access(tmp_path: Path) -> Access:
    tokens = TokenFile(tmp_path)
    for role in ("viewer", "guard", "admin"):
        tokens.add(f"{role}-post", role, hash_token(f"{role}-token"), MADE)
    return Access(tmp_path)


@pytest.fixture
async def client(site: Site, access: Access) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody in particular, until a test gives it a token or signs in."""
    app = create_app(
        site.operations, site.disk, access, site.feed, site.policies, *desks(access.folder)
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gate.test") as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests; each opens a window that knows nothing of the others."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def served(site: Site, access: Access) -> AsyncIterator[Page]:
    """The page on a socket, in the browser's loop."""
    async with serve(site, access) as page:
        yield page


def bearer(role: str) -> dict[str, str]:
    """The header of the token of a role."""
    return {"Authorization": f"Bearer {role}-token"}
