"""A mapping as a site file says it, and changes to it."""

from typing import Any

from devices.colour_platform.request import Question
from devices.colour_platform.settings import Platform

QUESTION = Question('https://c.example/h/7?a="b"&c={nonce}\n健', "riverside", "north-in", "scan-1")


def said(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "url": "https://platform.example/verify",
        "json": {"code": "{text}", "nonce": "{nonce}"},
        "answer": {
            "says": [
                {"at": "/code", "words": {"4001": "expired", "4004": "not-found"}},
                {"at": "/data/colour", "words": {"G": "green", "Y": "yellow", "R": "red"}},
            ],
            "only": {"/code": 0},
            "echo": {"/nonce": "{nonce}"},
            "identity": "/data/person",
        },
        **changed,
    }


def platform(**changed: Any) -> Platform:  # noqa: ANN401
    return Platform.model_validate(said(**changed))
