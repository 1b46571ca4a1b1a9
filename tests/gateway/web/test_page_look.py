"""How the page looks in a browser: across a room, on a phone, to weak eyes, without motion."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.gateway.web.browser import PHONE, WALL, Guard, visiting
from tests.gateway.web.lanes_on_show import ago, bad_morning, busy_record, last
from tests.gateway.web.server import Page
from tests.gateway.web.site_in_memory import lane_view
from tests.gateway.web.test_page_lanes import now_ms

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

COLOURS = """element => {
    const solid = colour => colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent';
    let under = element;
    while (under && !solid(getComputedStyle(under).backgroundColor)) under = under.parentElement;
    return [getComputedStyle(element).color, getComputedStyle(under).backgroundColor];
}"""

# How high the ink of a word stands, in CSS pixels.
INK = """element => {
    const style = getComputedStyle(element);
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const ink = pen.measureText(/[a-z]/.test(element.textContent) ? 'H' : element.textContent);
    return ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent;
}"""


def luminance(colour: str) -> float:
    """Relative luminance of an `rgb(…)`: WCAG 2.2."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def contrast(word: Locator) -> float:
    ink, ground = [luminance(colour) for colour in await word.evaluate(COLOURS)]
    return (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)


async def test_the_formula_gives_the_standards_extremes() -> None:
    assert luminance("rgb(255, 255, 255)") == pytest.approx(1)
    assert luminance("rgb(0, 0, 0)") == 0


async def show_bad_morning(page: Page) -> None:
    page.site.operations.views.clear()
    now = now_ms()
    busy_record(page.site, now)
    for view in bad_morning(now):
        page.site.show(view)


@pytest.mark.parametrize("age_s", [1, 600])
@pytest.mark.parametrize("decision", ["admit", "deny", "refer"])
async def test_a_decision_is_read_by_weak_eyes(
    browser: Browser, served: Page, decision: str, age_s: int
) -> None:
    served.site.show(lane_view(waiting=2, last=last(decision, ["healthy"], ago(now_ms(), age_s))))
    async with visiting(browser, served) as guard:
        lane = guard.lane()
        await expect(lane).to_have_attribute("data-fresh", str(age_s == 1).lower())
        for part in (
            ".panel strong",
            ".panel > .shape",
            ".reason",
            ".celsius",
            ".door",
            ".waiting b",
        ):
            assert await contrast(lane.locator(part)) >= 7, part
        for part in ("time", ".credential"):
            assert await contrast(lane.locator(part).first) >= 4.5, part


async def test_all_words_of_a_bad_morning_have_contrast(browser: Browser, served: Page) -> None:
    await show_bad_morning(served)
    async with visiting(browser, served) as guard:
        await expect(guard.tab.locator(".tile")).to_have_count(8)
        words = guard.tab.locator(
            ".tile :is(b, strong, span, time, small, button):visible, #events b:visible,"
            " #events .told:visible, .bar :is(b, span, button, p):visible"
        )
        for word in await words.all():
            assert await contrast(word) >= 4.5, await word.text_content()


@pytest.mark.parametrize("tongue", ["zh", "en"])
@pytest.mark.parametrize(
    ("lanes", "ink_px"),
    [(2, 90), (3, 75), (4, 75), (6, 50)],  # 30 mm on a 43-inch screen are 60 px
)
async def test_the_decision_is_read_across_a_room(
    browser: Browser, served: Page, lanes: int, ink_px: int, tongue: str
) -> None:
    served.site.operations.views.clear()
    decisions = ["admit", "deny", "refer"] * 2
    for at, decision in enumerate(decisions[:lanes]):
        view = last(decision, ["temperature-high"], ago(now_ms(), 1))
        served.site.show(lane_view(f"lane-{at}", waiting=at, last=view))
    async with visiting(browser, served, size=WALL) as guard:
        await guard.speak(tongue)
        words = guard.tab.locator(".panel strong")
        await expect(words).to_have_count(lanes)
        for word in await words.all():
            assert await word.evaluate(INK) >= ink_px
        assert await scrolls(guard, "#lanes") == (False, False)


@pytest.mark.parametrize("tongue", ["zh", "en"])
async def test_every_lane_of_a_bad_morning_is_seen_at_once(
    browser: Browser, served: Page, tongue: str
) -> None:
    await show_bad_morning(served)
    async with visiting(browser, served, size=WALL) as guard:
        await guard.speak(tongue)
        await expect(guard.tab.locator(".tile")).to_have_count(8)
        assert await scrolls(guard, "#lanes") == (False, False)
        for panel in await guard.tab.locator(".panel:visible").all():
            over = await panel.evaluate(OVERFLOW)
            assert over == [], await panel.text_content()


# Parts of a panel that stick out of it, or that lie upon each other.
OVERFLOW = """panel => {
    const box = panel.getBoundingClientRect();
    const parts = [...panel.querySelectorAll('strong, .reason, .last-facts > *')]
        .filter(part => part.offsetParent);
    const ink = part => { const r = document.createRange(); r.selectNodeContents(part);
        return r.getBoundingClientRect(); };
    const out = parts.filter(part => { const r = ink(part);
        return r.left < box.left - 1 || r.right > box.right + 1; });
    const crossed = parts.filter((a, at) => parts.slice(at + 1).some(b => {
        const [p, q] = [ink(a), ink(b)];
        return p.left < q.right - 1 && q.left < p.right - 1
            && p.top + p.height * .25 < q.bottom - q.height * .25
            && q.top + q.height * .25 < p.bottom - p.height * .25; }));
    return [...out, ...crossed].map(part => part.textContent);
}"""


# What sticks out of the window: a contained tile makes nothing scroll, it only cuts words off.
BESIDE = """[...document.querySelectorAll('body *')].filter(each => {
    const box = each.getBoundingClientRect();
    return box.width && !each.closest('svg') && (box.left < -1 || box.right > innerWidth + 1);
}).map(each => each.outerHTML.slice(0, 80))"""


async def scrolls(guard: Guard, selector: str) -> tuple[bool, bool]:
    """Whether a part has more than it shows, across and down."""
    sizes: list[Any] = await guard.tab.locator(selector).evaluate(
        "e => [e.scrollWidth > e.clientWidth + 1, e.scrollHeight > e.clientHeight + 1]"
    )
    return sizes[0], sizes[1]


@pytest.mark.parametrize("tongue", ["zh", "en"])
async def test_a_phone_never_scrolls_sideways_and_has_room_for_a_thumb(
    browser: Browser, served: Page, tongue: str
) -> None:
    await show_bad_morning(served)
    long = "nospace" * 12
    served.site.show(lane_view("long", name={"zh": long, "en": long}))
    async with visiting(browser, served, size=PHONE) as guard:
        await guard.speak(tongue)
        await expect(guard.tab.locator(".tile")).to_have_count(9)
        assert (await scrolls(guard, "html"))[0] is False
        assert await guard.tab.evaluate(BESIDE) == []
        for button in await guard.tab.locator("button:visible").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["width"] >= 44
        await guard.button("open").click()
        box = await guard.dialog().bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]


async def test_nothing_moves_for_who_asked_for_that(browser: Browser, served: Page) -> None:
    async with visiting(browser, served, reduced_motion=True) as guard:
        served.site.show(lane_view(last=last("deny", ["credential-forged"], ago(now_ms(), 0))))
        await expect(guard.lane()).to_have_attribute("data-decision", "deny")
        assert await guard.tab.evaluate("document.getAnimations().length") == 0
        moving = """[...document.querySelectorAll('*')].filter(each => {
            const style = getComputedStyle(each);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
        }).length"""
        assert await guard.tab.evaluate(moving) == 0


async def test_the_wall_shows_lanes_alone_and_remembers(browser: Browser, served: Page) -> None:
    async with visiting(browser, served) as guard:
        await guard.tab.get_by_role("button", name="大屏").click()
        await expect(guard.tab.locator(".feed")).to_be_hidden()
        await guard.tab.reload()
        await guard.live()
        await expect(guard.tab.locator(".feed")).to_be_hidden()


async def test_words_and_shapes_say_what_colours_say(browser: Browser, served: Page) -> None:
    async with visiting(browser, served) as guard:
        for decision in ("admit", "deny", "refer"):
            served.site.show(lane_view(last=last(decision, ["healthy"], ago(now_ms(), 0))))
            mark = guard.lane().locator(".panel > .shape use")
            await expect(mark).to_have_attribute("href", f"#shape-{decision}")
        assert await guard.tab.locator("svg:not([aria-hidden=true])").count() == 0
        unnamed = "each => !each.textContent.trim() && !each.getAttribute('aria-label')"
        for button in await guard.tab.locator("button").all():
            assert not await button.evaluate(unnamed)
