"""CEL's encoders extension: base64."""

import base64
import binascii
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel.dispatch import by_types
from edge_rules.cel.errors import EvaluationError


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(
            text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        msg = "base64.decode: illegal base64 data"
        raise EvaluationError(msg) from None


IMPLEMENTATIONS: Final[MappingProxyType[str, Callable[..., Any]]] = MappingProxyType(
    {
        "base64.decode": by_types("base64.decode", {(str,): _decode}),
        "base64.encode": by_types(
            "base64.encode", {(bytes,): lambda given: base64.b64encode(given).decode()}
        ),
    }
)
