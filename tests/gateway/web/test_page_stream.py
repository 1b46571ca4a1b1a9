"""The live stream in a browser: it resumes, and it never pretends."""

import asyncio

import pytest
from playwright.async_api import Browser, Route, expect

from gateway.access import Access
from gateway.tokens import TokenFile
from gateway.web import stream as stream_module
from gateway.web.feed import EventFeed
from tests.gateway.web.browser import Guard, visiting
from tests.gateway.web.server import Page, serve
from tests.gateway.web.site_in_memory import Site, decided, lane_view, site_in_memory
from tests.gateway.web.test_page_record import seqs

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


async def expect_distrust(guard: Guard, told: str) -> None:
    await expect(guard.tab.get_by_role("alert")).to_contain_text(told)
    await expect(guard.tab.locator("#live")).to_have_text("非实时")
    await expect(guard.lane().locator(".not-live")).to_be_visible()
    opacity = "part => Number(getComputedStyle(part).opacity)"
    assert await guard.lane().locator(".last").evaluate(opacity) < 0.5


async def test_a_restart_loses_no_event_and_tells_none_twice(
    browser: Browser, served: Page
) -> None:
    port = int(served.url.rsplit(":", 1)[1])
    site = served.site
    site.happen("passage-decided", **decided())
    async with visiting(browser, served, quiet=False) as guard:
        await expect(guard.tab.get_by_role("alert")).to_be_hidden()
        site.happen("passage-decided", **decided())
        await expect(guard.rows()).to_have_count(2)
        await served.stop()
        await expect_distrust(guard, "与网关的连接已断开")
        for _ in range(3):
            site.disk.add("passage-decided", **decided())  # while nobody was watching
        again = Site(site.disk, site.operations, EventFeed(site.disk, last_seq=5))
        async with serve(again, served.access, port=port):
            await guard.live()
            await expect(guard.tab.get_by_role("alert")).to_be_hidden()
            again.happen("passage-decided", **decided())
            again.show(lane_view(waiting=7))
            await expect(guard.lane()).to_contain_text("7 人等候")
            await expect(guard.rows()).to_have_count(6)
            assert await seqs(guard) == [6, 5, 4, 3, 2, 1]


async def test_a_record_that_began_anew_replaces_the_old(browser: Browser, served: Page) -> None:
    port = int(served.url.rsplit(":", 1)[1])
    for _ in range(5):
        served.site.happen("passage-decided", **decided())
    async with visiting(browser, served, quiet=False) as guard:
        await expect(guard.rows()).to_have_count(5)
        await served.stop()
        served.site.disk.events.clear()
        fresh = Site(
            served.site.disk, served.site.operations, EventFeed(served.site.disk, last_seq=0)
        )
        async with serve(fresh, served.access, port=port):
            await guard.live()
            fresh.happen("passage-decided", **decided())
            await expect(guard.rows()).to_have_count(1)


async def test_a_silent_line_is_stale_within_eight_seconds_and_begun_anew(
    browser: Browser, served: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with visiting(browser, served) as guard:
        monkeypatch.setattr(stream_module, "HEARTBEAT_S", 3600.0)
        await guard.tab.clock.install()
        await guard.tab.reload()
        await guard.live()
        mended = asyncio.Event()

        async def hold(route: Route) -> None:
            await mended.wait()
            await route.continue_()

        await guard.tab.route("**/api/v1/stream?*", hold)
        await guard.tab.clock.run_for(9000)
        await expect_distrust(guard, "画面已停止更新")
        mended.set()
        await guard.live()  # each stream begins with a heartbeat
        await expect(guard.tab.get_by_role("alert")).to_be_hidden()


async def test_who_was_signed_out_is_told_and_sees_nothing_as_live(
    browser: Browser, served: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HEARTBEAT_S", 0.1)
    async with visiting(browser, served, quiet=False) as guard:
        await guard.tab.goto(f"{served.url}/signin?token=viewer-token")
        await guard.live()
        TokenFile(served.access.folder).revoke("viewer-post")
        await expect_distrust(guard, "登录已失效")
        await guard.tab.get_by_role("link", name="登录").click()
        await expect(guard.tab.locator("#token")).to_be_visible()


async def test_a_page_that_no_place_is_left_for_says_so(browser: Browser, access: Access) -> None:
    async with (
        serve(site_in_memory(max_viewers=1), access) as page,
        visiting(browser, page, quiet=False) as guard,
    ):
        first, guard.tab = guard.tab, await guard.tab.context.new_page()
        await guard.tab.goto(page.url)
        await expect(guard.tab.get_by_role("alert")).to_contain_text("与网关的连接已断开")
        await first.close()
        await guard.live()
