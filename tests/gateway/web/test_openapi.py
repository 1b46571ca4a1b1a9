"""gateway.web.openapi: the document is whole, true, and says who may ask what."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from gateway.web import acts, events, explanation, health, pages, passes, policies, visits
from tests.conftest import REPOSITORY
from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site, decided

OPEN = {"/healthz", "/signin"}


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/v1/openapi.json", headers=bearer("viewer"))
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_every_address_is_in_it(document: dict[str, Any]) -> None:
    routes = {
        (route.path, method.lower())
        for module in (acts, events, explanation, health, pages, passes, policies, visits)
        for route in module.router.routes
        if isinstance(route, APIRoute) and route.path != "/"
        for method in route.methods or ()
    }
    assert {(path, method) for path, method, _ in operations(document)} == routes
    assert document["openapi"].startswith("3.")


async def test_every_address_is_explained(document: dict[str, Any]) -> None:
    told = (REPOSITORY / "docs" / "api.md").read_text("utf-8")
    for path, method, _ in operations(document):
        shortened = f"`…/{path.rsplit('/', 1)[1]}`"
        assert f"{method.upper()} {path}" in told or shortened in told, path


async def test_everything_but_two_needs_a_token_or_a_session(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert (schemes["token"]["scheme"], schemes["session"]["name"]) == (
        "bearer",
        "menshen-riverside",
    )
    assert document["security"] == [{"token": []}, {"session": []}]
    for path, _, operation in operations(document):
        assert operation.get("security") == ([] if path in OPEN else None)
        if path not in OPEN:
            assert "401" in operation["responses"]


async def test_acts_tell_every_way_they_may_fail(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if method in {"post", "put", "delete"} and path.startswith("/api/"):
            assert {"401", "403", "404", "409", "413", "422"} <= set(operation["responses"])
            [schema] = operation["responses"]["409"]["content"].values()
            assert schema["schema"]["$ref"].endswith("/NotDone")


async def test_every_reference_leads_somewhere_and_every_shape_is_ours(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named == set(schemas)
    assert not {"HTTPValidationError", "ValidationError"} & named


async def test_answers_have_the_shape_they_are_said_to_have(
    client: httpx.AsyncClient, site: Site, document: dict[str, Any]
) -> None:
    site.happen("passage-decided", **decided(visit="v-1"))
    headers = bearer("guard")
    for path, name in (
        ("/api/v1/lanes", "LanesAnswer"),
        ("/api/v1/events", "EventsAnswer"),
        ("/api/v1/session", "SessionAnswer"),
        ("/api/v1/decisions/v-1/explanation", "ExplanationAnswer"),
        ("/api/v1/policy", "PolicyAnswer"),
        ("/readyz", "ReadyAnswer"),
        ("/healthz", "AliveAnswer"),
    ):
        answer = (await client.get(path, headers=headers)).json()
        assert set(answer) == set(document["components"]["schemas"][name]["properties"])
    [lane] = (await client.get("/api/v1/lanes", headers=headers)).json()["lanes"]
    assert set(document["components"]["schemas"]["LaneView"]["required"]) <= set(lane)
