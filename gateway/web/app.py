"""The page and its API as one ASGI application over the gateway's ports."""

from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles

from gateway.access import Access
from gateway.ports import Disk, Operations
from gateway.web import acts, events, health, pages
from gateway.web.auth import Doorkeeper
from gateway.web.feed import EventFeed
from gateway.web.headers import SafeHeaders
from gateway.web.house import House
from gateway.web.parameters import sentences

MAX_BODY = 16 * 1024  # the longest honest body is a reason of 200 characters


def create_app(operations: Operations, disk: Disk, access: Access, feed: EventFeed) -> FastAPI:
    """Build the application; run it in the loop of the ports, without uvicorn's access log.

    (The access log would hold the one-time links.) Call `feed.close()` before the server stops.
    """
    app = FastAPI(
        title="Menshen 门神",
        version=_version(),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # would hold the links too
        dependencies=[Security(HTTPBearer(auto_error=False))],  # said in the OpenAPI document
    )
    cookie = f"menshen-{operations.site}"  # cookies know no ports: two gateways, two names
    app.state.house = House(operations, disk, access, feed, cookie, app.version)
    for router in (pages.router, events.router, acts.router, health.router):
        app.include_router(router)
    app.mount("/static", Revalidated(directory=pages.STATIC))
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Doorkeeper, access=access, cookie=cookie)
    app.add_middleware(SafeHeaders)
    return app


class Revalidated(StaticFiles):
    """Files of the page: kept by the browser, but asked for anew, so that an update is whole."""

    def file_response(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        """Serve a file by its ETag."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _unfit(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    return JSONResponse({"detail": sentences(error)}, 422)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


def _version() -> str:
    try:
        return version("menshen-gateway")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
