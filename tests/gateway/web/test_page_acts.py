"""What a guard does at the page in a browser, and what he is told of it."""

import pytest
from playwright.async_api import Browser, expect

from gateway.people.people_list import Person, store_list
from gateway.tokens import TokenFile
from tests.gateway.web.browser import Guard, visiting
from tests.gateway.web.lanes_on_show import ago, last
from tests.gateway.web.server import Page
from tests.gateway.web.site_in_memory import lane_view
from tests.gateway.web.test_page_lanes import HOSTILE, now_ms, referred

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


async def confirm(guard: Guard) -> None:
    await guard.dialog().locator("button:not([type])").click()


async def test_an_opening_asks_for_a_reason_and_tells_the_gates_own_word(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        await guard.button("open").click()
        await expect(guard.dialog()).to_contain_text("打开 north-in?")
        assert await guard.dialog().locator(":checked").count() == 0
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("请选择或填写原因")
        assert served.site.operations.acts == []
        await guard.dialog().get_by_text("急救").click()
        await confirm(guard)
        await expect(guard.notice("good")).to_have_text("north-in · 门已打开")
        await expect(guard.dialog()).to_be_hidden()
    [act] = served.site.operations.acts
    assert (act.act, act.lane, act.reason, act.by[:5]) == ("open", "north-in", "急救", "link-")


async def test_ones_own_words_are_a_reason_too_and_stay_words(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        await guard.button("open").click()
        await guard.dialog().get_by_text("搬运大件").click()
        await guard.dialog().locator("input[name=other]").fill(f"  {HOSTILE} ")
        assert await guard.dialog().locator(":checked").count() == 0
        await guard.tab.keyboard.press("Enter")
        await expect(guard.dialog()).to_be_hidden()
        served.site.happen("operator-acted", lane="north-in", act="open", reason=HOSTILE)
        await expect(guard.rows()).to_contain_text(HOSTILE)
    assert [act.reason for act in served.site.operations.acts] == [HOSTILE]


@pytest.mark.parametrize(
    ("state", "tone", "told"),
    [
        ("commanded", "wait", "闸机还没有确认"),
        ("unknown", "bad", "门可能没开"),
    ],
)
async def test_a_gate_that_did_not_confirm_is_no_good_news(
    browser: Browser, served: Page, state: str, tone: str, told: str
) -> None:
    served.site.operations.opens = state
    async with visiting(browser, served) as guard:
        await guard.button("open").click()
        await guard.dialog().get_by_text("设备故障").click()
        await confirm(guard)
        await expect(guard.notice(tone)).to_contain_text(told)
        await expect(guard.notice("good")).to_have_count(0)
        await guard.notice(tone).get_by_role("button", name="知道了").click()
        await expect(guard.notice(tone)).to_have_count(0)


async def test_a_question_sent_again_is_the_same_act(browser: Browser, served: Page) -> None:
    async with visiting(browser, served, quiet=False) as guard:
        lost = "**/north-in/open"
        await guard.tab.route(lost, lambda route: route.abort())
        await guard.button("open").click()
        await guard.dialog().get_by_text("设备故障").click()
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("不知是否成功")
        await guard.tab.unroute(lost)
        served.site.operations.refuse = "lane-busy"
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("通道正有人通过")
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("通道正有人通过")
        await guard.dialog().get_by_text("取消").click()
        await guard.button("open").click()
        await guard.dialog().get_by_text("设备故障").click()
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("通道正有人通过")
    keys = [act.key for act in served.site.operations.acts]
    assert keys[0] == keys[1]
    assert keys[2] != keys[0]


async def test_two_taps_open_once(browser: Browser, served: Page) -> None:
    async with visiting(browser, served) as guard:
        await guard.button("open").click()
        await guard.dialog().get_by_text("急救").click()
        twice = "form => { form.requestSubmit(); form.requestSubmit(); }"
        await guard.dialog().locator("form").evaluate(twice)
        await expect(guard.notice("good")).to_be_visible()
    assert len(served.site.operations.acts) == 1


@pytest.mark.parametrize(("act", "mode"), [("release", "normal"), ("restore", "released")])
async def test_a_release_and_its_end_are_confirmed_twice(
    browser: Browser, served: Page, act: str, mode: str
) -> None:
    served.site.show(lane_view(mode=mode))
    async with visiting(browser, served) as guard:
        await guard.button(act).click()
        await confirm(guard)
        await expect(guard.dialog()).to_be_visible()  # the box is not ticked
        assert served.site.operations.acts == []
        await guard.dialog().get_by_role("checkbox").check()
        await confirm(guard)
        await expect(guard.notice("good")).to_be_visible()
    assert [acted.act for acted in served.site.operations.acts] == [act]


async def test_a_lockdown_is_confirmed_once_and_escape_does_nothing(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        await guard.button("lock").click()
        await expect(guard.dialog()).to_contain_text("离开始终不受限制")
        await guard.tab.keyboard.press("Escape")
        await expect(guard.dialog()).to_be_hidden()
        assert served.site.operations.acts == []
        await guard.button("lock").click()
        await confirm(guard)
        await expect(guard.notice("good")).to_be_visible()
    assert [act.act for act in served.site.operations.acts] == ["lock"]


async def test_a_second_measurement_of_a_referred_visit(browser: Browser, served: Page) -> None:
    view = last("refer", ["temperature-high"], ago(now_ms(), 20), celsius=37.8)
    waits = [referred(), referred("e-2", "visit-2")]
    served.site.show(lane_view(last=view, referred=waits))
    async with visiting(browser, served) as guard:
        for button in (guard.button("measure"), guard.lane().locator(".referred button")):
            await button.click()
            await guard.dialog().locator("[name=celsius]").fill("36.4")
            await confirm(guard)
            await expect(guard.dialog()).to_be_visible()  # no method is chosen yet
            await guard.dialog().get_by_text("耳温").click()
            await confirm(guard)
            await expect(guard.notice("good").last).to_contain_text("已记录")
    acts = [(act.act, act.target, act.celsius, act.method) for act in served.site.operations.acts]
    assert acts == [
        ("second-measure", "visit-1", 36.4, "ear"),
        ("second-measure", "visit-2", 36.4, "ear"),
    ]


async def test_an_alarm_is_acknowledged_by_one_tap(browser: Browser, served: Page) -> None:
    alarm = {
        "id": "a-1", "alarm": "tailgating", "severity": 3, "at": ago(now_ms(), 5),
        "lane": "north-in", "device": "gate-1",
    }  # fmt: skip
    fire = alarm | {"id": "a-2", "alarm": "disk-full", "lane": None, "device": None}
    served.site.show(lane_view(alarms=[alarm, fire]))
    async with visiting(browser, served) as guard:
        for place in (guard.lane(), guard.tab.locator("#site-alarms")):
            async with guard.tab.expect_response("**/acknowledge"):
                await place.get_by_role("button", name="确认").click()
        served.site.show(lane_view())
        await expect(guard.lane().locator(".alarms")).to_be_hidden()
    acts = served.site.operations.acts
    assert [(act.act, act.target) for act in acts] == [
        ("acknowledge", "a-1"),
        ("acknowledge", "a-2"),
    ]


async def test_a_refusal_is_told_in_the_tongue_that_is_spoken(
    browser: Browser, served: Page
) -> None:
    served.site.operations.refuse = "needs-second-person"
    async with visiting(browser, served, quiet=False) as guard:
        await guard.speak("en")
        await guard.button("open").click()
        await guard.dialog().get_by_text("Emergency").click()
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("It was not done: In a lockdown opening needs")


async def test_a_role_that_ended_meanwhile_is_told(browser: Browser, served: Page) -> None:
    async with visiting(browser, served, quiet=False) as guard:
        await guard.tab.evaluate("fetch('/signin?token=viewer-token')")  # in another tab
        await guard.button("lock").click()
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("您的身份不能这样做")
        TokenFile(served.access.folder).revoke("viewer-post")
        await confirm(guard)
        await expect(guard.dialog()).to_contain_text("登录已失效")
    assert served.site.operations.acts == []


async def test_a_keyboard_is_enough_and_the_focus_comes_back(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        for _ in range(20):
            await guard.tab.keyboard.press("Tab")
            if await guard.button("open").evaluate("each => each === document.activeElement"):
                break
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await guard.tab.evaluate(outline) == "solid"
        await guard.tab.keyboard.press("Enter")
        await guard.tab.keyboard.press("Space")  # the first reason has the focus
        view = last("deny", ["credential-forged"], ago(now_ms(), 0))
        served.site.show(lane_view(mode="lockdown", last=view, waiting=1))
        await expect(guard.lane()).to_have_attribute("data-mode", "lockdown")
        await guard.tab.keyboard.press("Enter")
        await expect(guard.dialog()).to_be_hidden()
        await expect(guard.button("open")).to_be_focused()
    assert [act.reason for act in served.site.operations.acts] == ["忘带手机或凭证"]


async def test_a_button_stays_under_the_finger_while_people_pass(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        await guard.button("open").hover()
        await guard.tab.mouse.down()
        for waiting in range(1, 4):
            view = last("admit", ["healthy"], ago(now_ms(), 0), event=f"e-{waiting}")
            served.site.show(lane_view(waiting=waiting, last=view))
            await expect(guard.lane()).to_contain_text(f"{waiting} 人等候")
        await guard.tab.mouse.up()
        await expect(guard.dialog()).to_be_visible()


async def test_who_has_no_code_comes_in_with_two_taps(browser: Browser, served: Page) -> None:
    async with visiting(browser, served) as guard:
        await guard.button("visit").click()
        await guard.dialog().get_by_text("欧盟健康证").click()
        await expect(guard.notice("good")).to_have_text("north-in · 已开始,结果见通道")
        await expect(guard.dialog()).to_be_hidden()
    [act] = served.site.operations.acts
    assert (act.act, act.lane, act.target) == ("start-visit", "north-in", None)
    assert act.vouched
    assert act.vouched.credential.kind == "eu-dcc"


async def test_a_referral_that_still_waits_is_decided_anew(browser: Browser, served: Page) -> None:
    seen = last("refer", ["credential-unreadable"], ago(now_ms(), 5))
    served.site.show(lane_view(last=seen, referred=[referred()]))
    async with visiting(browser, served) as guard:
        await guard.button("visit").click()
        await guard.dialog().get_by_text("急救").click()
        await expect(guard.notice("good")).to_be_visible()
    [act] = served.site.operations.acts
    assert act.target == seen["visit"]


async def test_children_come_in_with_who_was_just_let_in(browser: Browser, served: Page) -> None:
    seen = last("admit", ["healthy"], ago(now_ms(), 5))
    served.site.show(lane_view(last=seen))
    async with visiting(browser, served) as guard:
        await guard.speak("en")
        await guard.button("visit").click()
        await guard.dialog().get_by_label("How many").select_option("2")
        await guard.dialog().get_by_text("Children").click()
        await expect(guard.notice("good")).to_be_visible()
        served.site.show(lane_view(last=last("admit", ["healthy"], ago(now_ms(), 90))))
        await expect(guard.lane()).to_contain_text("min ago")
        await guard.button("visit").click()
        await expect(guard.dialog().get_by_text("Children")).to_have_count(0)
    [act] = served.site.operations.acts
    assert act.vouched
    assert (act.target, act.vouched.persons, act.vouched.credential.minor) == (
        seen["visit"],
        2,
        True,
    )


async def test_a_name_that_is_not_listed_can_be_typed_again_and_stays_nowhere(
    browser: Browser, served: Page
) -> None:
    store_list(served.access.folder, [Person("李小龙", "resident")])
    served.site.operations.refuse = "not-listed"
    async with visiting(browser, served, quiet=False) as guard:
        await guard.button("visit").click()
        await guard.dialog().get_by_role("button", name="查名单").click()
        assert served.site.operations.acts == []
        name = guard.dialog().locator("input[name=name]")
        await name.fill("李小虎")
        await name.press("Enter")
        await expect(guard.dialog()).to_contain_text("名单上没有此人")
        served.site.operations.refuse = None
        await name.fill("李小龙")
        await guard.dialog().get_by_role("button", name="查名单").click()
        await expect(guard.dialog()).to_be_hidden()
        page = await guard.tab.content()
        assert "李小" not in page
        assert await guard.tab.locator("input[name=name]").count() == 0
    first, second = (act.vouched for act in served.site.operations.acts)
    assert first
    assert second
    assert (first.refused, second.refused, second.listed) == ("not-listed", None, True)


async def test_who_only_views_and_closed_lanes_have_no_such_button(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served, "viewer") as guard:
        await expect(guard.button("visit")).to_have_count(0)
    served.site.show(lane_view(mode="lockdown"))
    async with visiting(browser, served) as guard:
        await expect(guard.button("open")).to_be_visible()
        await expect(guard.button("visit")).to_have_count(0)
