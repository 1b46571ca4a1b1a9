"""`menshen policy explain`: facts as JSON lines in, decisions with each condition out."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from gateway.cli.bounded_lines import bounded_lines
from gateway.cli.policy.policy_path import PolicyPath, read_policy_at

if TYPE_CHECKING:
    from edge_rules.policy.explaining import Explainer

MAX_LINE: Final = 1024 * 1024  # bytes; the facts of a visit are a thousand times smaller

NOT_FACTS: Final = 'the line is no object of facts; it should be {"temperature": {"celsius": 36.4}}'
TOO_LONG: Final = f"the line is longer than {MAX_LINE} bytes"


def explain(policy: PolicyPath) -> None:
    """Explain decisions: facts on stdin, one JSON object a line, an explanation on stdout for each.

    An explanation holds decision, reasons, rules, missing facts, and each condition with its
    truth and its values, in Chinese and English.

    Example: menshen policy explain policy.yaml < facts.jsonl
    """
    from edge_rules.policy.explaining import Explainer  # noqa: PLC0415 - loads when it is needed

    explain_lines(Explainer(read_policy_at(policy)), sys.stdin.buffer, sys.stdout.buffer)


def explain_lines(explainer: "Explainer", source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every line in order, each as soon as it is there."""
    for line in bounded_lines(source, MAX_LINE):
        answer = {"error": TOO_LONG} if line is None else explain_line(explainer, line)
        text = json.dumps(answer, ensure_ascii=False)
        sink.write(text.encode("utf-8", "backslashreplace") + b"\n")
        sink.flush()


def explain_line(explainer: "Explainer", line: bytes) -> Mapping[str, Any]:
    """Explain the decision on one line of facts; never raises, whatever stands in it."""
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": NOT_FACTS}
    return explainer.explain(facts) if isinstance(facts, dict) else {"error": NOT_FACTS}
