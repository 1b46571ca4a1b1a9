"""One function over its overloads: the code for the types of the values that come."""

from collections.abc import Callable, Mapping
from typing import Any

from edge_rules.cel.operators import no_overload
from edge_rules.cel.values import Value

Signature = tuple[type, ...]


def by_types(name: str, table: Mapping[Signature, Callable[..., Any]]) -> Callable[..., Any]:
    """Make a function that picks its code by exact types; other types are errors."""

    def apply(*values: Value) -> Value:
        implementation = table.get(tuple(map(type, values)))
        if implementation is None:
            raise no_overload(name, *values)
        return implementation(*values)

    return apply
