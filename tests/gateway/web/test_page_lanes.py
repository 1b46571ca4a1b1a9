"""The page in a browser: who gets in, and what a guard reads off the lanes."""

import time
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from gateway.access import Access
from tests.gateway.web.browser import visiting
from tests.gateway.web.lanes_on_show import ago, last
from tests.gateway.web.server import Page, serve
from tests.gateway.web.site_in_memory import decided, lane_view, site_in_memory

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def referred(event: str = "event-1", visit: str = "visit-1", **changed: object) -> dict[str, Any]:
    return {"visit": visit, "event": event, "at": ago(now_ms(), 20), "answered": False} | changed


async def test_the_link_lands_on_the_page_with_a_cookie_no_script_reads(
    browser: Browser, served: Page
) -> None:
    link = served.link("guard")
    context = await browser.new_context()
    tab = await context.new_page()
    answer = await tab.goto(link)
    assert tab.url == f"{served.url}/"
    assert answer is not None
    assert answer.status == 200
    [cookie] = await context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert await tab.evaluate("document.cookie") == ""
    await context.clear_cookies()
    again = await tab.goto(link)
    assert again is not None
    assert again.status == 401
    await expect(tab.get_by_role("alert")).to_contain_text("令牌无效")
    await context.close()


async def test_the_form_takes_a_token_and_signing_out_ends_it(
    browser: Browser, served: Page
) -> None:
    context = await browser.new_context()
    tab = await context.new_page()
    await tab.goto(served.url)
    await tab.keyboard.type("viewer-token")  # the field has the focus
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#who")).to_contain_text("viewer-post")
    await tab.get_by_role("button", name="退出").click()
    await expect(tab.locator("#token")).to_be_visible()
    await context.close()


async def test_a_lane_tells_door_decision_reason_temperature_and_who_waits(
    browser: Browser, served: Page
) -> None:
    view = last("refer", ["temperature-high"], ago(now_ms(), 1), celsius=37.64)
    served.site.show(lane_view(waiting=3, last=view, name={"zh": "北门 进", "en": "North gate"}))
    async with visiting(browser, served) as guard:
        lane = guard.lane()
        for tongue, told in (
            ("zh", ["北门 进", "门关", "查验", "体表温度偏高,请复测", "3 人等候"]),
            ("en", ["North gate", "Closed", "Refer", "Skin temperature high", "3 waiting"]),
        ):
            await guard.speak(tongue)
            for words in [*told, "37.6 °C"]:
                await expect(lane).to_contain_text(words)
        served.site.show(
            lane_view(gate={"device": "gate-1", "online": True, "door": "open"}, waiting=0)
        )
        await expect(lane.locator(".door")).to_have_text("Open")
        await expect(lane).to_contain_text("Nobody waiting")


@pytest.mark.parametrize(
    ("celsius", "told"),
    [(37, "37.0 °C"), (36.449, "36.4 °C"), (37.06, "37.1 °C"), (None, "未测温")],
)
async def test_degrees_have_one_decimal(
    browser: Browser, served: Page, celsius: float | None, told: str
) -> None:
    served.site.show(lane_view(last=last("admit", ["healthy"], ago(now_ms(), 1), celsius=celsius)))
    served.site.happen("passage-decided", **decided(celsius=celsius))
    async with visiting(browser, served) as guard:
        await expect(guard.lane().locator(".celsius")).to_have_text(told)
        if celsius is not None:
            await expect(guard.rows().locator(".celsius")).to_have_text(told)


async def test_a_committed_decision_appears(browser: Browser, served: Page) -> None:
    async with visiting(browser, served) as guard:
        await expect(guard.lane()).to_contain_text("暂无来人")
        event = served.site.happen("passage-decided", **decided(decision="deny", reasons=["held"]))
        seen = last("deny", ["credential-forged"], ago(now_ms(), 0), event=event["id"])
        served.site.show(lane_view(last=seen))
        await expect(guard.rows(f'[data-seq="{event["seq"]}"]')).to_contain_text("禁行")
        await expect(guard.lane()).to_have_attribute("data-decision", "deny")
        await expect(guard.lane()).to_contain_text("疑似伪造")


async def test_a_policys_own_reason_is_told_in_its_own_words(
    browser: Browser, served: Page
) -> None:
    say = {"zh": "夜间不开放", "en": "Closed at night"}
    served.site.show(lane_view(last=last("deny", ["night"], ago(now_ms(), 1), say=say)))
    async with visiting(browser, served) as guard:
        await expect(guard.lane().locator(".reason")).to_have_text("夜间不开放")
        wait = {"zh": "请稍候", "en": "Please wait"}  # is for the person, not for the guard
        view = last("refer", ["gate-offline"], ago(now_ms(), 1), say=wait)
        served.site.show(lane_view(last=view))
        await expect(guard.lane().locator(".reason")).to_have_text("闸机离线")


async def test_a_referral_calls_until_it_is_answered(browser: Browser, served: Page) -> None:
    view = last("refer", ["temperature-high"], ago(now_ms(), 40))
    served.site.show(lane_view(last=view, referred=[referred()]))
    async with visiting(browser, served) as guard:
        await expect(guard.lane()).to_have_attribute("data-fresh", "true")
        await expect(guard.button("measure")).to_be_visible()
        served.site.show(lane_view(last=view, referred=[referred(answered=True)]))
        await expect(guard.lane()).to_have_attribute("data-fresh", "false")
        served.site.show(lane_view(last=view))
        await expect(guard.button("measure")).to_have_count(0)


async def test_who_was_referred_before_the_last_person_is_not_forgotten(
    browser: Browser, served: Page
) -> None:
    view = last("admit", ["healthy"], ago(now_ms(), 1), event="event-9", visit="visit-9")
    waits = [referred(), referred("event-2", "visit-2"), referred("e-3", "v-3", answered=True)]
    served.site.show(lane_view(last=view, referred=waits))
    async with visiting(browser, served) as guard:
        await expect(guard.lane().locator(".referred li")).to_have_count(2)
        await expect(guard.lane().locator(".referred [data-act=measure]")).to_have_count(2)


async def test_modes_stand_above_the_last_decision(browser: Browser, served: Page) -> None:
    view = last("admit", ["healthy"], ago(now_ms(), 1))
    served.site.show(lane_view(mode="released", last=view))
    async with visiting(browser, served) as guard:
        await expect(guard.lane()).to_contain_text("常开放行")
        await expect(guard.lane()).not_to_contain_text("体温正常")
        await expect(guard.button("open")).to_have_count(0)
        served.site.show(lane_view(mode="lockdown", last=view))
        await expect(guard.lane().locator(".mode")).to_contain_text("禁止进入")
        await expect(guard.lane()).to_contain_text("体温正常")


async def test_the_way_out_is_free_and_asks_nobody(browser: Browser, served: Page) -> None:
    served.site.show(lane_view("north-out", direction="out"))
    async with visiting(browser, served) as guard:
        await expect(guard.button("open", "north-out")).to_be_visible()
        await expect(guard.button("lock", "north-out")).to_have_count(0)
        await expect(guard.lane("north-out").locator(".last")).to_be_hidden()


async def test_an_offline_gate_is_never_shown_as_closed(browser: Browser, served: Page) -> None:
    gone = {"device": "gate-1", "online": False, "door": "unknown"}
    devices = [
        {"device": "gate-1", "role": "gate", "online": False},
        {"device": "scan-1", "role": "scanner", "online": False},
    ]
    served.site.show(lane_view(gate=gone, devices=devices))
    async with visiting(browser, served) as guard:
        await expect(guard.lane().locator(".door")).to_have_text("闸机离线")
        await expect(guard.lane().locator(".offline")).to_contain_text("扫码器 scan-1")


async def test_the_sites_own_alarms_stand_above_all_lanes_once(
    browser: Browser, served: Page
) -> None:
    alarm = {
        "id": "a-1", "alarm": "disk-full", "severity": 3, "at": ago(now_ms(), 5),
        "lane": None, "device": None,
    }  # fmt: skip
    for lane in ("north-in", "south-in"):
        served.site.show(lane_view(lane, alarms=[alarm]))
    async with visiting(browser, served) as guard:
        await expect(guard.tab.locator("#site-alarms li")).to_have_count(1)
        await expect(guard.tab.locator("#site-alarms")).to_contain_text("磁盘已满")
        await expect(guard.tab.locator(".tile .alarms li")).to_have_count(0)
        for lane in ("north-in", "south-in"):
            served.site.show(lane_view(lane))
        await expect(guard.tab.locator("#site-alarms")).to_be_hidden()


async def test_the_tongue_outlives_the_tab(browser: Browser, served: Page) -> None:
    async with visiting(browser, served) as guard:
        await expect(guard.tab.locator("html")).to_have_attribute("lang", "zh-CN")
        await guard.speak("en")
        await guard.tab.reload()
        await guard.live()
        await expect(guard.tab.locator("html")).to_have_attribute("lang", "en")
        await expect(guard.lane()).to_contain_text("Nobody yet")
        assert "Riverside" in await guard.tab.title()


async def test_a_viewer_is_offered_no_act(browser: Browser, served: Page) -> None:
    view = last("refer", ["temperature-high"], ago(now_ms(), 1))
    alarm = {
        "id": "a-1", "alarm": "tailgating", "severity": 3, "at": ago(now_ms(), 5),
        "lane": "north-in", "device": None,
    }  # fmt: skip
    waits = [referred(), referred("e-2", "v-2")]
    served.site.show(lane_view(last=view, referred=waits, alarms=[alarm]))
    async with visiting(browser, served, "viewer") as guard:
        await expect(guard.lane()).to_contain_text("有人尾随通过")
        await expect(guard.tab.locator("[data-act]")).to_have_count(0)


async def test_no_foreign_text_becomes_markup(browser: Browser, served: Page) -> None:
    site = served.site
    site.operations.name = {"zh": HOSTILE, "en": HOSTILE}
    name = {"zh": HOSTILE, "en": HOSTILE}
    view = last("refer", [HOSTILE], ago(now_ms(), 1), say=name, celsius=HOSTILE)
    devices = [{"device": HOSTILE, "role": HOSTILE, "online": False}]
    alarm = {
        "id": HOSTILE, "alarm": HOSTILE, "severity": 1, "at": HOSTILE, "device": HOSTILE,
        "lane": "north-in",
    }  # fmt: skip
    site.show(lane_view(name=name, last=view, devices=devices, alarms=[alarm]))
    site.happen("operator-acted", lane="north-in", act=HOSTILE, by=HOSTILE, reason=HOSTILE)
    site.happen("passage-decided", **decided(decision=HOSTILE, reasons=[HOSTILE], celsius=HOSTILE))
    async with visiting(browser, served) as guard:
        await expect(guard.rows()).to_have_count(2)
        await expect(guard.lane().locator("h2")).to_have_text(HOSTILE)
        assert await guard.tab.locator("main img, main script").count() == 0
        await guard.button("open").click()
        await expect(guard.dialog()).to_contain_text(HOSTILE)
        assert await guard.dialog().locator("img, script").count() == 0
        assert await guard.tab.title() != "hit"


async def test_the_policy_of_content_holds_in_the_browser(browser: Browser, served: Page) -> None:
    async with visiting(browser, served, quiet=False) as guard:
        assert guard.faults == []
        ran = """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<p style='color: red' onclick='1'></p>");
            return window.ran === true;
        }"""
        assert await guard.tab.evaluate(ran) is False
        refused = "() => fetch('http://127.0.0.1:9/x').then(() => false, () => true)"
        assert await guard.tab.evaluate(refused)
        assert any("Content Security Policy" in fault for fault in guard.faults)
        guard.hosts.discard("127.0.0.1:9")


async def test_a_name_is_there_as_long_as_its_visit(browser: Browser, served: Page) -> None:
    seen = last("refer", ["temperature-high"], ago(now_ms(), 2))
    served.site.show(lane_view(last=seen, referred=[referred()]))
    person = {"visit": "visit-1", "name": HOSTILE, "born": "1990-01-02"}
    async with visiting(browser, served) as guard, visiting(browser, served, "viewer") as viewer:
        served.site.feed.people_changed("north-in", [person, person | {"visit": "gone"}])
        await expect(guard.lane().locator(".person")).to_have_text(f"{HOSTILE} · 1990-01-02")
        await expect(viewer.lane().locator(".person")).to_have_count(0)
        served.site.feed.people_changed("north-in", [])
        await expect(guard.lane().locator(".person")).to_have_count(0)
        assert "1990-01-02" not in await guard.tab.content()


async def test_a_page_that_lost_its_line_forgets_names(browser: Browser, access: Access) -> None:
    site = site_in_memory()
    async with serve(site, access) as page, visiting(browser, page, quiet=False) as guard:
        site.show(lane_view(last=last("refer", ["temperature-high"], ago(now_ms(), 2))))
        site.feed.people_changed("north-in", [{"visit": "visit-1", "name": "Lee Ann"}])
        await expect(guard.lane().locator(".person")).to_have_text("Lee Ann")
        await page.stop()
        await expect(guard.lane().locator(".person")).to_have_count(0)
