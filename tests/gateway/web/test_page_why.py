"""Why a decision came out so, on the page in a browser: pressed, read, and of nobody."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from edge_rules.facts import FIELDS
from gateway.web.pages import STATIC
from tests.gateway.web.browser import PHONE, Guard, visiting
from tests.gateway.web.server import Page
from tests.gateway.web.site_in_memory import lane_view
from tests.gateway.web.test_explanation import FACTS, explainable
from tests.gateway.web.test_page_lanes import HOSTILE
from tests.gateway.web.test_page_look import contrast

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


async def why(guard: Guard) -> Locator:
    """Press the newest decision."""
    await guard.rows("[data-why]").first.locator(".told").click()
    await guard.dialog().locator("h2").wait_for()
    return guard.dialog()


async def conditions(dialog: Locator, fires: str) -> list[list[str | None]]:
    """What each condition of such rules says: its mark, its values, its text."""
    lines = await dialog.locator(f'.rule[data-fires="{fires}"] li').all()
    return [
        [
            await line.locator(".truth").text_content(),
            await line.locator(".values").text_content(),
            await line.locator("code").text_content(),
        ]
        for line in lines
    ]


async def test_a_guard_presses_a_decision_and_sees_why(browser: Browser, served: Page) -> None:
    served.site.show(lane_view(name={"zh": "北门 进", "en": "North gate in"}))
    explainable(served.site)
    async with visiting(browser, served) as guard:
        dialog = await why(guard)
        await expect(dialog.locator("h2")).to_have_text("查验 · 北门 进38.1 °C")
        assert await conditions(dialog, "true") == [
            ["✓", "体温 38.1 °C上限 37.3 °C", "temperature.celsius >= temperature.limit"],
        ]
        quiet = dialog.locator("details")
        await expect(quiet.locator("summary")).to_have_text("没有触发的规则:2 条")
        await expect(quiet.locator(".rule").first).to_be_hidden()
        await quiet.locator("summary").click()
        assert await conditions(dialog, "false") == [
            ["✓", "凭证状态 有效", 'credential.status == "valid"'],
            ["✗", "体温 38.1 °C上限 37.3 °C", "temperature.celsius < temperature.limit"],
            ["✗", "在名单 否", "access.listed"],
        ]
        await guard.tab.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await guard.speak("en")
        dialog = await why(guard)
        await expect(dialog.locator("h2")).to_contain_text("Refer · North gate in")
        assert (await conditions(dialog, "true"))[0][1] == "temperature 38.1 °Climit 37.3 °C"
        truth = dialog.locator('.rule[data-fires="true"] li .truth')
        await expect(truth).to_have_attribute("aria-label", "holds")


async def test_a_fact_that_is_missing_stands_out_and_its_rule_refers(
    browser: Browser, served: Page
) -> None:
    gap = {"rule": "rule-3", "fact": "access.listed"}
    reasons = ["temperature-missing", "fact-missing"]
    explainable(
        served.site, facts={**FACTS, "access": {}}, missing=[gap], rules=["rule-1", "rule-3"],
        reasons=reasons, doubts=["temperature-missing"],
    )  # fmt: skip
    async with visiting(browser, served, "viewer") as guard:
        dialog = await why(guard)
        unjudged = dialog.locator('.rule[data-fires="null"]')
        await expect(unjudged.locator("h3")).to_contain_text("无法判断")
        await expect(unjudged.locator(".then")).to_have_text("→ 查验")
        await expect(unjudged.locator(".lacks")).to_have_text("在名单 缺少")
        told = dialog.locator(".why-reasons li")
        await expect(told.first).to_have_text("没有测到体温 (规则之外)")
        await expect(told.last).not_to_contain_text("规则之外")


async def test_what_can_t_be_explained_is_said(browser: Browser, served: Page) -> None:
    explainable(served.site, policy="f" * 32)
    async with visiting(browser, served, quiet=False) as guard:
        dialog = await why(guard)
        await expect(dialog.locator(".more")).to_contain_text("已不在本机,只能看记录")
        await expect(dialog.locator(".rule")).to_have_count(0)
        await guard.tab.keyboard.press("Escape")
        served.site.disk.events.clear()
        await guard.rows("[data-why]").locator("button").press("Enter")
        await expect(dialog).to_contain_text("no decision has this id")


async def test_a_record_that_the_policy_does_not_bear_out_is_marked(
    browser: Browser, served: Page
) -> None:
    explainable(served.site, rules=["rule-2"], decision="admit")
    async with visiting(browser, served) as guard:
        dialog = await why(guard)
        await expect(dialog.locator(".more")).to_contain_text("与记录不同")


async def test_nobody_is_named_and_foreign_words_stay_words(browser: Browser, served: Page) -> None:
    facts: dict[str, Any] = {**FACTS, "credential": {"status": "valid", "issuer": HOSTILE}}
    explainable(served.site, facts=facts, lane=HOSTILE, reasons=[HOSTILE])
    async with visiting(browser, served) as guard:
        dialog = await why(guard)
        await expect(dialog.locator("h2")).to_contain_text(HOSTILE)
        text = await dialog.text_content()
        assert text is not None
        assert "s-1" not in text  # the subject on record


async def test_it_is_read_by_weak_eyes_and_fits_a_phone(browser: Browser, served: Page) -> None:
    explainable(served.site, facts={**FACTS, "access": {}}, rules=["rule-1", "rule-3"])
    async with visiting(browser, served, size=PHONE) as guard:
        dialog = await why(guard)
        for part in ("h2", ".rule h3", ".values", ".truth", ".then", ".lacks"):
            assert await contrast(dialog.locator(part).first) >= 7, part
        for part in ("code", ".rule-id", "summary"):
            assert await contrast(dialog.locator(part).first) >= 4.5, part
        wide = "element => element.scrollWidth > element.clientWidth"
        assert not await dialog.evaluate(wide)


async def test_only_decisions_are_explained(browser: Browser, served: Page) -> None:
    served.site.happen("device-offline", lane="north-in", device="scan-2")
    async with visiting(browser, served) as guard:
        await expect(guard.rows()).to_have_count(1)
        await guard.rows().locator(".told").click()
        await expect(guard.dialog()).to_be_hidden()
        await expect(guard.rows().locator("button")).to_have_count(0)


def named(script: str, table: str) -> set[str]:
    """The keys of one table of words in a script."""
    text = (STATIC / script).read_text("utf-8").partition(f"const {table} = {{")[2]
    found = re.findall(r'"?([\w.-]+)"?: \["[^"]+", "[^"]+"\]', text.partition("\n};")[0])
    return set(found)


async def test_every_fact_and_every_word_of_it_is_said_in_both_tongues() -> None:
    assert named("facts.js", "FACTS") == set(FIELDS)
    words = {word for field in FIELDS.values() for word in field.words}
    assert words <= named("facts.js", "VALUES") | named("words.js", "RECORD")
