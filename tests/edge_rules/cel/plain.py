"""CEL as a plain walk over the tree: slow, short, and written apart from the compiler.

What the walk decides, and arithmetic, order and equality of plain values, are its own; functions
that it does not know, and values of types found only now, are handed to the library.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.functions import TYPE_NAMES
from edge_rules.cel.library import IMPLEMENTATIONS
from edge_rules.cel.operators import elements, field_of, has_field
from edge_rules.cel.syntax import Call, Expr, Ident, ListOf, Literal, Loop, MapOf, Select
from edge_rules.cel.values import Duration, Timestamp, TypeValue, UInt, Value, equals, make_map
from edge_rules.facts import FIELDS

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
            pairs = [(walk(k, facts, scope), walk(v, facts, scope)) for k, v in node.entries]
            return _library(make_map, *pairs)
        case Loop():
            return _loop(node, facts, scope)
        case Call(function="_&&_" | "_||_"):
            wanted = node.function == "_||_"
            return _decide([partial(walk, n, facts, scope) for n in node.args], wanted=wanted)
        case Call(function="_?_:_"):
            chosen = 1 if _true(walk(node.args[0], facts, scope)) else 2
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
    local = isinstance(inner, Ident) and not inner.absolute and inner.name in scope
    name = ".".join([inner.name, *parts]) if isinstance(inner, Ident) and not local else ""
    if name in FIELDS or name in facts:
        return _fact(name, facts, test=isinstance(node, Select) and node.test)
    if name in TYPE_NAMES:
        return TypeValue(name)
    if isinstance(node, Ident):
        return scope[node.name]
    read = has_field if node.test else field_of
    return _library(read, walk(node.operand, facts, scope), node.field)


def _fact(name: str, facts: Mapping[str, Any], *, test: bool) -> Value:
    if test:
        return bool(name in facts)
    if name not in facts:
        raise Failed(frozenset({name}))
    if isinstance(facts[name], Failed):
        raise facts[name]
    return facts[name]


def _true(value: Value) -> bool:
    if type(value) is not bool:
        raise Failed
    return value


def _library(function: Callable[..., Any], *args: Value) -> Value:
    try:
        return function(*args)
    except EvaluationError as error:
        raise Failed from error


def _decide(tries: list[Callable[[], Value]], *, wanted: bool) -> bool:
    failures = []
    for attempt in tries:
        try:
            if _true(attempt()) is wanted:
                return bool(wanted)
        except Failed as failure:
            failures.append(failure)
    if failures:
        raise Failed(frozenset().union(*(failure.facts for failure in failures)))
    return not wanted


def _loop(node: Loop, facts: Mapping[str, Any], scope: Mapping[str, Any]) -> Value:
    items = _library(elements, walk(node.over, facts, scope))

    def body(item: Value) -> Value:
        return walk(node.body, facts, {**scope, node.variable: item})

    if node.kind in ("all", "exists"):
        return _decide([partial(body, i) for i in items], wanted=node.kind == "exists")
    if node.kind == "filter":
        return tuple(item for item in items if _true(body(item)))
    if node.kind == "exists_one":
        return sum(_true(body(item)) for item in items) == 1
    return tuple(
        body(item)
        for item in items
        if node.condition is None
        or _true(walk(node.condition, facts, {**scope, node.variable: item}))
    )


def _call(function: str, args: list[Any]) -> Value:
    sign = function.strip("_")
    kinds = tuple(map(type, args))
    if not _plain(function, sign, kinds):
        return _library(IMPLEMENTATIONS[function], *args)
    if len(args) == 2 and sign in ("+", "-", "*", "/", "%"):
        return _arithmetic(sign, *args)
    if sign in COMPARE:
        left, right = args
        if float in kinds:
            left, right = float(left), float(right)
        return COMPARE[sign](left, right)
    return _TABLE[function](*args)


def _plain(function: str, sign: str, kinds: tuple[type, ...]) -> bool:
    """Whether a call is one of those that are written here, on values that these are made for."""
    same = len(set(kinds)) == 1
    if (sign, *kinds) in RESULTS:
        return True
    if len(kinds) == 2 and sign in ("+", "-", "*", "/", "%"):
        return same and sign in _ARITHMETIC.get(kinds[0], "")
    if sign in COMPARE:
        return (same and kinds[0] in _ORDERED) or set(kinds) <= _NUMBERS
    if function in ("_==_", "_!=_"):
        return set(kinds) <= _ORDERED | {tuple, dict}
    if function == "@in":
        return kinds[1] is tuple
    return kinds in _SIGNATURES.get(function, ())


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


def _equal(left: Value, right: Value) -> bool:
    kinds = {type(left), type(right)}
    if kinds == {tuple}:
        return len(left) == len(right) and all(map(_equal, left, right))
    if kinds <= _NUMBERS:
        return bool(float(left) == float(right) if float in kinds else left == right)
    if kinds == {dict}:
        return bool(_library(equals, left, right))
    return len(kinds) == 1 and bool(left == right)


def _index(held: Value, key: Value) -> Value:
    if not 0 <= key < len(held):
        raise Failed
    return held[key]


def _negate(value: Value) -> Value:
    return -value if isinstance(value, float) else _fit(-value, int, -value)


def _to_int(value: Value) -> int:
    if isinstance(value, Timestamp):
        return int(value) // 10**9
    if isinstance(value, float) and not -(2**63) < value < 2**63:
        raise Failed
    return int(_fit(int(value), int, int(value)))


_NUMBERS = {int, UInt, float}
_ORDERED = {int, UInt, float, bool, str, bytes, Timestamp, Duration}
_ARITHMETIC: dict[type, str] = {
    int: "+-*/%", UInt: "+-*/%", float: "+-*/", str: "+", tuple: "+", Duration: "+-",
}  # fmt: skip
_SIGNATURES: dict[str, tuple[tuple[type, ...], ...]] = {
    "!_": ((bool,),),
    "-_": ((int,), (float,)),
    "_[_]": ((tuple, int),),
    "size": ((str,), (tuple,)),
    "contains": ((str, str),),
    "startsWith": ((str, str),),
    "endsWith": ((str, str),),
    "int": ((int,), (float,), (Timestamp,)),
    "double": ((int,), (UInt,), (float,)),
    "getSeconds": ((Timestamp,),),
    "getDayOfWeek": ((Timestamp,),),
}
_TABLE: dict[str, Callable[..., Any]] = {
    "_==_": _equal,
    "_!=_": lambda a, b: not _equal(a, b),
    "@in": lambda a, b: any(_equal(a, each) for each in b),
    "!_": operator.not_,
    "-_": _negate,
    "_[_]": _index,
    "size": len,
    "contains": lambda a, b: a.find(b) >= 0,
    "startsWith": lambda a, b: a[: len(b)] == b,
    "endsWith": lambda a, b: not b or a[-len(b) :] == b,
    "int": _to_int,
    "double": float,
    "getSeconds": lambda a: int(a) // 10**9 % 60,
    "getDayOfWeek": lambda a: (int(a) // (86_400 * 10**9) + 4) % 7,
}
