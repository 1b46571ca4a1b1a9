"""Reading the record: pages, a table, the live stream."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from gateway.access import Role
from gateway.ports import Disk, Event
from gateway.web.answers import EventsAnswer
from gateway.web.auth import operator_of
from gateway.web.feed import named_frame
from gateway.web.house import House, TheHouse, Viewer
from gateway.web.parameters import MAX_SEQ, EventFilter, EventPage
from gateway.web.stream import EventStream

router = APIRouter(prefix="/api/v1")

CSV_PAGE = 1000
COLUMNS = (
    *("seq", "id", "at", "site", "lane", "device", "visit", "type", "decision", "reasons"),
    *("rules", "celsius", "credential_kind", "credential_status", "grant", "command", "latency_ms"),
    *("act", "by", "role", "reason", "alarm", "severity", "policy"),
)


class Table(StreamingResponse):
    """Comma-separated values, written as fast as they are taken."""

    media_type = "text/csv"


@router.get("/events", response_model=EventsAnswer)
async def events(house: TheHouse, _: Viewer, asked: Annotated[EventPage, Query()]) -> JSONResponse:
    """Give one page of events, ascending; pass `next` as `after` for the following one."""
    found = await house.disk.read(asked.after, asked.limit + 1, **asked.filters())
    page = [dict(event) for event in found[: asked.limit]]
    more = len(found) > asked.limit
    return JSONResponse({"events": page, "next": page[-1]["seq"] if more else None})


@router.get("/events.csv", response_class=Table)
async def events_csv(
    house: TheHouse, _: Viewer, asked: Annotated[EventFilter, Query()]
) -> StreamingResponse:
    """Give all events that match, as a table; subjects stay behind."""
    name = f"{house.operations.site}-events.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Table(_table(house.disk, asked), headers=headers)


@router.get("/stream", status_code=200, response_class=EventStream)
async def stream(
    request: Request,
    house: TheHouse,
    operator: Viewer,
    after: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=MAX_SEQ)] = None,
) -> Response:
    """Stream events as they are committed (id = sequence), lanes as they change, heartbeats.

    It goes on behind `Last-Event-ID`, else behind `after`, else with what comes next.
    """
    resume = after if last_event_id is None else last_event_id
    return EventStream(
        house.feed, resume, lambda: _greeting(house, resume), lambda: _still(house, request),
        people=operator.role.covers(Role.GUARD),
    )  # fmt: skip


def _greeting(house: House, resume: int | None) -> bytes:
    lost = resume is not None and resume > house.feed.last_seq
    hello = {"seq": house.feed.last_seq, "version": house.version, "reset": lost}
    views = [named_frame("lane", view) for view in house.operations.lanes()]
    return b"".join([named_frame("hello", hello), *views])


def _still(house: House, request: Request) -> bool:
    return operator_of(request, house.access, house.cookie) is not None


async def _table(disk: Disk, asked: EventFilter) -> AsyncIterator[str]:
    yield _row(COLUMNS)
    after = asked.after
    while found := await disk.read(after, CSV_PAGE, **asked.filters()):
        yield "".join(_row(_cells(event)) for event in found)
        after = found[-1]["seq"]


def _cells(event: Event) -> list[str]:
    credential = event.get("credential") or {}
    flat = {**event, **{f"credential_{key}": value for key, value in credential.items()}}
    return [_cell(flat.get(column)) for column in COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    # A spreadsheet runs a text that begins like a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _row(cells: tuple[str, ...] | list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
