"""The page itself, signing in and out, and the words it shows."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from devices.reasons import REASONS
from gateway.access import SESSION_LIFE_S
from gateway.web.answers import SessionAnswer
from gateway.web.house import House, TheHouse, Viewer
from gateway.web.signin_page import sign_in_page

router = APIRouter()
STATIC = Path(__file__).parent / "static"
log = logging.getLogger("menshen.web")


@router.get("/", include_in_schema=False)
async def page(_: Viewer) -> Response:
    """Show the live page."""
    return FileResponse(STATIC / "index.html")


@router.get("/signin", status_code=303, response_class=RedirectResponse)
async def sign_in_by_link(
    request: Request, house: TheHouse, token: Annotated[str, Query()] = ""
) -> Response:
    """Turn a token into a session and go to the page."""
    return _sign_in(request, house, token) if token else sign_in_page(401)


@router.post("/signin", status_code=303, response_class=RedirectResponse)
async def sign_in_by_form(request: Request, house: TheHouse) -> Response:
    """Turn the token of the sign-in form into a session and go to the page."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    return _sign_in(request, house, form.get("token", [""])[0].strip())


@router.post("/signout", status_code=303, response_class=RedirectResponse)
async def sign_out(house: TheHouse, _: Viewer) -> Response:
    """Forget the session."""
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(house.cookie, path="/", httponly=True, samesite="strict")
    return answer


@router.get("/api/v1/session", response_model=SessionAnswer)
async def session(house: TheHouse, operator: Viewer) -> JSONResponse:
    """Say where this is, who asks, and the newest event's sequence."""
    return JSONResponse(
        {
            "site": house.operations.site,
            "name": dict(house.operations.name),
            "operator": operator.name,
            "role": operator.role.value,
            "seq": house.feed.last_seq,
            "version": house.version,
        }
    )


@router.get("/api/v1/words")
async def words(_: Viewer) -> JSONResponse:
    """Give the sentence of every reason and alarm word, zh and en."""
    return JSONResponse({word: asdict(said) for word, said in REASONS.items()})


def _sign_in(request: Request, house: House, token: str) -> Response:
    session = house.access.sign_in(token)
    if session is None:
        # Only failures are limited: a guard with a good token gets in whatever a script does
        # beside him, and 256 random bits need no limit against guessing.
        address = request.client.host if request.client else ""
        limited = house.attempts.failed(address)
        if not limited:
            log.warning("a sign-in from %s was refused", address)
        return sign_in_page(429 if limited else 401, wrong=True)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        house.cookie,
        session,
        max_age=SESSION_LIFE_S,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer
