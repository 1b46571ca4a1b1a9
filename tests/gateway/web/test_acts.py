"""gateway.web.acts: what reaches the runtime when somebody acts."""

import httpx
import pytest

from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site

OPEN = "/api/v1/lanes/north-in/open"
GUARD = bearer("guard")


async def test_an_opening_carries_reason_role_and_name(
    client: httpx.AsyncClient, site: Site
) -> None:
    answer = await client.post(OPEN, json={"reason": "  快递 parcel "}, headers=GUARD)
    assert answer.json() == {"command": "cmd-1", "state": "opened"}
    [act] = site.operations.acts
    assert (act.act, act.lane, act.reason) == ("open", "north-in", "快递 parcel")
    assert (act.by, act.role) == ("guard-post", "guard")


async def test_the_same_key_is_the_same_act_of_the_same_person_on_the_same_lane(
    client: httpx.AsyncClient, site: Site
) -> None:
    keyed = GUARD | {"Idempotency-Key": "k-1"}
    first = await client.post(OPEN, json={"reason": "parcel"}, headers=keyed)
    again = await client.post(OPEN, json={"reason": "parcel"}, headers=keyed)
    assert first.json() == again.json()
    elsewhere = "/api/v1/lanes/north-in/release"
    await client.post(elsewhere, headers=keyed)
    other = bearer("admin") | {"Idempotency-Key": "k-1"}
    await client.post(OPEN, json={"reason": "parcel"}, headers=other)
    await client.post(OPEN, json={"reason": "parcel"}, headers=GUARD)
    keys = [act.key for act in site.operations.acts]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "reason: must be given"),
        ({"reason": "  "}, "reason: must have at least 1 character"),
        ({"reason": "x" * 201}, "reason: must have at most 200 characters"),
        ({"reason": "a\nb"}, "reason: must be one line of printable text"),
        ({"reason": 5}, "reason: must be a valid string"),
        ({"reason": "parcel", "force": True}, "force: no such parameter here"),
        ([], "body: must be one JSON object, sent as application/json"),
    ],
)
async def test_an_opening_needs_a_reason(
    client: httpx.AsyncClient, site: Site, body: object, sentence: str
) -> None:
    answer = await client.post(OPEN, json=body, headers=GUARD)
    assert (answer.status_code, answer.json()) == (422, {"detail": sentence})
    assert site.operations.acts == []


async def test_a_refused_act_says_why_in_both_tongues(
    client: httpx.AsyncClient, site: Site
) -> None:
    site.operations.refuse = "gate-offline"
    answer = await client.post(OPEN, json={"reason": "parcel"}, headers=GUARD)
    assert answer.status_code == 409
    told = {"refused": "gate-offline", "zh": "闸机离线", "en": "The gate is offline"}
    assert answer.json() == told


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, site: Site) -> None:
    nowhere = await client.post("/api/v1/lanes/moon/open", json={"reason": "x"}, headers=GUARD)
    assert nowhere.status_code == 404
    assert site.operations.acts == []
    site.operations.refuse = "unknown-alarm"
    gone = await client.post("/api/v1/alarms/a-9/acknowledge", headers=GUARD)
    assert gone.status_code == 404


async def test_a_second_measurement_reaches_its_visit(
    client: httpx.AsyncClient, site: Site
) -> None:
    url = "/api/v1/visits/visit-1/second-measure"
    answer = await client.post(url, json={"celsius": 36.6, "method": "ear"}, headers=GUARD)
    assert answer.json() == {"command": None, "state": "done"}
    [act] = site.operations.acts
    assert (act.target, act.celsius, act.method) == ("visit-1", 36.6, "ear")


@pytest.mark.parametrize("celsius", ["36.6", None, "NaN", 1e400, 24.9, 45.1, True])
async def test_what_is_no_body_temperature_is_not_taken(
    client: httpx.AsyncClient, site: Site, celsius: object
) -> None:
    url = "/api/v1/visits/visit-1/second-measure"
    text = "Infinity" if celsius == 1e400 else "NaN" if celsius == "NaN" else None
    body = {"celsius": celsius, "method": "ear"}
    if text is None:
        answer = await client.post(url, json=body, headers=GUARD)
    else:
        content = f'{{"celsius": {text}, "method": "ear"}}'
        headers = GUARD | {"Content-Type": "application/json"}
        answer = await client.post(url, content=content, headers=headers)
    assert answer.status_code == 422
    assert site.operations.acts == []


async def test_lanes_are_given_as_they_stand(client: httpx.AsyncClient, site: Site) -> None:
    answer = await client.get("/api/v1/lanes", headers=bearer("viewer"))
    assert answer.json() == {"lanes": site.operations.lanes()}
