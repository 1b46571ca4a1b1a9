"""JSON that can mean one thing only: no key twice, no NaN, no number beyond a double."""

import json
import math
from typing import Any, NoReturn

NOT_JSON = "is not JSON"
KEY_TWICE = "has the same key twice in one object, so that it could mean two things"


class JsonRefusedError(ValueError):
    """A text that is no such JSON; it quotes nothing of it. `line` and `column` count from 1."""

    def __init__(self, what: str, line: int = 1, column: int = 1) -> None:
        self.what, self.line, self.column = what, line, column
        super().__init__(what)


def parse_strict(text: bytes) -> Any:  # noqa: ANN401 - JSON is any data
    """Parse JSON; JsonRefusedError says what is wrong, and where if that is known."""
    try:
        return json.loads(
            text, parse_constant=_refused, parse_float=_finite, object_pairs_hook=unambiguous
        )
    except JsonRefusedError:
        raise
    except json.JSONDecodeError as error:
        raise JsonRefusedError(NOT_JSON, error.lineno, error.colno) from None
    except (ValueError, RecursionError):
        raise JsonRefusedError(NOT_JSON) from None


def unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs, for the parser; JsonRefusedError if a key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonRefusedError(KEY_TWICE)
    return found


def _refused(constant: str) -> NoReturn:
    msg = f"{constant} is no JSON"
    raise ValueError(msg)


def _finite(text: str) -> float:
    """Read a fraction; one too large for a double would come out as no JSON."""
    number = float(text)
    return number if math.isfinite(number) else _refused("infinity")
