"""A checked expression back to text, as a person would write it: for explanations and advice."""

import json
from typing import Final

from edge_rules.cel.syntax import (
    Bind,
    Call,
    Expr,
    Ident,
    ListOf,
    Literal,
    Loop,
    MapOf,
    Select,
)
from edge_rules.cel.values import UInt

_LEVELS: Final = {
    "_?_:_": 0, "_||_": 1, "_&&_": 2, "_<_": 3, "_<=_": 3, "_>_": 3, "_>=_": 3, "_==_": 3,
    "_!=_": 3, "@in": 3, "_+_": 4, "_-_": 4, "_*_": 5, "_/_": 5, "_%_": 5, "!_": 6, "-_": 6,
}  # fmt: skip
_WORDS: Final = {True: "true", False: "false", None: "null"}


def written(node: Expr) -> str:  # noqa: PLR0911 - one line a kind of node
    """Write an expression on one line; names and constants stand as they do in the policy."""
    match node:
        case Literal():
            return _literal(node.value)
        case Ident():
            return f".{node.name}" if node.absolute else node.name
        case Select():
            chosen = f"{_inner(node.operand, 7)}.{node.field}"
            return f"has({chosen})" if node.test else chosen
        case Call():
            return _call(node)
        case ListOf():
            return f"[{', '.join(map(written, node.items))}]"
        case MapOf():
            return f"{{{', '.join(f'{written(k)}: {written(v)}' for k, v in node.entries)}}}"
        case Loop() | Bind():
            return _macro(node)


def _call(node: Call) -> str:
    level = _LEVELS.get(node.function)
    args = node.args
    if level is None or node.target is not None:
        if node.function == "_[_]":
            return f"{_inner(args[0], 7)}[{written(args[1])}]"
        before = f"{_inner(node.target, 7)}." if node.target is not None else ""
        return f"{before}{node.function}({', '.join(map(written, args))})"
    if node.function == "_?_:_":
        test, yes, no = (_inner(arg, 1) for arg in args)
        return f"{test} ? {yes} : {no}"
    if level == 6 and isinstance(args[0], Literal):
        return f"{node.function[0]}({written(args[0])})"  # `-1` would be the number
    if level == 6:
        return f"{node.function[0]}{_inner(args[0], 6)}"
    sign = node.function.strip("_") if node.function != "@in" else "in"
    first, *others = args
    return f" {sign} ".join([_inner(first, level), *(_inner(each, level + 1) for each in others)])


def _inner(node: Expr, level: int) -> str:
    """Write a part, in parentheses if it binds less than what stands around it."""
    text = written(node)
    binds = _LEVELS.get(node.function, 7) if isinstance(node, Call) else 7
    return f"({text})" if binds < level else text


def _macro(node: Loop | Bind) -> str:
    if isinstance(node, Bind):
        return f"cel.bind({node.variable}, {written(node.value)}, {written(node.body)})"
    names = [node.variable, *([node.second] if node.second else [])]
    parts = [*([node.condition] if node.condition else []), node.body]
    inner = ", ".join([*names, *map(written, parts)])
    return f"{_inner(node.over, 7)}.{node.kind}({inner})"


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, UInt):
        return f"{int(value)}u"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
