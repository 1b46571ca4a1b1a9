"""gateway.web.explanation: why a person passed or not, worked out anew."""

from typing import Any

import httpx
import pytest

from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.explaining import Explainer
from tests.edge_rules.policy.policies import with_rules
from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site, decided

VIEWER = bearer("viewer")
POLICY = with_rules(
    ("temperature.celsius >= temperature.limit", "refer"),
    ("credential.status == 'valid' && temperature.celsius < temperature.limit", "admit"),
    ("access.listed", "deny"),
)
FACTS: dict[str, Any] = {
    "credential": {"status": "valid", "kind": "eu-dcc", "age": 86400.5},
    "temperature": {"celsius": 38.1, "limit": 37.3},
    "access": {"listed": False},
    "now": "2026-11-24T00:00:00.000Z",
}


def explainable(site: Site, **changed: object) -> dict[str, Any]:
    """A decision of a policy that is kept."""
    policy = compile_policy(POLICY)
    site.policies.explainers[policy.hash] = Explainer(POLICY, policy)
    body = decided(
        decision="refer", reasons=["reason-1"], rules=["rule-1"], missing=[], doubts=[],
        said=None, policy=policy.hash, facts=FACTS, celsius=38.1,
    )  # fmt: skip
    return site.happen("passage-decided", **body | changed)


async def told_of(client: httpx.AsyncClient, id_: str = "visit-1") -> dict[str, Any]:
    answer = await client.get(f"/api/v1/decisions/{id_}/explanation", headers=VIEWER)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def test_each_condition_is_told_with_its_truth_and_its_values(
    client: httpx.AsyncClient, site: Site
) -> None:
    explainable(site)
    told = await told_of(client)
    assert (told["explained"], told["agrees"], told["left_out"]) == ("conditions", True, 0)
    assert told["note"] is None
    assert [(one["rule"], one["then"], one["fires"]) for one in told["asked"]] == [
        ("rule-1", "refer", True),
        ("rule-2", "admit", False),
        ("rule-3", "deny", False),
    ]
    hot, valid, cool, listed = told["conditions"]
    assert (hot["rule"], hot["condition"], hot["holds"]) == (
        "rule-1", "temperature.celsius >= temperature.limit", True,
    )  # fmt: skip
    assert hot["values"] == {"temperature.celsius": 38.1, "temperature.limit": 37.3}
    assert hot["zh"].startswith("规则 rule-1:temperature.celsius >= temperature.limit 成立")
    assert [one["holds"] for one in (valid, cool, listed)] == [True, False, False]


async def test_a_condition_that_lacks_a_fact_is_neither_true_nor_false(
    client: httpx.AsyncClient, site: Site
) -> None:
    gap = {"rule": "rule-3", "fact": "access.listed"}
    facts = {**FACTS, "access": {}}
    reasons = ["reason-1", "fact-missing"]
    explainable(site, facts=facts, missing=[gap], rules=["rule-1", "rule-3"], reasons=reasons)
    told = await told_of(client)
    assert told["agrees"] is True
    assert told["asked"][-1]["fires"] is None
    last = told["conditions"][-1]
    assert (last["holds"], last["missing"]) == (None, ["access.listed"])
    assert "无法判断" in last["zh"]
    assert told["sentences"]["en"][-1] == "Rule rule-3 lacks access.listed"


async def test_a_policy_that_is_gone_is_said_and_the_record_told(
    client: httpx.AsyncClient, site: Site
) -> None:
    explainable(site, policy="f" * 32)
    told = await told_of(client)
    assert (told["explained"], told["agrees"]) == ("policy-gone", None)
    assert (told["asked"], told["conditions"]) == ([], [])
    assert (told["facts"], told["rules"]) == (FACTS, ["rule-1"])
    assert "f" * 32 in told["note"]["en"]
    assert "已不在" in told["note"]["zh"]


async def test_where_no_policy_was_asked_that_is_said(
    client: httpx.AsyncClient, site: Site
) -> None:
    explainable(site, reasons=["reading-stale"], rules=[], facts=None, doubts=["reading-stale"])
    told = await told_of(client)
    assert (told["explained"], told["doubts"]) == ("not-asked", ["reading-stale"])
    assert told["note"]["zh"] == "没有询问策略"


async def test_what_stood_above_the_policy_is_told_beside_what_it_said(
    client: httpx.AsyncClient, site: Site
) -> None:
    cool = {**FACTS, "temperature": {"celsius": 36.0, "limit": 37.3}}
    said = {"decision": "admit", "reasons": ["reason-2"]}
    explainable(
        site, facts=cool, rules=["rule-2"], reasons=["lockdown"], doubts=["lockdown"], said=said
    )
    told = await told_of(client)
    assert (told["doubts"], told["said"], told["agrees"]) == (["lockdown"], said, True)


@pytest.mark.parametrize(
    "changed",
    [
        {"rules": ["rule-2"], "decision": "admit"},
        {"rules": ["rule-1", "rule-3"]},
        {"said": {"decision": "admit", "reasons": []}},
        {"facts": {**FACTS, "access": {"listed": True}}},
    ],
)
async def test_a_record_that_its_policy_does_not_bear_out_is_told(
    client: httpx.AsyncClient, site: Site, changed: dict[str, Any]
) -> None:
    explainable(site, **changed)
    assert (await told_of(client))["agrees"] is False


async def test_records_from_before_doubts_are_explained_too(
    client: httpx.AsyncClient, site: Site
) -> None:
    body = explainable(site)
    for key in ("doubts", "said"):
        del site.disk.events[-1][key]
    assert body["seq"] == 1
    assert (await told_of(client))["agrees"] is True


async def test_nobody_is_named(client: httpx.AsyncClient, site: Site) -> None:
    explainable(site)
    answer = await client.get("/api/v1/decisions/visit-1/explanation", headers=VIEWER)
    assert "s-1" not in answer.text
    assert "subject" not in answer.text


async def test_too_many_questions_are_refused(client: httpx.AsyncClient, site: Site) -> None:
    explainable(site)
    site.policies.busy = True
    answer = await client.get("/api/v1/decisions/visit-1/explanation", headers=VIEWER)
    assert (answer.status_code, answer.json()["detail"]) == (503, "ask again in a moment")


@pytest.mark.parametrize("asked", ["event-2", "visit-7"])
async def test_a_decision_is_explained_by_event_or_visit(
    client: httpx.AsyncClient, site: Site, asked: str
) -> None:
    site.happen("reading-received", lane="north-in", visit="visit-7")
    gap = {"rule": "fever", "fact": "temperature.celsius"}
    body = decided(visit="visit-7", decision="refer", reasons=["fact-missing"], missing=[gap])
    site.happen("passage-decided", **body)
    url = f"/api/v1/decisions/{asked}/explanation"
    told = (await client.get(url, headers=VIEWER)).json()
    assert (told["event"], told["visit"], told["decision"]) == ("event-2", "visit-7", "refer")
    assert told["reasons"] == ["fact-missing"]
    assert told["missing"] == [gap]
    assert told["policy"] == "abc"
    assert told["sentences"]["en"] == [
        "Something the rules need is missing",
        "Rule fever lacks temperature.celsius",
    ]
    assert told["sentences"]["zh"][1] == "规则 fever 缺少 temperature.celsius"


async def test_a_second_measurement_explains_the_later_decision(
    client: httpx.AsyncClient, site: Site
) -> None:
    site.happen("passage-decided", **decided(decision="refer", reasons=["temperature-high"]))
    site.happen("passage-decided", **decided(celsius=36.4))
    told = (await client.get("/api/v1/decisions/visit-1/explanation", headers=VIEWER)).json()
    assert (told["event"], told["decision"]) == ("event-2", "admit")


async def test_what_was_never_decided_is_not_explained(
    client: httpx.AsyncClient, site: Site
) -> None:
    site.happen("visit-abandoned", lane="north-in", visit="visit-1")
    answer = await client.get("/api/v1/decisions/visit-1/explanation", headers=VIEWER)
    assert answer.status_code == 404
