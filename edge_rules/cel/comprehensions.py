"""What the macros of two variables run over and build, and values that are found when used."""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.operators import elements
from edge_rules.cel.values import Value, make_map, map_keys, map_of, type_name


def pairs(held: Value) -> tuple[tuple[Value, Value], ...]:
    """List the positions and items of a list, or the keys and values of a map."""
    if type(held) is dict:
        return tuple(zip(map_keys(held), held.values(), strict=True))
    return tuple(enumerate(elements(held)))


def merged(parts: Iterable[Value]) -> dict[Value, Value]:
    """Build one map of many; a repeated key is an error."""
    return map_of(entry for part in parts for entry in _entries(part))


def _entries(part: Value) -> Iterable[tuple[Value, Value]]:
    if type(part) is not dict:
        msg = f"no such overload: an entry of a map is wanted, not {type_name(part)}"
        raise EvaluationError(msg)
    return zip(map_keys(part), part.values(), strict=True)


def once(find: Callable[[], Value]) -> Callable[[], Value]:
    """Make a value that is found at its first use and kept; so is its error."""
    kept: list[Value] = []
    failed: list[EvaluationError] = []

    def get() -> Value:
        if failed:
            raise failed[0]
        if not kept:
            try:
                kept.append(find())
            except EvaluationError as error:
                failed.append(error)
                raise
        return kept[0]

    return get


def _map_of(entries: Iterable[tuple[Value, Value]]) -> dict[Value, Value]:
    return make_map(*entries)


MAKERS: Final[MappingProxyType[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "map": tuple,
        "transformList": tuple,
        "transformMap": _map_of,
        "transformMapEntry": merged,
    }
)
