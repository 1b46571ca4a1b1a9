"""gateway.cli.policy.eval: expressions in, values out, one a line and in order."""

import json
import subprocess
from typing import Any

from gateway.cli.policy.eval import MAX_LINE, NOT_JSON, TOO_LONG, TOO_SLOW
from tests.system.gateway_process import MENSHEN

UNCHECKED = {"disable_check": True}
LOOPS = "cel.bind(l, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], {} || true)"


def answers(text: bytes) -> list[dict[str, Any]]:
    done = subprocess.run(
        [MENSHEN, "policy", "eval"],
        input=text,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_values_and_errors_come_in_order() -> None:
    lines = [
        {"expr": "1 + x", "disable_check": True, "bindings": {"x": {"int": "2"}}},
        {"expr": "1 / 0"},
        {"expr": "'\ud83d\ude00'"},
    ]
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b"\n{\n[]"
    sums, division, face, broken, empty = answers(text)
    assert sums == {"value": {"int": "3"}}
    assert division == {"error": "divide by zero", "deduced_type": {"primitive": "INT64"}}
    assert face["value"] == {"string": "\U0001f600"}
    assert broken == {"error": NOT_JSON}
    assert empty["error"].startswith("this line is not understood")


def test_a_line_that_takes_too_long_is_one_error_and_the_next_is_answered() -> None:
    loops = "true"
    for name in "abcdefghij":
        loops = f"l.all({name}, {loops})"
    slow = {"expr": LOOPS.format(loops)}
    shared = {"expr": "[[1, 1]]" + ".map(x, [x, x])" * 40 + ".all(x, x == x)"}
    large = {"expr": "s.split('')", "bindings": {"s": {"string": "a" * 120_000}}} | UNCHECKED
    lines = (slow, shared, large, {"expr": "1"})
    assert answers(b"".join(json.dumps(line).encode() + b"\n" for line in lines)) == [
        {"error": TOO_SLOW},
        {"error": TOO_SLOW},
        {"error": TOO_SLOW},
        {"value": {"int": "1"}, "deduced_type": {"primitive": "INT64"}},
    ]


def test_a_line_that_is_too_long_is_one_error() -> None:
    assert answers(b" " * (MAX_LINE + 1) + b'{"expr": "1"}\n') == [{"error": TOO_LONG}]
