"""Operators whose types are known beforehand, as plain Python: what makes a policy fast.

Each gives exactly what the operator in `library` gives for these types.
"""

import ast
from collections.abc import Callable, Sequence
from typing import Final

from edge_rules.cel.operators import (
    divide_double,
    divide_int,
    divide_uint,
    item_of,
    modulo_int,
    modulo_uint,
    value_of,
)
from edge_rules.cel.python_code import Namespace, compare, method
from edge_rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    NUMERIC,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
)
from edge_rules.cel.values import checked_duration, checked_int, checked_timestamp, checked_uint

_COMPARISONS: Final[dict[str, type[ast.cmpop]]] = {
    "_==_": ast.Eq, "_!=_": ast.NotEq,
    "_<_": ast.Lt, "_<=_": ast.LtE, "_>_": ast.Gt, "_>=_": ast.GtE,
}  # fmt: skip
_ARITHMETIC: Final[dict[str, type[ast.operator]]] = {
    "_+_": ast.Add, "_-_": ast.Sub, "_*_": ast.Mult,
}  # fmt: skip
_ORDERED: Final = (BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION)
_EXACT: Final = (
    BOOL,
    INT,
    UINT,
    STRING,
    BYTES,
    TIMESTAMP,
    DURATION,
)  # equal is the same, in lists too
_KEYS: Final = (INT, UINT, STRING)
_CHECKS: Final[dict[tuple[Type, Type], Callable[[int], int]]] = {
    (INT, INT): checked_int,
    (UINT, UINT): checked_uint,
    (DURATION, DURATION): checked_duration,
    (TIMESTAMP, DURATION): checked_timestamp,
    (DURATION, TIMESTAMP): checked_timestamp,
    (TIMESTAMP, TIMESTAMP): checked_duration,
}
_DIVISIONS: Final[dict[tuple[str, Type], Callable[..., float]]] = {
    ("_/_", INT): divide_int,
    ("_/_", UINT): divide_uint,
    ("_/_", DOUBLE): divide_double,
    ("_%_", INT): modulo_int,
    ("_%_", UINT): modulo_uint,
}


def specialise(
    function: str, types: Sequence[Type], args: Sequence[ast.expr], space: Namespace
) -> ast.expr | None:
    """Return plain Python for a call, or None where only the general operator is right."""
    if len(types) == 1:
        return _unary(function, types[0], args[0], space)
    if len(types) != 2:
        return None
    left, right = types
    if function in _COMPARISONS:
        return _comparison(function, left, right, args, space)
    if function in ("@in", "_[_]"):
        return _held(function, left, right, args, space)
    if (left, right) == (STRING, STRING):
        return _text(function, args)
    return _number(function, left, right, args, space)


def _unary(function: str, given: Type, arg: ast.expr, space: Namespace) -> ast.expr | None:
    if function == "!_" and given == BOOL:
        return ast.UnaryOp(ast.Not(), arg)
    if function == "-_" and given == DOUBLE:
        return ast.UnaryOp(ast.USub(), arg)
    if function == "size" and (given in (STRING, BYTES) or given.name in ("list", "map")):
        return space.call(len, arg)
    return None


def _comparison(
    function: str, left: Type, right: Type, args: Sequence[ast.expr], space: Namespace
) -> ast.expr | None:
    sign = _COMPARISONS[function]()
    one, other = args
    if left == right and (left in _ORDERED or (_equality(function) and _exact_list(left))):
        return compare(one, sign, other)
    if _equality(function) or left not in NUMERIC or right not in NUMERIC:
        return None
    if DOUBLE in (left, right):
        one = one if left == DOUBLE else space.call(float, one)
        other = other if right == DOUBLE else space.call(float, other)
    return compare(one, sign, other)


def _equality(function: str) -> bool:
    return function in ("_==_", "_!=_")


def _exact_list(given: Type) -> bool:
    return given.name == "list" and given.params[0] in _EXACT


def _held(
    function: str, left: Type, right: Type, args: Sequence[ast.expr], space: Namespace
) -> ast.expr | None:
    if function == "_[_]":
        if left.name == "list" and right == INT:
            return space.call(item_of, *args)
        return space.call(value_of, *args) if left.name == "map" else None
    exact = left in (_EXACT if right.name == "list" else _KEYS)
    if right.name in ("list", "map") and exact and right.params[0] == left:
        return compare(args[0], ast.In(), args[1])
    return None


def _text(function: str, args: Sequence[ast.expr]) -> ast.expr | None:
    if function == "contains":
        return compare(args[1], ast.In(), args[0])
    if function == "startsWith":
        return method(args[0], "startswith", args[1])
    if function == "endsWith":
        return method(args[0], "endswith", args[1])
    return ast.BinOp(args[0], ast.Add(), args[1]) if function == "_+_" else None


def _number(
    function: str, left: Type, right: Type, args: Sequence[ast.expr], space: Namespace
) -> ast.expr | None:
    if left == right and (function, left) in _DIVISIONS:
        return space.call(_DIVISIONS[function, left], *args)
    sign = _ARITHMETIC.get(function)
    if sign is None:
        return None
    plain = ast.BinOp(args[0], sign(), args[1])
    if left == right == DOUBLE or (function == "_+_" and left.name == right.name == "list"):
        return plain
    check = _CHECKS.get((left, right))
    return space.call(check, plain) if check else None
