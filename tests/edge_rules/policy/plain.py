"""CEL as a plain walk over the tree: slow, short, and written apart from the compiler."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from edge_rules.policy.syntax import Call, Expr, Ident, ListOf, Literal, Loop, MapOf, Select
from edge_rules.policy.values import Duration, Timestamp, UInt, Value

LIMITS: dict[type, tuple[int, int]] = {
    int: (-(2**63), 2**63 - 1),
    UInt: (0, 2**64 - 1),
    Duration: (-(2**63), 2**63 - 1),
    Timestamp: (-62_135_596_800 * 10**9, 253_402_300_800 * 10**9 - 1),
}
RESULTS: dict[tuple[str, type, type], type] = {
    ("-", Timestamp, Timestamp): Duration,
    ("-", Timestamp, Duration): Timestamp,
    ("+", Timestamp, Duration): Timestamp,
    ("+", Duration, Timestamp): Timestamp,
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class Failed(Exception):  # noqa: N818 - it is a finding, not a mishap
    """No value: for lack of facts, or (with none named) by an error."""

    facts: frozenset[str] = frozenset()


def walk(  # noqa: PLR0911 - one line a kind of node
    node: Expr, facts: Mapping[str, Any], scope: Mapping[str, Any]
) -> Value:
    """Return the value of an expression, or raise Failed."""
    match node:
        case Literal():
            return node.value
        case Ident() | Select():
            return _name(node, facts, scope)
        case ListOf():
            return tuple(walk(item, facts, scope) for item in node.items)
        case MapOf():
            return {walk(k, facts, scope): walk(v, facts, scope) for k, v in node.entries}
        case Loop():
            return _loop(node, facts, scope)
        case Call(function="_&&_" | "_||_"):
            wanted = node.function == "_||_"
            return _decide([partial(walk, n, facts, scope) for n in node.args], wanted=wanted)
        case Call(function="_?_:_"):
            chosen = 1 if walk(node.args[0], facts, scope) else 2
            return walk(node.args[chosen], facts, scope)
    assert isinstance(node, Call), "rules bind no names"
    nodes = ((node.target,) if node.target else ()) + node.args
    return _call(node.function, [walk(each, facts, scope) for each in nodes])


def _name(node: Ident | Select, facts: Mapping[str, Any], scope: Mapping[str, Any]) -> Value:
    parts: list[str] = []
    inner: Expr = node
    while isinstance(inner, Select):
        parts.insert(0, inner.field)
        inner = inner.operand
    assert isinstance(inner, Ident)
    if not parts and inner.name in scope:
        return scope[inner.name]
    name = ".".join([inner.name, *parts])
    if isinstance(node, Select) and node.test:
        return bool(name in facts)
    if name not in facts:
        raise Failed(frozenset({name}))
    return facts[name]


def _decide(tries: list[Callable[[], Value]], *, wanted: bool) -> bool:
    failures = []
    for attempt in tries:
        try:
            if attempt() is wanted:
                return bool(wanted)
        except Failed as failure:
            failures.append(failure)
    if failures:
        raise Failed(frozenset().union(*(failure.facts for failure in failures)))
    return not wanted


def _loop(node: Loop, facts: Mapping[str, Any], scope: Mapping[str, Any]) -> Value:
    items = tuple(walk(node.over, facts, scope))

    def body(item: Value) -> Value:
        return walk(node.body, facts, {**scope, node.variable: item})

    if node.kind in ("all", "exists"):
        return _decide([partial(body, i) for i in items], wanted=node.kind == "exists")
    if node.kind == "filter":
        return tuple(item for item in items if body(item))
    if node.kind == "exists_one":
        return sum(bool(body(item)) for item in items) == 1
    return tuple(
        body(item)
        for item in items
        if node.condition is None or walk(node.condition, facts, {**scope, node.variable: item})
    )


def _call(function: str, args: list[Any]) -> Value:
    sign = function.strip("_")
    if len(args) == 2 and sign in ("+", "-", "*", "/", "%"):
        return _arithmetic(sign, *args)
    if sign in COMPARE:
        left, right = args
        if float in (type(left), type(right)):
            left, right = float(left), float(right)
        return COMPARE[sign](left, right)
    return _TABLE[function](*args)


def _arithmetic(sign: str, left: Value, right: Value) -> Value:
    if isinstance(left, str | tuple | float):
        if sign != "/":
            return {"+": operator.add, "-": operator.sub, "*": operator.mul}[sign](left, right)
        return left / right if right else _by_zero(left, right)
    kind = RESULTS.get((sign, type(left), type(right)), type(left))
    if sign in "/%":
        if right == 0:
            raise Failed
        quotient = abs(int(left)) // abs(int(right)) * (1 if (left < 0) == (right < 0) else -1)
        value = quotient if sign == "/" else int(left) - quotient * int(right)
        return _fit(quotient if sign == "/" else value, kind, quotient)
    plain = {"+": operator.add, "-": operator.sub, "*": operator.mul}[sign](int(left), int(right))
    return _fit(plain, kind, plain)


def _fit(value: int, kind: type, checked: int) -> Value:
    low, high = LIMITS[kind]
    if not low <= checked <= high:
        raise Failed
    return kind(value)


def _by_zero(left: Value, right: Value) -> float:
    if left == 0 or math.isnan(left):
        return math.nan
    return -math.inf if (left < 0) != (str(right)[0] == "-") else math.inf


def _index(held: Value, key: Value) -> Value:
    if isinstance(held, dict):
        if key not in held:
            raise Failed
        return held[key]
    if not 0 <= key < len(held):
        raise Failed
    return held[key]


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def _negate(value: Value) -> Value:
    return -value if isinstance(value, float) else _fit(-value, int, -value)


def _to_int(value: Value) -> int:
    if isinstance(value, Timestamp):
        return int(value) // 10**9
    if isinstance(value, float) and not -(2**63) < value < 2**63:
        raise Failed
    return int(_fit(int(value), int, int(value)))


_TABLE: dict[str, Callable[..., Any]] = {
    "_==_": _equal,
    "_!=_": lambda a, b: not _equal(a, b),
    "!_": lambda a: not a,
    "-_": _negate,
    "_[_]": _index,
    "@in": lambda a, b: any(_equal(a, each) for each in b),
    "size": len,
    "contains": lambda a, b: a.find(b) >= 0,
    "startsWith": lambda a, b: a[: len(b)] == b,
    "endsWith": lambda a, b: not b or a[-len(b) :] == b,
    "int": _to_int,
    "double": float,
    "getSeconds": lambda a: int(a) // 10**9 % 60,
    "getDayOfWeek": lambda a: (int(a) // (86_400 * 10**9) + 4) % 7,
}
