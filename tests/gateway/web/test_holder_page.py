"""gateway.web.holder_page and its modules, on a phone: its code changes and can be read."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

import cv2
import httpx
import numpy as np
import pytest
import segno
import zxingcpp
from playwright.async_api import Browser
from playwright.async_api import Page as Tab

from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.credentials.trust import TrustStore
from gateway.passes.request import PassAsked
from gateway.web.holder_page import FOLDER
from tests.gateway.web.browser import PHONE
from tests.gateway.web.pass_desk import KEY, Heard, pass_desk
from tests.gateway.web.server import Page

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
CSP = "Content-Security-Policy"


@dataclass
class Holder:
    """Somebody's phone, and what its browser complained about."""

    tab: Tab
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def code(self) -> str:
        """Read the code off a picture of the whole screen, as a scanner does."""
        return read(await self.tab.screenshot())

    async def state(self) -> str | None:
        return await self.tab.locator("body").get_attribute("data-state")

    async def shows(self, state: str) -> None:
        await self.tab.wait_for_selector(f'body[data-state="{state}"]')


def read(png: bytes) -> str:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


@asynccontextmanager
async def phone(browser: Browser, *, quiet: bool = True) -> AsyncIterator[Holder]:
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, device_scale_factor=2, is_mobile=True
    )
    context.set_default_timeout(15_000)  # a hang guard
    try:
        tab = await context.new_page()
        holder = Holder(tab)
        tab.on("pageerror", lambda error: holder.faults.append(str(error)))
        tab.on("console", lambda said: holder.faults.append(said.text))
        context.on("request", lambda request: holder.asked.append(request.url))
        yield holder
        if quiet:
            assert holder.faults == []
    finally:
        await context.close()


async def handed_out(page: Page, **asked: Any) -> tuple[dict[str, Any], PassTrust]:  # noqa: ANN401
    """Hand out a pass, as the page's gateway would."""
    heard = Heard()
    desk = pass_desk(page.access.folder, heard)
    issued = await desk.issue(PassAsked(**{"person": "resident", **asked}), "admin-post")
    return {**issued, "link": f"{page.url}{issued['link']}"}, heard.trusted[-1]


def judged(text: str, trust: PassTrust, at_ms: float) -> Judgement:
    store = TrustStore([])
    store.passes = trust
    return judge_text(text, store, int(at_ms), KEY)


async def clock_of(tab: Tab) -> float:
    now: float = await tab.evaluate("Date.now()")
    return now


async def test_a_code_read_off_the_screen_is_valid_and_of_this_moment(
    browser: Browser, served: Page
) -> None:
    issued, trust = await handed_out(served, gates=["north-gate"], uses_per_day=4)
    async with phone(browser) as holder:
        await holder.tab.goto(issued["link"])
        await holder.shows("rotating")
        text = await holder.code()
        judgement = judged(text, trust, await clock_of(holder.tab))
        assert (judgement.reason, judgement.person()["number"]) == ("valid", issued["id"])
        assert len(text) < 500
        shown = await holder.tab.inner_text("main")
        for word in ("滨河花园", "Riverside Gardens", "居民", "north-gate", "4"):
            assert word in shown


async def test_the_code_changes_with_the_step_and_a_screenshot_of_90_s_ago_is_too_old(
    browser: Browser, served: Page
) -> None:
    issued, trust = await handed_out(served)
    async with phone(browser) as holder:
        await holder.tab.clock.install()
        await holder.tab.goto(issued["link"])
        await holder.shows("rotating")
        taken_ms = await clock_of(holder.tab)
        first = await holder.code()
        step = await holder.tab.get_attribute("#code", "data-step")
        await holder.tab.clock.run_for(90_000)
        await holder.tab.wait_for_function(f"document.getElementById('code').dataset.step > {step}")
        second, now_ms = await holder.code(), await clock_of(holder.tab)
        assert first != second
        assert now_ms - taken_ms >= 90_000
        old, new = judged(first, trust, now_ms), judged(second, trust, now_ms)
        assert (old.failed_at, old.reason) == ("validity", "code-too-old")
        assert new.ok
        assert old.subject == new.subject


async def test_a_printed_pass_is_shown_as_it_is(browser: Browser, served: Page) -> None:
    issued, trust = await handed_out(served, printed=True, person="visitor")
    async with phone(browser) as holder:
        await holder.tab.goto(issued["link"])
        await holder.shows("printed")
        assert await holder.code() == issued["text"]
        assert judged(issued["text"], trust, await clock_of(holder.tab)).ok


async def test_no_server_sees_what_stands_behind_the_hash_and_the_page_needs_no_account(
    browser: Browser, served: Page
) -> None:
    issued, _ = await handed_out(served)
    async with phone(browser) as holder:
        await holder.tab.goto(issued["link"])
        await holder.shows("rotating")
        assert {urlsplit(url).netloc for url in holder.asked} == {urlsplit(served.url).netloc}
        paths = {urlsplit(url).path for url in holder.asked}
        assert paths <= {"/pass", *(f"/pass/{file.name}" for file in FOLDER.iterdir())}
        assert await holder.tab.evaluate("document.cookie + localStorage.length") == "0"
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{served.url}/pass")
        assert answer.status_code == 200
        assert "script-src 'self'" in answer.headers[CSP]
        for path in ("/pass/../access.py", "/pass/%2e%2e/access.py", "/pass/none.js"):
            assert (await client.get(f"{served.url}{path}")).status_code in {401, 404}, path
        assert (await client.get(f"{served.url}/passes")).status_code == 401


async def test_once_loaded_it_works_without_a_network_also_when_opened_again(
    browser: Browser, served: Page
) -> None:
    issued, trust = await handed_out(served)
    async with phone(browser, quiet=False) as holder:
        await holder.tab.goto(issued["link"])
        await holder.shows("rotating")
        await holder.tab.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await served.stop()
        await holder.tab.context.set_offline(True)
        await holder.tab.goto("about:blank")
        await holder.tab.goto(issued["link"])
        await holder.shows("rotating")
        assert judged(await holder.code(), trust, await clock_of(holder.tab)).ok


@pytest.mark.parametrize(
    "fragment", ["", "#", "#1.x", "#1.A.A.A.A.A", "#2.a.b.c.d.e", "#1.%00...."]
)
async def test_a_link_without_a_pass_says_so_in_both_tongues(
    browser: Browser, served: Page, fragment: str
) -> None:
    async with phone(browser) as holder:
        await holder.tab.goto(f"{served.url}/pass{fragment}")
        await holder.shows("wrong")
        told = await holder.tab.inner_text("#told")
        assert "通行证" in told
        assert "no pass in this link" in told


async def test_a_pass_that_ended_or_has_not_begun_shows_no_code(
    browser: Browser, served: Page
) -> None:
    issued, _ = await handed_out(served, person="visitor")
    async with phone(browser) as holder:
        await holder.tab.clock.install()
        await holder.tab.goto(issued["link"])
        await holder.shows("rotating")
        await holder.tab.clock.run_for(1000)
        for later, word in ((2 * 86_400_000, "ended"), (-2 * 86_400_000, "not count yet")):
            await holder.tab.clock.set_system_time((await clock_of(holder.tab) + later) / 1000)
            await holder.tab.clock.run_for(1000)
            await holder.shows("wrong")
            assert word in await holder.tab.inner_text("#told")
            assert await holder.tab.locator("#code path").count() == 0
            await holder.tab.clock.set_system_time((await clock_of(holder.tab) - later) / 1000)
            await holder.tab.clock.run_for(1000)
            await holder.shows("rotating")


async def test_another_link_in_the_same_tab_is_another_pass(browser: Browser, served: Page) -> None:
    first, trust = await handed_out(served)
    second, _ = await handed_out(served, person="staff")
    async with phone(browser) as holder:
        await holder.tab.goto(first["link"])
        await holder.shows("rotating")
        await holder.tab.goto(second["link"])
        await holder.tab.wait_for_function("document.body.innerText.includes('工作人员')")
        await holder.shows("rotating")
        await holder.tab.wait_for_selector("#code path")
        judgement = judged(await holder.code(), trust, await clock_of(holder.tab))
        assert judgement.person()["number"] == second["id"]


async def test_every_size_of_code_is_drawn_as_segno_draws_it(
    browser: Browser, served: Page
) -> None:
    lengths = [1, 2, 24, 25, 27, 47, 48, 77, 114, 154, 195, 224, 279, 335, 336, 395, 396, 468, 535]
    lengths += [600, 619, 667, 700, 758]
    async with phone(browser) as holder:
        await holder.tab.goto(f"{served.url}/pass")
        for length in lengths:
            text = "".join(Random(length).choices(ALPHABET, k=length))
            theirs = segno.make_qr(text, error="l", boost_error=False, mode="alphanumeric")
            ours = await holder.tab.evaluate(
                "([text, mask]) => import('/pass/qr.js').then((qr) => qr.drawQr(text, mask))",
                [text, theirs.mask],
            )
            assert ours == [list(row) for row in theirs.matrix], (length, theirs.designator)
            chosen = await holder.tab.evaluate(
                "(text) => import('/pass/qr.js').then((qr) => qr.drawQr(text))", text
            )
            dark = np.pad(1 - np.array(chosen, np.uint8), 4, constant_values=1)
            picture = np.kron(dark * np.uint8(255), np.ones((4, 4), np.uint8))
            (found,) = zxingcpp.read_barcodes(picture)
            assert found.text == text
        for bad in ("A" * 759, "small letters"):
            fault = await holder.tab.evaluate(
                "(text) => import('/pass/qr.js').then((qr) => qr.drawQr(text)).catch(String)", bad
            )
            assert fault.startswith("RangeError")


async def test_the_worker_keeps_every_file_of_the_page() -> None:
    worker = (FOLDER / "worker.js").read_text("utf-8")
    (kept,) = re.findall(r"const FILES = \[(.*?)\]", worker)
    names = {file.name for file in FOLDER.iterdir()} - {"worker.js", "page.html"}
    assert set(re.findall(r'"/pass/([^"]+)"', kept)) == names
