"""`menshen policy certlogic`: rules and data as JSON lines in, values as JSON lines out."""

import json
import math
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn

from edge_rules.certlogic.errors import RuleFailedError, RuleInvalidError
from edge_rules.certlogic.expression import evaluate
from edge_rules.certlogic.values import as_json
from gateway.cli.bounded_lines import bounded_lines

MAX_LINE = 4 * 1024 * 1024  # a certificate with the value sets of all nations is 100 times smaller

NOT_JSON = 'the line is not JSON; it should be {"rule": ..., "data": ...}'
NO_RULE = 'the line has no "rule"; it should be {"rule": ..., "data": ...}'
KEY_TWICE = "an object of the line has the same key twice, so that it could mean two things"
TOO_LONG = f"the line is longer than {MAX_LINE} bytes"


class _KeyTwiceError(ValueError):
    """JSON that readers understand differently: some take the first, some the last."""


def certlogic() -> None:
    """Evaluate CertLogic rules: one JSON object a line on stdin, one answer a line on stdout.

    A line is {"rule": ..., "data": ...}; its answer {"value": ...} or {"error": "..."}.

    Example: menshen policy certlogic < rules.jsonl
    """
    answer_lines(sys.stdin.buffer, sys.stdout.buffer)


def answer_lines(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every line in order, each as soon as it is there."""
    for line in bounded_lines(source, MAX_LINE):
        answer = {"error": TOO_LONG} if line is None else answer_line(line)
        sink.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        sink.flush()


def answer_line(line: bytes) -> Mapping[str, Any]:
    """Answer one line; never raises, whatever stands in it."""
    try:
        question = json.loads(
            line, parse_constant=_refused, parse_float=_finite, object_pairs_hook=_unambiguous
        )
    except _KeyTwiceError:
        return {"error": KEY_TWICE}
    except (ValueError, RecursionError):
        return {"error": NOT_JSON}
    if not isinstance(question, dict) or "rule" not in question:
        return {"error": NO_RULE}
    try:
        return {"value": as_json(evaluate(question["rule"], question.get("data")))}
    except (RuleInvalidError, RuleFailedError) as error:
        return {"error": str(error)}


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _KeyTwiceError
    return found


def _refused(constant: str) -> NoReturn:
    msg = f"{constant} is no JSON"
    raise ValueError(msg)


def _finite(text: str) -> float:
    """Read a fraction; one too large for a double would come out as no JSON."""
    number = float(text)
    return number if math.isfinite(number) else _refused("infinity")
