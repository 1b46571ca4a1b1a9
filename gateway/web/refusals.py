"""What is told when something is not done: one sentence each that says what would be right."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from devices.errors import MenshenError
from gateway.web.headers import HEADERS
from gateway.web.parameters import NO_JSON, sentences

NOWHERE = "no such address; GET /api/v1/openapi.json lists them all"
FAILED = "the gateway failed at this; its log says where. Try again"


def refuse_in_sentences(app: FastAPI) -> None:
    """Answer every refusal and every failure of an application as `{"detail": sentence}`."""
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(MenshenError, _unable)
    app.add_exception_handler(Exception, _failed)


async def _unfit(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    return JSONResponse({"detail": sentences(error)}, 422)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    status, detail, headers = error.status_code, error.detail, error.headers or {}
    if detail == "Not Found":
        detail = NOWHERE
    elif status == 405:
        detail = f"{request.method} does nothing here; use {headers.get('Allow', 'GET')}"
    elif status == 400:  # FastAPI's word for JSON that is not UTF-8 or nested without end
        status, detail = 422, NO_JSON
    return JSONResponse({"detail": detail}, status, headers)


async def _unable(_: Request, error: Exception) -> JSONResponse:
    # A part of the gateway said itself what is wrong, such as a disk that can't be read.
    return JSONResponse({"detail": str(error)}, 503)


async def _failed(_: Request, __: Exception) -> JSONResponse:
    # Nobody expected it: Starlette sends this outside all that adds headers, then logs it.
    return JSONResponse({"detail": FAILED}, 500, HEADERS)
