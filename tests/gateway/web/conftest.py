"""One site in memory and its application for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.access import Access, hash_token
from gateway.tokens import TokenFile
from gateway.web.app import create_app
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
    app = create_app(site.operations, site.disk, access, site.feed)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gate.test") as client:
        yield client


def bearer(role: str) -> dict[str, str]:
    """The header of the token of a role."""
    return {"Authorization": f"Bearer {role}-token"}
