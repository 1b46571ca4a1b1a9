"""A real browser before the page: Debian's Chromium, and all that it complained about."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, async_playwright
from playwright.async_api import Page as Tab

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WALL = (1920, 1080)
PHONE = (390, 844)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Chromium with a fresh profile; without it CI fails and a developer's test is skipped."""
    if shutil.which(CHROMIUM) is None:
        told = f"no {CHROMIUM}: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            yield browser
        finally:
            await browser.close()


class Served(Protocol):
    """A page that runs somewhere."""

    @property
    def url(self) -> str: ...

    def link(self, role: str = "guard") -> str:
        """Make a sign-in link."""
        ...


@dataclass
class Guard:
    """Somebody before the page; `faults` holds all that the browser complained about."""

    tab: Tab
    faults: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def lane(self, lane: str = "north-in") -> Locator:
        return self.tab.locator(f'.tile[data-lane="{lane}"]')

    def rows(self, filters: str = "") -> Locator:
        return self.tab.locator(f"#events > li{filters}")

    def button(self, act: str, lane: str = "north-in") -> Locator:
        return self.lane(lane).locator(f'.acts [data-act="{act}"]')

    def dialog(self) -> Locator:
        return self.tab.get_by_role("dialog")

    def notice(self, tone: str) -> Locator:
        return self.tab.locator(f'#notices p[data-tone="{tone}"]')

    async def speak(self, tongue: str) -> None:
        if await self.tab.locator("html").get_attribute("lang") != LANGS[tongue]:
            await self.tab.click("#tongue")

    async def live(self) -> None:
        await self.tab.wait_for_selector('body[data-live="live"]')


LANGS = {"zh": "zh-CN", "en": "en"}


@asynccontextmanager
async def visiting(
    browser: Browser,
    page: Served,
    role: str = "guard",
    *,
    size: tuple[int, int] = WALL,
    quiet: bool = True,
    reduced_motion: bool = False,
) -> AsyncIterator[Guard]:
    """Sign in by a link and see the page live; `quiet`: the browser must find nothing wrong."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce" if reduced_motion else "no-preference",
    )
    context.set_default_timeout(15_000)  # a hang guard
    try:
        tab = await context.new_page()
        guard = Guard(tab)
        tab.on("pageerror", lambda error: guard.faults.append(str(error)))
        tab.on("console", lambda said: guard.faults.append(said.text))
        tab.on("request", lambda request: guard.hosts.add(urlsplit(request.url).netloc))
        await tab.goto(page.link(role))
        await guard.live()
        yield guard
        assert guard.hosts == {urlsplit(page.url).netloc}
        if quiet:
            assert guard.faults == []
    finally:
        await context.close()
