"""The tree of an expression. Every node has a number of its own and a place in the text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant that stands in the text."""

    id: int
    at: int
    value: Any


@dataclass(frozen=True, slots=True)
class Ident:
    """A name; `absolute` when a dot before it takes it out of loops and containers."""

    id: int
    at: int
    name: str
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`, or with `test` the macro `has(operand.field)`."""

    id: int
    at: int
    operand: "Expr"
    field: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator; `&&` and `||` take all their operands at once."""

    id: int
    at: int
    function: str
    args: tuple["Expr", ...]
    target: "Expr | None" = None


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`; `optional` counts the items with a `?` before them."""

    id: int
    at: int
    items: tuple["Expr", ...]
    optional: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{key: value}`; `optional` counts the entries with a `?` before them."""

    id: int
    at: int
    entries: tuple[tuple["Expr", "Expr"], ...]
    optional: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Loop:
    """A macro over a list or over a map's keys: all, exists, exists_one, map or filter.

    `body` is the predicate, of `map` what it gives; only `map` and its like have a `condition`
    beside it. With a `second` variable the first is the position or key, the second what it holds.
    """

    id: int
    at: int
    kind: str
    over: "Expr"
    variable: str
    body: "Expr"
    condition: "Expr | None" = None
    second: str = ""


@dataclass(frozen=True, slots=True)
class Bind:
    """A name for a value within a body: `cel.bind(variable, value, body)`."""

    id: int
    at: int
    variable: str
    value: "Expr"
    body: "Expr"


Expr: TypeAlias = Literal | Ident | Select | Call | ListOf | MapOf | Loop | Bind


def children(node: Expr) -> tuple[Expr, ...]:  # noqa: PLR0911 - one line a kind of node
    """List the nodes directly under one, in the order of the text."""
    match node:
        case Select():
            return (node.operand,)
        case Call():
            return ((node.target,) if node.target else ()) + node.args
        case ListOf():
            return node.items
        case MapOf():
            return tuple(part for entry in node.entries for part in entry)
        case Loop():
            condition = (node.condition,) if node.condition else ()
            return (node.over, *condition, node.body)
        case Bind():
            return (node.value, node.body)
        case _:
            return ()


def filled(node: Expr, given: Mapping[int, Any]) -> Expr:
    """Put other values into literals, found by their ids, that stand below calls alone."""
    if isinstance(node, Literal) and node.id in given:
        return Literal(node.id, node.at, given[node.id])
    if not isinstance(node, Call) or node.target is not None:
        return node
    return Call(node.id, node.at, node.function, tuple(filled(arg, given) for arg in node.args))
