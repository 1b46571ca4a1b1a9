"""The record on the page in a browser: live, filtered, and of a span of time."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from tests.gateway.web.browser import Guard, visiting
from tests.gateway.web.lanes_on_show import ago
from tests.gateway.web.server import Page
from tests.gateway.web.site_in_memory import decided, lane_view
from tests.gateway.web.test_page_lanes import now_ms

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


async def choose(guard: Guard, **chosen: str) -> None:
    for name, value in chosen.items():
        field = guard.tab.locator(f"#filters [name={name}]")
        if name in ("lane", "type", "decision", "span"):
            await field.select_option(value)
        else:
            await field.fill(value)


async def seqs(guard: Guard) -> list[int]:
    rows: list[str] = await guard.rows().evaluate_all("rows => rows.map(row => row.dataset.seq)")
    return [int(seq) for seq in rows]


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({}, [5, 4, 2, 1]),
        ({"type": ""}, [5, 4, 3, 2, 1]),
        ({"lane": "south-in"}, [4]),
        ({"type": "reading-received"}, [3]),
        ({"type": "device-offline"}, [4]),
        ({"decision": "refer"}, [2]),
        ({"decision": "admit", "lane": "north-in"}, [1]),
        ({"text": "偏高"}, [2]),
        ({"text": "temperature-high"}, [2]),
        ({"decision": "admit", "lane": "south-in"}, []),
    ],
)
async def test_filters(
    browser: Browser, served: Page, chosen: dict[str, str], wanted: list[int]
) -> None:
    site = served.site
    site.show(lane_view("south-in"))
    site.happen("passage-decided", **decided())
    site.happen("passage-decided", **decided(decision="refer", reasons=["temperature-high"]))
    site.happen("reading-received", lane="north-in", device="scan-1")
    site.happen("device-offline", lane="south-in", device="scan-2")
    site.happen("operator-acted", lane="north-in", act="open", by="desk", reason="parcel")
    async with visiting(browser, served) as guard:
        await choose(guard, **chosen)
        await expect(guard.rows()).to_have_count(len(wanted))
        assert await seqs(guard) == wanted
        if not wanted:
            await expect(guard.tab.locator("#events-note")).to_have_text("没有符合条件的记录")


async def test_what_happens_while_a_filter_stands_is_filtered(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        await choose(guard, decision="deny")
        for decision in ("admit", "deny", "refer", "deny"):
            served.site.happen("passage-decided", **decided(decision=decision))
        await expect(guard.rows()).to_have_count(2)
        assert await seqs(guard) == [4, 2]


async def test_looking_back_goes_beyond_what_the_page_has_seen(
    browser: Browser, served: Page
) -> None:
    site, now = served.site, now_ms()
    for age_s in (90_000, 7200, 1200, 600):
        site.disk.add("passage-decided", at=ago(now, age_s), **decided())
    for _ in range(1100):
        site.disk.add("reading-received", at=ago(now, 60), lane="north-in", device="scan-1")
    site.feed.last_seq = site.disk.events[-1]["seq"]
    async with visiting(browser, served) as guard:
        await expect(guard.rows()).to_have_count(0)
        await choose(guard, span="hour")
        await expect(guard.rows()).to_have_count(2)
        await choose(guard, span="day")
        await expect(guard.rows()).to_have_count(3)
        event = site.happen("passage-decided", at=ago(now, 0), **decided())
        await expect(guard.rows()).to_have_count(4)
        assert (await seqs(guard))[0] == event["seq"]


async def test_a_span_from_and_to(browser: Browser, served: Page) -> None:
    site, now = served.site, now_ms()
    for age_s in (7200, 3600, 1800, 60):
        site.happen("passage-decided", at=ago(now, age_s), **decided())
    async with visiting(browser, served) as guard:
        await expect(guard.tab.locator("[name=from]")).to_be_hidden()
        await choose(guard, span="custom")
        local = "ms => { const at = new Date(ms - new Date().getTimezoneOffset() * 60000);" \
            " return at.toISOString().slice(0, 19); }"  # fmt: skip
        start, end = [await guard.tab.evaluate(local, now - s * 1000) for s in (5400, 900)]
        await choose(guard, **{"from": start, "to": end})
        await expect(guard.rows()).to_have_count(2)
        site.happen("passage-decided", at=ago(now, 0), **decided())
        await choose(guard, to="")
        await expect(guard.rows()).to_have_count(4)
        href = await guard.tab.locator("#table").get_attribute("href")
        assert href is not None
        at = datetime.fromtimestamp((now - 5_400_000) // 1000, UTC).isoformat()[:19]
        assert f"from={at.replace(':', '%3A')}" in href


async def test_the_table_is_downloaded_as_filtered(browser: Browser, served: Page) -> None:
    for decision in ("admit", "deny"):
        served.site.happen("passage-decided", **decided(decision=decision))
    async with visiting(browser, served) as guard:
        await choose(guard, decision="deny")
        async with guard.tab.expect_download() as downloading:
            await guard.tab.locator("#table").click()
        download = await downloading.value
        assert download.suggested_filename == "riverside-events.csv"
        lines = (await download.path()).read_text("utf-8").splitlines()
        assert len(lines) == 2


async def test_a_burst_stays_within_bounds_and_a_reader_keeps_his_place(
    browser: Browser, served: Page
) -> None:
    for _ in range(300):
        served.site.happen("passage-decided", **decided())
    async with visiting(browser, served) as guard:
        await expect(guard.rows()).to_have_count(200)
        read = guard.rows('[data-seq="200"]')
        await read.scroll_into_view_if_needed()
        before = await read.bounding_box()
        for _ in range(5):
            served.site.happen("passage-decided", **decided())
        await expect(guard.rows('[data-seq="305"]')).to_have_count(1)
        after = await read.bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["y"] - after["y"]) < 2
        for _ in range(2000):
            served.site.happen("passage-decided", **decided())
        await expect(guard.rows('[data-seq="2305"]')).to_have_count(1)
        await expect(guard.rows()).to_have_count(200)


async def test_a_record_that_cannot_be_read_is_told(browser: Browser, served: Page) -> None:
    async with visiting(browser, served, quiet=False) as guard:
        answer = {"status": 503, "json": {"detail": "outbox: reading failed"}}
        await guard.tab.route("**/api/v1/events?*", lambda route: route.fulfill(**answer))
        await choose(guard, span="day")
        await expect(guard.tab.locator("#events-note")).to_have_text(
            "没有查到: outbox: reading failed"
        )
