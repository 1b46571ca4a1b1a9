"""The OpenAPI document: who may ask what, and every refusal in one shape."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.web.auth import OPEN_PATHS, READING

REFUSALS = {
    "401": "No token or session, or a bad one",
    "403": "The role is too low, or another site's page asks",
    "404": "There is no such lane, visit, alarm, decision or order",
    "408": "The body came too slowly",
    "409": "It was not done: `refused` is a stable word, `zh` and `en` its sentence",
    "413": "The body is too long",
    "422": "A parameter or the body is wrong; the sentence says what would be right",
    "503": "Not now; the sentence says why",
}
SIGNING_IN = {
    "401": {"description": "The token is wrong, used up or revoked"},
    "429": {"description": "Too many failed attempts: wait a minute"},
}
OF_ACTS = ("404", "408", "409", "413", "422")

SCHEMAS = {
    "Refused": {
        "type": "object",
        "required": ["detail"],
        "properties": {"detail": {"type": "string"}},
    },
    "NotDone": {
        "type": "object",
        "required": ["refused", "zh", "en"],
        "properties": {word: {"type": "string"} for word in ("refused", "zh", "en")},
    },
}
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Made by `menshen token create SITE.yaml --role viewer|guard|admin`",
    },
}


def describe(app: FastAPI, cookie: str) -> dict[str, Any]:
    """Build the document of an application whose sessions live in a cookie."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    session = {
        "type": "apiKey",
        "in": "cookie",
        "name": cookie,
        "description": "Set by /signin, for 12 hours",
    }
    components = document.setdefault("components", {})
    components["securitySchemes"] = {**SCHEMES, "session": session}
    components["schemas"] = {**_ours(components.get("schemas", {})), **SCHEMAS}
    document["security"] = [{"token": []}, {"session": []}]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _finish(path, method.upper(), operation)
    return document


def _ours(schemas: dict[str, Any]) -> dict[str, Any]:
    """Leave out FastAPI's own shapes of errors: ours is one sentence."""
    foreign = ("HTTPValidationError", "ValidationError")
    return {name: schema for name, schema in schemas.items() if name not in foreign}


def _finish(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if path == "/signin":
        operation["responses"] = {"303": responses["303"], **SIGNING_IN}
        operation["security"] = []
        return
    acts = method not in READING and path.startswith("/api/")
    told = ["422"] if "422" in responses else []
    told += ["503"] if path == "/api/v1/stream" or path.endswith("/explanation") else []
    told += ["404"] if "{" in path else []
    if path in OPEN_PATHS:
        operation["security"] = []
    else:
        told += ["401", *(["403"] if acts else [])]
    if acts:
        told += OF_ACTS
    for status in sorted(set(told)):
        responses[status] = _refusal(status)


def _refusal(status: str) -> dict[str, Any]:
    schema = "NotDone" if status == "409" else "Refused"
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": REFUSALS[status], "content": content}
