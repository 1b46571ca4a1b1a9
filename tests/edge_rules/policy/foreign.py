"""Reads the conformance tests of CEL: their values, types and expectations."""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_rules.policy import types
from edge_rules.policy.environment import Checked, Environment
from edge_rules.policy.errors import EvaluationError, ExpressionRefusedError
from edge_rules.policy.evaluation import check_expression, compile_expression, parse_leniently
from edge_rules.policy.types import Type
from edge_rules.policy.values import TypeValue, UInt, Value, make_map

_PRIMITIVES = {
    "INT64": types.INT,
    "UINT64": types.UINT,
    "DOUBLE": types.DOUBLE,
    "STRING": types.STRING,
    "BYTES": types.BYTES,
    "BOOL": types.BOOL,
}


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
    try:
        checked = _checked(case)
    except ExpressionRefusedError as error:
        return f"{case['expr']}: refused: {error}"
    wanted_type = case.get("deduced_type")
    if wanted_type is not None and read_type(wanted_type) != checked.type:
        return f"{case['expr']}: type {checked.type}"
    if case.get("check_only"):
        return ""
    bindings = {name: read_value(value) for name, value in case.get("bindings", {}).items()}
    try:
        got = compile_expression(checked)(bindings)
    except EvaluationError as error:
        return "" if "error" in case else f"{case['expr']}: {error}"
    if "value" in case and same(got, read_value(case["value"])):
        return ""
    return f"{case['expr']}: {got!r}"


def read_value(encoded: dict[str, Any]) -> Value:
    ((kind, value),) = encoded.items()
    if kind == "list":
        return tuple(map(read_value, value))
    if kind == "map":
        return make_map(*((read_value(key), read_value(held)) for key, held in value))
    return _SCALARS.get(kind, lambda plain: plain)(value)


def read_type(encoded: dict[str, Any]) -> Type:
    ((kind, value),) = encoded.items()
    match kind:
        case "primitive":
            return _PRIMITIVES[value]
        case "listType":
            return types.list_of(read_type(value["elemType"]))
        case "mapType":
            return types.map_of(read_type(value["keyType"]), read_type(value["valueType"]))
        case "null":
            return types.NULL
    return types.DYN


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


def _checked(case: dict[str, Any]) -> Checked:
    declared = {
        each["name"]: read_type(each["ident"]["type"])
        for each in case.get("type_env", ())
        if "type" in each.get("ident", ())
    }
    environment = Environment(declared, container=case.get("container", ""))
    if case.get("disable_check"):
        return parse_leniently(case["expr"], environment, case.get("bindings", {}))
    return check_expression(case["expr"], environment)
