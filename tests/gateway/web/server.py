"""The page on a real socket, in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.access import Access
from gateway.web.app import create_app
from gateway.web.listen import WebServer, listen, web_server
from tests.gateway.web.pass_desk import desks
from tests.gateway.web.site_in_memory import Site


@dataclass
class Page:
    """A running page; `stop` ends it as the gateway does."""

    site: Site
    access: Access
    url: str
    server: WebServer
    serving: asyncio.Task[None]

    def link(self, role: str = "guard") -> str:
        return f"{self.url}/signin?token={self.access.one_time(role)}"

    async def stop(self) -> None:
        self.site.feed.close()
        self.server.should_exit = True
        await asyncio.wait_for(self.serving, 10)


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop run on until something holds."""
    async with asyncio.timeout(20):
        for _ in iter(holds, True):
            await asyncio.sleep(0.001)


@asynccontextmanager
async def serve(site: Site, access: Access, *, port: int = 0) -> AsyncIterator[Page]:
    """Serve a site until the block ends."""
    app = create_app(
        site.operations, site.disk, access, site.feed, site.policies, *desks(access.folder)
    )
    bound = listen("127.0.0.1", port)
    server = web_server(app)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    page = Page(site, access, url, server, serving)
    try:
        yield page
    finally:
        await page.stop()
