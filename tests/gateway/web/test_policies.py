"""gateway.web.policies: policies in, one step back, on trial; an order lifted by two."""

import httpx
import pytest

from edge_rules.inputs import Act
from gateway.web.bodies import MAX_BYTES, MAX_POLICY_BYTES
from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site

ADMIN = bearer("admin")
TEXT = "policy: new\n# 新\n"


async def test_a_policy_is_put_with_the_name_of_who_put_it(
    client: httpx.AsyncClient, site: Site
) -> None:
    answer = await client.put("/api/v1/policy", content=TEXT.encode(), headers=ADMIN)
    assert answer.json() == {"policy": "b" * 32, "name": "new", "state": "in-force"}
    assert site.policies.offers == [(TEXT, "admin-post")]


async def test_every_fault_of_a_policy_is_told_with_its_place(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/policy", "/api/v1/policy/shadow"):
        answer = await client.put(path, content=b"bad", headers=ADMIN)
        assert answer.status_code == 422
        assert answer.json() == {
            "detail": "2 fault(s), the first: policy:3:7: unknown name",
            "faults": [
                {"line": 3, "column": 7, "what": "unknown name"},
                {"line": 4, "column": 1, "what": "again"},
            ],
        }


async def test_a_text_that_is_no_utf_8_or_too_long_is_refused(
    client: httpx.AsyncClient, site: Site
) -> None:
    answer = await client.put("/api/v1/policy", content=b"ok\xff", headers=ADMIN)
    assert (answer.status_code, "at byte 2" in answer.json()["detail"]) == (422, True)
    long = await client.put("/api/v1/policy", content=b"x" * (2 * MAX_BYTES), headers=ADMIN)
    assert long.status_code == 200  # a policy may be longer than an act
    longer = b"x" * (MAX_POLICY_BYTES + 1)
    answer = await client.put("/api/v1/policy", content=longer, headers=ADMIN)
    assert answer.status_code == 413
    assert len(site.policies.offers) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/v1/policy"),
        ("POST", "/api/v1/policy/rollback"),
        ("PUT", "/api/v1/policy/shadow"),
        ("DELETE", "/api/v1/policy/shadow"),
    ],
)
async def test_only_an_admin_changes_policies(
    client: httpx.AsyncClient, site: Site, method: str, path: str
) -> None:
    for role in ("viewer", "guard"):
        answer = await client.request(method, path, content=b"x", headers=bearer(role))
        assert answer.status_code == 403
    assert (site.policies.offers, site.operations.acts) == ([], [])


async def test_a_rollback_repeated_with_its_key_is_one_step(
    client: httpx.AsyncClient, site: Site
) -> None:
    headers = {**ADMIN, "Idempotency-Key": "k-1"}
    for _ in range(2):
        answer = await client.post("/api/v1/policy/rollback", headers=headers)
        assert answer.json() == {"command": None, "state": "done"}
    assert [act.act for act in site.operations.acts] == [Act.ROLLBACK_POLICY] * 2
    assert len({act.key for act in site.operations.acts}) == 1


async def test_a_trial_begins_and_ends(client: httpx.AsyncClient) -> None:
    assert (await client.delete("/api/v1/policy/shadow", headers=ADMIN)).status_code == 404
    answer = await client.put("/api/v1/policy/shadow", content=b"x", headers=ADMIN)
    assert answer.json()["state"] == "shadow"
    told = (await client.get("/api/v1/policy", headers=bearer("viewer"))).json()
    assert told["shadow"]["by"] == "admin-post"
    answer = await client.delete("/api/v1/policy/shadow", headers=ADMIN)
    assert answer.json() == {"command": None, "state": "done"}


async def test_a_guard_may_ask_for_an_order_to_be_lifted(
    client: httpx.AsyncClient, site: Site
) -> None:
    site.operations.refuse = "needs-second-operator"
    answer = await client.post("/api/v1/orders/o-1/suspend", headers=bearer("guard"))
    assert (answer.status_code, answer.json()["refused"]) == (409, "needs-second-operator")
    [act] = site.operations.acts
    assert (act.act, act.target, act.by) == (Act.SUSPEND_ORDER, "o-1", "guard-post")
    answer = await client.post("/api/v1/orders/o-1/suspend", headers=bearer("viewer"))
    assert answer.status_code == 403
