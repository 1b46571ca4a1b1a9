"""gateway.web.passes: administrators hand out passes, list them, take them back."""

from typing import Any

import httpx
import pytest

from tests.gateway.web.conftest import bearer

ADMIN = bearer("admin")
PASSES = "/api/v1/passes"


async def issue(client: httpx.AsyncClient, **body: Any) -> httpx.Response:  # noqa: ANN401
    return await client.post(PASSES, json=body, headers=ADMIN)


async def test_a_pass_is_handed_out_listed_without_its_link_and_taken_back(
    client: httpx.AsyncClient,
) -> None:
    answer = await issue(
        client, kind="visitor", gates=["north-gate"], times="daily 08:00-20:00", uses_per_day=2
    )
    assert answer.status_code == 200
    told = answer.json()
    assert told["link"].startswith("/pass#1.")
    assert (told["text"], told["rotating"], told["revoked"]) == (None, True, None)
    (listed,) = (await client.get(PASSES, headers=ADMIN)).json()["passes"]
    assert listed == {key: value for key, value in told.items() if key not in {"link", "text"}}
    revoked = await client.post(f"{PASSES}/{told['id'][:8]}/revoke", headers=ADMIN)
    assert revoked.json()["revoked"]
    (listed,) = (await client.get(PASSES, headers=ADMIN)).json()["passes"]
    assert listed["revoked"] == revoked.json()["revoked"]


async def test_a_printed_pass_comes_with_its_text(client: httpx.AsyncClient) -> None:
    told = (await issue(client, kind="delivery", static=True)).json()
    assert told["text"].startswith("MP1:")


async def test_answers_have_the_shape_they_are_said_to_have(client: httpx.AsyncClient) -> None:
    told = (await issue(client, kind="resident", minor=True)).json()
    listed = (await client.get(PASSES, headers=ADMIN)).json()
    document = (await client.get("/api/v1/openapi.json", headers=ADMIN)).json()
    schemas = document["components"]["schemas"]
    assert set(told) == set(schemas["PassAnswer"]["properties"])
    assert set(listed) == set(schemas["PassesAnswer"]["properties"])


async def test_pages_of_the_list_join_up(client: httpx.AsyncClient) -> None:
    made = [(await issue(client, kind="resident")).json()["id"] for _ in range(5)]
    found: list[str] = []
    skip: int | None = 0
    while skip is not None:
        page = (await client.get(f"{PASSES}?skip={skip}&limit=2", headers=ADMIN)).json()
        found += [one["id"] for one in page["passes"]]
        skip = page["next"]
    assert found == made[::-1]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "kind: must be given"),
        ({"kind": "guest"}, "kind: must be one of resident"),
        ({"kind": "visitor", "name": "A. Person"}, "name: no such parameter here"),
        ({"kind": "visitor", "gates": ["east"]}, "gates: must be up to 16 of"),
        ({"kind": "visitor", "gates": ["x"] * 17}, "gates: "),
        ({"kind": "visitor", "to": "2020-01-01"}, "to: must lie behind from"),
        ({"kind": "visitor", "to": "x" * 33}, "to: "),
        ({"kind": "visitor", "uses_per_day": "2"}, "uses_per_day: "),
        ({"kind": "visitor", "times": "x"}, "times: must look like"),
    ],
)
async def test_what_cant_be_is_told_with_what_would_be_right(
    client: httpx.AsyncClient, body: dict[str, Any], told: str
) -> None:
    answer = await issue(client, **body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(told)
    assert "Person" not in answer.text


@pytest.mark.parametrize("number", ["00000000", "0000-0000", "f" * 32])
async def test_a_number_of_no_pass_is_not_found(client: httpx.AsyncClient, number: str) -> None:
    await issue(client, kind="resident")
    answer = await client.post(f"{PASSES}/{number}/revoke", headers=ADMIN)
    assert answer.status_code == 404


async def test_only_administrators_may(client: httpx.AsyncClient) -> None:
    for role in ("viewer", "guard"):
        for method, path in (
            ("GET", PASSES),
            ("POST", PASSES),
            ("POST", f"{PASSES}/{'0' * 8}/revoke"),
        ):
            answer = await client.request(
                method, path, headers=bearer(role), json={"kind": "staff"}
            )
            assert answer.status_code == 403, (role, path)
    assert (await client.get(PASSES)).status_code == 401
