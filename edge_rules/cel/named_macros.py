"""The macros of CEL's extensions that have a namespace: `cel.bind`, `math.greatest` and more."""

from collections.abc import Callable
from typing import Final

from edge_rules.cel.syntax import Bind, Call, Expr, Ident, ListOf, Literal, Select
from edge_rules.cel.tokens import refused

NAMESPACED: Final = {
    "cel.bind": "cel.bind(name, value, expression)",
    "cel.block": "cel.block([values], expression)",
    "cel.index": "cel.index(number)",
    "cel.iterVar": "cel.iterVar(depth, number)",
    "cel.accuVar": "cel.accuVar(depth, number)",
    "math.greatest": "math.greatest(number, …)",
    "math.least": "math.least(number, …)",
}
_COUNTS: Final = {"cel.bind": 3, "cel.block": 2, "cel.index": 1, "cel.iterVar": 2, "cel.accuVar": 2}

NewId = Callable[[], int]
Keep = Callable[[Expr], Expr]


def dotted(node: Expr) -> str:
    """Write a chain of plain names as `a.b`; empty if it is anything else."""
    if isinstance(node, Ident):
        return f".{node.name}" if node.absolute else node.name
    if isinstance(node, Select) and not node.test:
        before = dotted(node.operand)
        return f"{before}.{node.field}" if before else ""
    return ""


def expand_named(name: str, at: int, args: tuple[Expr, ...], new_id: NewId, keep: Keep) -> Expr:
    """Build the tree that a macro stands for; `keep` notes every node that is made."""
    if len(args) != _COUNTS.get(name, len(args)) or not args:
        raise refused(at, f"{name}() is written {NAMESPACED[name]}")
    match name:
        case "cel.bind":
            if not isinstance(args[0], Ident) or args[0].absolute:
                raise refused(args[0].at, "the first argument of cel.bind() is a plain name")
            return keep(Bind(new_id(), at, args[0].name, args[1], args[2]))
        case "cel.block":
            return _block(at, args, new_id, keep)
        case "cel.index" | "cel.iterVar" | "cel.accuVar":
            numbers = ":".join(str(_number(arg)) for arg in args)
            return keep(Ident(new_id(), at, f"@{name[4:]}:{numbers}"))
    return _extreme(name, at, args, new_id, keep)


def _block(at: int, args: tuple[Expr, ...], new_id: NewId, keep: Keep) -> Expr:
    slots, body = args
    if not isinstance(slots, ListOf) or slots.optional:
        raise refused(slots.at, "the first argument of cel.block() is a list of values")
    for number, value in reversed(list(enumerate(slots.items))):
        body = keep(Bind(new_id(), at, f"@index:{number}", value, body))
    return body


def _number(node: Expr) -> int:
    if isinstance(node, Literal) and type(node.value) is int and node.value >= 0:
        return node.value
    raise refused(node.at, "a plain whole number should stand here")


def _extreme(name: str, at: int, args: tuple[Expr, ...], new_id: NewId, keep: Keep) -> Expr:
    """Put three and more values into one list, so that the function takes one or two."""
    for arg in args:
        literal = isinstance(arg, Literal) and type(arg.value) in (str, bytes, bool, type(None))
        if literal or (isinstance(arg, ListOf) and (len(args) > 1 or not arg.items)):
            raise refused(arg.at, f"{name}() takes numbers, or one list of numbers")
    if len(args) > 2:
        args = (keep(ListOf(new_id(), at, args)),)
    return keep(Call(new_id(), at, name, args))
