"""The page in a browser: which policy judges, what is wrong with the other one, an order lifted."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from edge_rules.inputs import Act
from tests.gateway.web.browser import visiting
from tests.gateway.web.server import Page

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

FAULT = "policy.yaml:7:23: unknown fact `temperature.celsus`"
REFUSED = {"source": "file", "by": None, "fault": FAULT, "faults": 2, "at": "2026-11-24T00:00:00Z"}
ORDER = {"order": "o-7", "name": "curfew", "policy": "c" * 32, "ends": "2026-11-25T00:00:00.000Z"}
SHADOW: dict[str, Any] = {
    "policy": "b" * 32, "name": "stricter", "judged": 40,
    "differences": [{"decision": "admit", "shadow": "refer", "count": 3}],
}  # fmt: skip


async def test_the_policy_in_force_is_named_and_a_change_is_seen_at_once(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        name = guard.tab.locator("#policy")
        await expect(name).to_have_text("规则 riverside-gate · aaaaaaaa")
        served.site.policies.shown |= {"policy": "d" * 32, "name": "night"}
        served.site.happen("policy-changed", policy="d" * 32, name="night", source="file", by=None)
        await expect(name).to_have_text("规则 night · dddddddd")
        await guard.speak("en")
        await expect(name).to_have_text("Policy night · dddddddd")


async def test_a_refused_policy_is_an_alert_with_its_sentence_until_it_is_mended(
    browser: Browser, served: Page
) -> None:
    async with visiting(browser, served) as guard:
        alert = guard.tab.locator("#policy-lines").get_by_role("alert")
        await expect(alert).to_have_count(0)
        served.site.policies.shown["refused"] = REFUSED
        served.site.happen("policy-refused", source="file", by=None, fault=FAULT, faults=2)
        await expect(alert).to_have_text(f"新规则有错,未启用:{FAULT}")
        await expect(guard.rows('[data-type="policy-refused"]')).to_contain_text("celsus")
        served.site.policies.shown["refused"] = None
        served.site.happen("policy-changed", policy="d" * 32, name="night", source="file", by=None)
        await expect(alert).to_have_count(0)


async def test_an_order_is_shown_and_a_guard_asks_to_lift_it(
    browser: Browser, served: Page
) -> None:
    served.site.policies.shown["orders"] = [ORDER]
    served.site.operations.refuse = "needs-second-operator"
    async with visiting(browser, served, quiet=False) as guard:
        order = guard.tab.locator('[data-order="o-7"]')
        await expect(order).to_contain_text("总部命令 curfew · o-7")
        await order.get_by_role("button", name="中止命令").click()
        await guard.dialog().get_by_role("checkbox").check()
        await guard.dialog().get_by_role("button", name="中止命令").click()
        await expect(guard.dialog()).to_contain_text("另一人在 10 分钟内")
        [act] = served.site.operations.acts
        assert (act.act, act.target) == (Act.SUSPEND_ORDER, "o-7")
    async with visiting(browser, served, "viewer") as viewer:
        await expect(viewer.tab.locator('[data-order="o-7"]')).to_be_visible()
        await expect(viewer.tab.locator('[data-act="suspend"]')).to_have_count(0)


async def test_a_policy_on_trial_is_told_to_admins_alone(browser: Browser, served: Page) -> None:
    served.site.policies.shown["shadow"] = SHADOW
    async with visiting(browser, served, "admin") as admin:
        await admin.speak("en")
        told = "On trial stricter: 3 of 40 differ · Admit → Refer 3"
        await expect(admin.tab.locator(".policy-shadow")).to_have_text(told)
    async with visiting(browser, served) as guard:
        await expect(guard.tab.locator("#policy")).to_be_visible()
        await expect(guard.tab.locator(".policy-shadow")).to_be_hidden()
