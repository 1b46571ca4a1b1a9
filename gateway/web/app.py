"""The page and its API as one ASGI application over the gateway's ports."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from gateway.access import Access
from gateway.ports import Disk, FrontDesk, Operations, PassDesk, PolicyDesk
from gateway.web import acts, events, explanation, health, holder_page, pages, passes, visits
from gateway.web import policies as policy_routes
from gateway.web.auth import Doorkeeper
from gateway.web.bodies import ShortBodies
from gateway.web.feed import EventFeed
from gateway.web.headers import SafeHeaders
from gateway.web.house import House
from gateway.web.openapi import describe
from gateway.web.refusals import refuse_in_sentences


class Application(FastAPI):
    """FastAPI whose OpenAPI document tells who may ask what."""

    cookie: str

    def openapi(self) -> dict[str, Any]:
        """Describe every address once."""
        if self.openapi_schema is None:
            self.openapi_schema = describe(self, self.cookie)
        return self.openapi_schema


def create_app(
    operations: Operations,
    disk: Disk,
    access: Access,
    feed: EventFeed,
    policies: PolicyDesk,
    pass_desk: PassDesk,
    front_desk: FrontDesk,
) -> Application:
    """Build the application; run it in the loop of the ports.

    Call `feed.close()` before the server stops.
    """
    app = Application(
        title="Menshen 门神",
        description="The guard's page of one estate's gateway, and its API: docs/api.md.",
        version=_version(),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirection would lead to whatever Host the request names
        telemetry={"tracing": False, "metrics": False, "logs": False},  # would hold the links too
    )
    app.cookie = f"menshen-{operations.site}"  # cookies know no ports: two gateways, two names
    app.state.house = House(
        operations, disk, access, feed, policies, pass_desk, front_desk, app.cookie, app.version
    )
    for routes in (pages, holder_page, events, explanation, acts, visits, policy_routes, passes):
        app.include_router(routes.router)
    app.include_router(health.router)
    app.mount(holder_page.FILES, Revalidated(directory=holder_page.FOLDER))
    app.mount("/static", Revalidated(directory=pages.STATIC))
    refuse_in_sentences(app)
    app.add_middleware(ShortBodies)
    app.add_middleware(Doorkeeper, access=access, cookie=app.cookie)
    app.add_middleware(SafeHeaders)
    return app


class Revalidated(StaticFiles):
    """Files of the page: kept by the browser, but asked for anew, so that an update is whole."""

    def file_response(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        """Serve a file by its ETag."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def _version() -> str:
    try:
        return version("menshen-gateway")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
