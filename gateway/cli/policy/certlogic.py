"""`menshen policy certlogic`: rules and data as JSON lines in, values as JSON lines out."""

import json
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.certlogic.errors import RuleFailedError, RuleInvalidError
from edge_rules.certlogic.expression import evaluate
from edge_rules.certlogic.values import as_json
from gateway.cli.bounded_lines import bounded_lines

MAX_LINE = 4 * 1024 * 1024  # a certificate with the value sets of all nations is 100 times smaller

FORM = 'it should be {"rule": ..., "data": ...}'
NO_RULE = f'the line has no "rule"; {FORM}'
TOO_LONG = f"the line is longer than {MAX_LINE} bytes"


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
        question = parse_strict(line)
    except JsonRefusedError as error:
        return {"error": f"the line {error.what}; {FORM}"}
    if not isinstance(question, dict) or "rule" not in question:
        return {"error": NO_RULE}
    try:
        return {"value": as_json(evaluate(question["rule"], question.get("data")))}
    except (RuleInvalidError, RuleFailedError) as error:
        return {"error": str(error)}
