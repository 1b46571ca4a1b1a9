"""gateway.web.visits: how a guard's word reaches the runtime, and that no name does."""

from pathlib import Path

import httpx
import pytest

from edge_rules.credentials.credential import CredentialKind, CredentialStatus
from edge_rules.vouched import How
from gateway.access import Access
from gateway.people.people_list import Person, store_list
from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site

VISITS = "/api/v1/lanes/north-in/visits"
GUARD = bearer("guard")
PAPER = {"how": "paper", "checked": "document", "kind": "eu-dcc"}


@pytest.fixture
def people(access: Access) -> Path:
    store_list(access.folder, [Person("李小龙", "resident", "3-501"), Person("Ann Lee", "staff")])
    return access.folder


async def test_paper_that_was_compared_is_a_valid_credential_of_nobody(
    client: httpx.AsyncClient, site: Site
) -> None:
    answer = await client.post(VISITS, json=PAPER | {"visit": "v-1"}, headers=GUARD)
    assert answer.json() == {"command": None, "state": "done"}
    [act] = site.operations.acts
    assert (act.act, act.lane, act.target) == ("start-visit", "north-in", "v-1")
    assert act.vouched
    credential = act.vouched.credential
    assert (act.vouched.how, act.vouched.checked) == (How.PAPER, "document")
    assert (credential.kind, credential.status, credential.subject) == (
        CredentialKind.EU_DCC, CredentialStatus.VALID, None,
    )  # fmt: skip


@pytest.mark.usefixtures("people")
async def test_a_name_is_looked_up_and_left_behind(client: httpx.AsyncClient, site: Site) -> None:
    body = {"how": "list", "name": " 李 小龙 ", "home": "3号楼501"}
    assert (await client.post(VISITS, json=body, headers=GUARD)).status_code == 200
    [act] = site.operations.acts
    assert act.vouched
    assert (act.vouched.listed, act.vouched.credential.person) == (True, "resident")
    assert act.vouched.refused is None
    assert "小龙" not in repr(act)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "body", [{"name": "Bob Lee"}, {"name": "李小龙", "home": "3-502"}], ids=["name", "home"]
)
async def test_who_is_not_listed_is_refused_by_the_rules_so_that_it_is_on_record(
    client: httpx.AsyncClient, site: Site, body: dict[str, str]
) -> None:
    await client.post(VISITS, json={"how": "list"} | body, headers=GUARD)
    [act] = site.operations.acts
    assert act.vouched
    assert (act.vouched.refused, act.vouched.listed) == ("not-listed", False)


async def test_without_a_list_nobody_is_on_it(client: httpx.AsyncClient, site: Site) -> None:
    await client.post(VISITS, json={"how": "list", "name": "Ann"}, headers=GUARD)
    [act] = site.operations.acts
    assert act.vouched
    assert act.vouched.refused == "list-missing"


async def test_companions_and_a_guards_own_word(client: httpx.AsyncClient, site: Site) -> None:
    children = {"how": "companion", "visit": "v-1", "persons": 2, "minor": True}
    await client.post(VISITS, json=children, headers=GUARD)
    await client.post(VISITS, json={"how": "word", "person": "emergency"}, headers=GUARD)
    first, second = (act.vouched for act in site.operations.acts)
    assert first
    assert second
    assert (first.how, first.persons, first.credential.minor) == (How.COMPANION, 2, True)
    assert (second.how, second.credential.person) == (How.WORD, "emergency")
    assert second.credential.kind is CredentialKind.NONE


async def test_a_printed_pass_is_found_by_its_number(client: httpx.AsyncClient, site: Site) -> None:
    asked = {"kind": "resident", "static": True}
    issued = (await client.post("/api/v1/passes", json=asked, headers=bearer("admin"))).json()
    number = f"{issued['id'][:4]}-{issued['id'][4:8]}"
    body = {"how": "paper", "checked": "number", "number": number}
    for _ in range(2):
        await client.post(VISITS, json=body, headers=GUARD)
        await client.post(f"/api/v1/passes/{number}/revoke", headers=bearer("admin"))
    good, revoked = (act.vouched for act in site.operations.acts)
    assert good
    assert revoked
    assert good.credential.status is CredentialStatus.VALID
    assert (good.credential.person, good.credential.reason) == ("resident", "checked-by-number")
    assert good.credential.subject
    assert revoked.credential.status is CredentialStatus.REVOKED


async def test_no_number_stands_for_a_pass_on_a_phone(
    client: httpx.AsyncClient, site: Site
) -> None:
    issued = await client.post("/api/v1/passes", json={"kind": "staff"}, headers=bearer("admin"))
    body = {"how": "paper", "checked": "number", "number": issued.json()["id"]}
    await client.post(VISITS, json=body, headers=GUARD)
    [act] = site.operations.acts
    assert act.vouched
    assert act.vouched.refused == "pass-unknown"


@pytest.mark.usefixtures("people")
async def test_the_list_cannot_be_read_out(client: httpx.AsyncClient, site: Site) -> None:
    for number in range(40):
        body = {"how": "list", "name": f"Guess {chr(97 + number % 26)}{'x' * number}"}
        await client.post(VISITS, json=body, headers=GUARD)
    said = [act.vouched.refused for act in site.operations.acts if act.vouched]
    assert said == ["not-listed"] * 20 + ["list-asked-too-often"] * 20
    await client.post(VISITS, json={"how": "list", "name": "Ann Lee"}, headers=bearer("admin"))
    assert site.operations.acts[-1].vouched
    assert site.operations.acts[-1].vouched.listed


@pytest.mark.parametrize(
    "body",
    [
        {}, {"how": "magic"}, {"how": "list"}, {"how": "list", "name": " "},
        {"how": "list", "name": "Erika\nMustermann"}, {"how": "companion"},
        {"how": "companion", "visit": "v-1", "persons": 9}, {"how": "word"},
        {"how": "paper", "kind": "eu-dcc"}, PAPER | {"kind": "colour-code"},
        PAPER | {"name": "Erika"}, {"how": "paper", "checked": "number", "number": "Erika"},
        {"how": "list", "name": "Erika" * 40},
    ],
)  # fmt: skip
async def test_what_makes_no_visit_is_told_and_no_name_is_said_back(
    client: httpx.AsyncClient, site: Site, body: object
) -> None:
    answer = await client.post(VISITS, json=body, headers=GUARD)
    assert answer.status_code == 422
    assert "Erika" not in answer.text
    assert site.operations.acts == []


async def test_who_only_views_starts_nothing(client: httpx.AsyncClient, site: Site) -> None:
    answer = await client.post(VISITS, json=PAPER, headers=bearer("viewer"))
    assert answer.status_code == 403
    nowhere = await client.post(VISITS.replace("north", "moon"), json=PAPER, headers=GUARD)
    assert nowhere.status_code == 404
    assert site.operations.acts == []


async def test_the_same_key_is_the_same_visit(client: httpx.AsyncClient, site: Site) -> None:
    for _ in range(2):
        await client.post(VISITS, json=PAPER, headers=GUARD | {"Idempotency-Key": "k"})
    assert len({act.key for act in site.operations.acts}) == 1
