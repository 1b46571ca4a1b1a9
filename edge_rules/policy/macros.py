"""The macros of CEL: calls that become other trees before anything is checked."""

from dataclasses import replace
from typing import Final

from edge_rules.policy.syntax import Expr, Ident, Loop, Select
from edge_rules.policy.tokens import refused

# (name, number of arguments, called on a value) → kind of macro
MACROS: Final = {
    ("has", 1, False): "has",
    ("all", 2, True): "all",
    ("exists", 2, True): "exists",
    ("exists_one", 2, True): "exists_one",
    ("existsOne", 2, True): "exists_one",
    ("map", 2, True): "map",
    ("map", 3, True): "map",
    ("filter", 2, True): "filter",
}

USAGE: Final = {
    "has": "has(group.fact)",
    "map": "list.map(x, value) or list.map(x, condition, value)",
    **{
        name: f"list.{name}(x, condition)"
        for name in ("all", "exists", "exists_one", "existsOne", "filter")
    },
}


def expand(kind: str, id_: int, at: int, target: Expr | None, args: tuple[Expr, ...]) -> Expr:
    """Build the tree that a macro stands for."""
    if kind == "has" or target is None:
        return _has(args[0])
    variable = args[0]
    if not isinstance(variable, Ident) or variable.absolute:
        raise refused(variable.at, f"the first argument of {kind}() is a plain name")
    condition = args[1] if len(args) == 3 else None
    return Loop(id_, at, kind, target, variable.name, args[-1], condition)


def _has(asked: Expr) -> Expr:
    if not isinstance(asked, Select) or asked.test:
        raise refused(asked.at, "has() asks for a field, as in has(temperature.celsius)")
    return replace(asked, test=True)
