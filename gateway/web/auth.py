"""The door of the API: who asks, may they, and is the request what it claims to be."""

from collections.abc import Callable
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access import Access, Operator, Role
from gateway.web.holder_page import of_a_holder
from gateway.web.signin_page import sign_in_page

OPEN_PATHS = frozenset({"/healthz", "/signin"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Doorkeeper:
    """Lets requests through that carry a token or a session; the rest hear 401 or 403."""

    def __init__(self, app: ASGIApp, *, access: Access, cookie: str) -> None:
        self._app = app
        self._access = access
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        await (self._refusal(asked) or self._app)(scope, receive, send)

    def _refusal(self, asked: HTTPConnection) -> Response | None:
        path = asked.scope["path"]
        operator = operator_of(asked, self._access, self._cookie)
        asked.scope.setdefault("state", {})["operator"] = operator
        if asked.scope["method"] not in READING and not _deliberate(asked):
            return JSONResponse({"detail": "this request comes from another site's page"}, 403)
        if operator is not None or path in OPEN_PATHS or of_a_holder(path):
            return None
        if path == "/":
            return sign_in_page(401)
        sentence = "sign in, or send a token: Authorization: Bearer TOKEN"
        return JSONResponse(
            {"detail": sentence}, 401, {"WWW-Authenticate": 'Bearer realm="menshen"'}
        )


def operator_of(asked: HTTPConnection, access: Access, cookie: str) -> Operator | None:
    """Return who asks: by the token if one is sent, else by the session."""
    sent = asked.headers.get("authorization")
    if sent is None:
        return access.session(asked.cookies.get(cookie, ""))
    scheme, _, token = sent.partition(" ")
    return access.bearer(token.strip()) if scheme.lower() == "bearer" else None


def needs(role: Role) -> Callable[[Request], Operator]:
    """Make a dependency that gives the operator of a request, 403 without the role."""

    def operator_with_role(request: Request) -> Operator:
        operator: Operator = request.state.operator
        if not operator.role.covers(role):
            sentence = f"this needs the role {role}; you have {operator.role}"
            raise HTTPException(403, sentence)
        return operator

    return operator_with_role


def _deliberate(asked: HTTPConnection) -> bool:
    """Tell whether somebody means this request: a browser adds cookies to any site's, no token."""
    if "authorization" in asked.headers:
        return True
    origin = asked.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == asked.headers.get("host")
    return asked.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
