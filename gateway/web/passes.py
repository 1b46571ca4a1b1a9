"""Passes over the API: handed out, listed and taken back by an administrator."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from gateway.passes.request import PassAsked, RequestError
from gateway.web.answers import PassAnswer, PassesAnswer
from gateway.web.house import Admin, TheHouse

router = APIRouter(prefix="/api/v1")

MOST = 1000

Number = Annotated[str, Path(alias="id", pattern=r"^[0-9a-fA-F-]{8,40}$")]
Short = Annotated[str, StringConstraints(max_length=32)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]


class Asked(BaseModel):
    """A pass that is wanted; nobody's name belongs in it, and there is no key for one."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    kind: Word
    minor: bool = False
    gates: Annotated[list[Word], Field(max_length=16)] = []
    from_: Annotated[Short, Field(alias="from")] = ""
    to: Short = ""
    times: Annotated[str, StringConstraints(max_length=400)] = ""
    uses_per_day: Annotated[int, Field(strict=True)] | None = None
    static: bool = False


@router.post("/passes", response_model=PassAnswer)
async def issue(house: TheHouse, operator: Admin, body: Asked) -> JSONResponse:
    """Hand out a pass; the link holds all of it and is told this once."""
    asked = PassAsked(
        body.kind,
        body.from_,
        body.to,
        body.minor,
        body.gates,
        body.times,
        body.uses_per_day,
        body.static,
    )
    try:
        return JSONResponse(await house.passes.issue(asked, operator.name))
    except RequestError as error:
        raise HTTPException(422, str(error)) from error
    except OSError as error:
        raise HTTPException(503, f"the data folder takes no pass: {error.strerror}") from error


@router.get("/passes", response_model=PassesAnswer)
async def passes(
    house: TheHouse,
    _: Admin,
    skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> JSONResponse:
    """List passes, the newest first."""
    found = await house.passes.records()
    page: list[dict[str, Any]] = [*found[skip : skip + limit]]
    more = skip + limit if len(found) > skip + limit else None
    return JSONResponse({"passes": page, "next": more})


@router.post("/passes/{id}/revoke", response_model=PassAnswer)
async def revoke(house: TheHouse, operator: Admin, number: Number) -> JSONResponse:
    """Take a pass back: it admits nobody from now on."""
    try:
        revoked = await house.passes.revoke(number, operator.name)
    except OSError as error:
        raise HTTPException(503, f"the data folder takes nothing: {error.strerror}") from error
    if revoked is None:
        raise HTTPException(404, "no pass, or more than one, has a number that begins so")
    return JSONResponse({**revoked, "link": None, "text": None})
