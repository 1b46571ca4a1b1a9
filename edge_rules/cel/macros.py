"""The macros of CEL: calls that become other trees before anything is checked."""

from dataclasses import replace
from typing import Final

from edge_rules.cel.syntax import Expr, Ident, Loop, Select
from edge_rules.cel.tokens import refused

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

EXTENDED: Final = MACROS | {
    **{(name, 3, True): name for name in ("all", "exists", "transformList", "transformMap")},
    ("exists_one", 3, True): "exists_one",
    ("existsOne", 3, True): "exists_one",
    ("transformMapEntry", 3, True): "transformMapEntry",
    **{(f"transform{to}", 4, True): f"transform{to}" for to in ("List", "Map", "MapEntry")},
    ("optMap", 2, True): "optMap",
    ("optFlatMap", 2, True): "optFlatMap",
}
_TWO_NAMED: Final = frozenset({"all", "exists", "exists_one"})

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
    if kind.startswith("transform") or (kind in _TWO_NAMED and len(args) == 3):
        return _two_named(kind, id_, at, target, args)
    variable = _plain_name(kind, args[0])
    condition = args[1] if len(args) == 3 else None
    return Loop(id_, at, kind, target, variable, args[-1], condition)


def _two_named(kind: str, id_: int, at: int, target: Expr, args: tuple[Expr, ...]) -> Expr:
    first, second = (_plain_name(kind, each) for each in args[:2])
    if first == second:
        raise refused(args[1].at, f"{kind}() needs two names that differ")
    condition = args[2] if len(args) == 4 else None
    return Loop(id_, at, kind, target, first, args[-1], condition, second)


def _plain_name(kind: str, variable: Expr) -> str:
    if not isinstance(variable, Ident) or variable.absolute:
        raise refused(variable.at, f"the first argument of {kind}() is a plain name")
    return variable.name


def _has(asked: Expr) -> Expr:
    if not isinstance(asked, Select) or asked.test:
        raise refused(asked.at, "has() asks for a field, as in has(temperature.celsius)")
    return replace(asked, test=True)
