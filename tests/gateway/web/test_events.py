"""gateway.web.events: pages, the table, explanations, and what is wrong with a question."""

import csv
import io

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.events import COLUMNS, _cell
from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site, decided

VIEWER = bearer("viewer")


async def test_pages_follow_each_other_without_a_gap(client: httpx.AsyncClient, site: Site) -> None:
    for _ in range(7):
        site.happen("passage-decided", **decided())
    after, pages = 0, []
    while True:
        question = {"after": after, "limit": 3}
        page = (await client.get("/api/v1/events", params=question, headers=VIEWER)).json()
        pages.append([event["seq"] for event in page["events"]])
        if page["next"] is None:
            break
        after = page["next"]
    assert pages == [[1, 2, 3], [4, 5, 6], [7]]


async def test_a_full_last_page_has_no_next(client: httpx.AsyncClient, site: Site) -> None:
    site.happen("passage-decided", **decided())
    page = (await client.get("/api/v1/events?limit=1", headers=VIEWER)).json()
    assert page["next"] is None
    nothing = (await client.get("/api/v1/events?after=1", headers=VIEWER)).json()
    assert nothing == {"events": [], "next": None}


@pytest.mark.parametrize(
    ("question", "seqs"),
    [
        ("", [1, 2, 3]),
        ("lane=south-out", [3]),
        ("type=passage-decided", [1, 2]),
        ("decision=refer", [2]),
        ("from=2026-11-24T00:00:02Z", [2, 3]),
        ("to=2026-11-24T00:00:02Z", [1]),
        ("from=2026-11-24T08:00:02%2B08:00&to=2026-11-24T00:00:03Z", [2]),
        ("lane=&type=&decision=&from=&to=", [1, 2, 3]),
    ],
)
async def test_filters(
    client: httpx.AsyncClient, site: Site, question: str, seqs: list[int]
) -> None:
    site.happen("passage-decided", **decided())
    site.happen("passage-decided", **decided(decision="refer", reasons=["temperature-high"]))
    site.happen("device-offline", lane="south-out", device="scan-2")
    page = (await client.get(f"/api/v1/events?{question}", headers=VIEWER)).json()
    assert [event["seq"] for event in page["events"]] == seqs


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("limit=1001", "limit: must be less than or equal to 1000, not '1001'"),
        ("limit=0", "limit: must be greater than or equal to 1, not '0'"),
        ("after=-1", "after: must be greater than or equal to 0, not '-1'"),
        ("after=soon", "after: must be a whole number, not 'soon'"),
        (f"after={2**63}", f"after: must be less than or equal to {2**63 - 1}, not '{2**63}'"),
        ("decision=maybe", "decision: must be 'admit', 'deny' or 'refer', not 'maybe'"),
        (
            "from=yesterday",
            "from: not an RFC 3339 time such as 2026-11-23T08:00:00.123Z, not 'yesterday'",
        ),
        ("since=1", "since: no such parameter here"),
        ("lane=A", "lane: must match pattern '^[a-z0-9-]{1,64}$', not 'A'"),
    ],
)
async def test_a_wrong_parameter_is_named_in_one_sentence(
    client: httpx.AsyncClient, question: str, sentence: str
) -> None:
    answer = await client.get(f"/api/v1/events?{question}", headers=VIEWER)
    assert (answer.status_code, answer.json()) == (422, {"detail": sentence})


async def test_the_table_has_all_events_and_no_subject(
    client: httpx.AsyncClient, site: Site
) -> None:
    for _ in range(1200):
        site.disk.add("passage-decided", **decided())
    site.happen("operator-acted", act="open", by="desk", reason='=HYPERLINK("http://evil","x")')
    answer = await client.get("/api/v1/events.csv", headers=VIEWER)
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 1201
    assert rows[0]["celsius"] == "36.5"
    assert rows[0]["credential_status"] == "valid"
    assert rows[-1]["reason"].startswith("'=")
    assert "s-1" not in answer.text


@given(st.text())
def test_no_text_in_a_cell_is_a_formula(text: str) -> None:
    assert not _cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_stay_numbers_and_lists_are_words() -> None:
    assert _cell(-1.5) == "-1.5"
    assert _cell(["fever", "no-code"]) == "fever no-code"
    assert _cell(None) == ""
    assert "subject" not in " ".join(COLUMNS)
