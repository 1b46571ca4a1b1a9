"""Reads the conformance tests of CEL: their values and expectations."""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_rules.cel.eval_line import evaluate_line
from edge_rules.cel.values import TypeValue, UInt, Value, make_map

_ASKED = (
    *("expr", "bindings", "type_env", "container", "locale"),
    *("disable_check", "disable_macros", "check_only"),
)
_SCALARS: dict[str, Callable[[Any], Value]] = {
    "int": int,
    "uint": lambda digits: UInt(int(digits)),
    "double": float,
    "bytes_b64": base64.b64decode,
    "type": TypeValue,
}


def read_cases(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return the tests of one file that touch no protobuf messages."""
    tests = json.loads((folder / "cel" / f"{name}.json").read_text("utf-8"))["tests"]
    return [test for test in tests if not test["needs_proto"]]


def verdict(case: dict[str, Any]) -> str:
    """Judge one test; empty when it holds, else what was seen instead."""
    got = evaluate_line({key: value for key, value in case.items() if key in _ASKED})
    seen = f"{case['expr']}: {got}"
    if "deduced_type" in case and got.get("deduced_type") != case["deduced_type"]:
        return seen
    if case.get("check_only"):
        return ""
    if "value" in case:
        held = "value" in got and same(read_value(got["value"]), read_value(case["value"]))
        return "" if held else seen
    return "" if "error" in got and "not understood" not in got["error"] else seen


def read_value(encoded: dict[str, Any]) -> Value:
    ((kind, value),) = encoded.items()
    if kind == "list":
        return tuple(map(read_value, value))
    if kind == "map":
        return make_map(*((read_value(key), read_value(held)) for key, held in value))
    return _SCALARS.get(kind, lambda plain: plain)(value)


def same(one: Value, other: Value) -> bool:
    """Compare values and their types: 1, 1u and 1.0 are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        pairs = zip(sorted(one.items(), key=repr), sorted(other.items(), key=repr), strict=False)
        return len(one) == len(other) and all(same(a, b) for a, b in pairs)
    if isinstance(one, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return bool(one == other)
