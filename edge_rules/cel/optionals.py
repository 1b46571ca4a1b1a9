"""CEL's optional values: something, or nothing without an error.

Source: cel-go, "OptionalTypes".
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel import operators
from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.values import Duration, OptionalValue, Timestamp, Value, make_map, type_name

NONE: Final = OptionalValue()
_ZERO_TIME: Final = -62_135_596_800 * 10**9


def of(value: Value) -> OptionalValue:
    """`optional.of(value)`."""
    return OptionalValue(value, present=True)


def none() -> OptionalValue:
    """`optional.none()`."""
    return NONE


def of_non_zero(value: Value) -> OptionalValue:
    """`optional.ofNonZeroValue(value)`: nothing for 0, "", false, null and what is empty."""
    if type(value) is Timestamp:
        return NONE if value == _ZERO_TIME else of(value)
    if type(value) is Duration:
        return of(value) if int(value) else NONE
    if type(value) is OptionalValue:
        return of(value) if value.present else NONE
    return of(value) if value else NONE


def has_value(held: Value) -> bool:
    """`held.hasValue()`."""
    return wanted("hasValue", held).present


def value_of(held: Value) -> Value:
    """`held.value()`."""
    if wanted("value", held).present:
        return held.value
    msg = "optional.none() has no value"
    raise EvaluationError(msg)


def either(held: Value, other: Callable[[], Value]) -> OptionalValue:
    """`held.or(other)`; the other is looked at only where it is needed."""
    return held if wanted("or", held).present else wanted("or", other())


def or_value(held: Value, other: Callable[[], Value]) -> Value:
    """`held.orValue(other)`; the other is looked at only where it is needed."""
    return held.value if wanted("orValue", held).present else other()


def mapped(held: Value, body: Callable[[Value], Value]) -> OptionalValue:
    """`held.optMap(x, body)`."""
    return of(body(held.value)) if wanted("optMap", held).present else NONE


def flat_mapped(held: Value, body: Callable[[Value], Value]) -> OptionalValue:
    """`held.optFlatMap(x, body)`."""
    if not wanted("optFlatMap", held).present:
        return NONE
    return wanted("optFlatMap", body(held.value))


def unwrap(held: Value) -> tuple[Value, ...]:
    """`optional.unwrap(list)`: the values of those that have one."""
    items = _list("optional.unwrap", held)
    return tuple(each.value for each in items if wanted("optional.unwrap", each).present)


def first(held: Value) -> OptionalValue:
    """`list.first()`."""
    return operators.optional_index(_list("first", held), 0)


def last(held: Value) -> OptionalValue:
    """`list.last()`."""
    return operators.optional_index(_list("last", held), len(held) - 1)


def _list(name: str, held: Value) -> tuple[Value, ...]:
    if type(held) is tuple:
        return held
    raise operators.no_overload(name, held)


def make_list(*entries: tuple[Value, bool]) -> tuple[Value, ...]:
    """Build a list in which `[?x]` adds nothing where x is nothing."""
    return tuple(
        wanted("[?]", value).value if optional else value
        for value, optional in entries
        if not optional or wanted("[?]", value).present
    )


def make_optional_map(*entries: tuple[Value, Value, bool]) -> dict[Value, Value]:
    """Build a map in which `{?key: x}` adds nothing where x is nothing."""
    kept = []
    for key, value, optional in entries:
        if not optional:
            kept.append((key, value))
        elif wanted("{?}", value).present:
            kept.append((key, value.value))
    return make_map(*kept)


def wanted(name: str, held: Value) -> OptionalValue:
    """Return what must be an optional value."""
    if type(held) is OptionalValue:
        return held
    msg = f"no such overload: {name} of {type_name(held)}"
    raise EvaluationError(msg)


LAZY: Final = MappingProxyType({"or": either, "orValue": or_value})
MACROS: Final = MappingProxyType({"optMap": mapped, "optFlatMap": flat_mapped})
IMPLEMENTATIONS: Final[MappingProxyType[str, Callable[..., Any]]] = MappingProxyType(
    {
        "optional.of": of,
        "optional.none": none,
        "optional.ofNonZeroValue": of_non_zero,
        "optional.unwrap": unwrap,
        "unwrapOpt": unwrap,
        "first": first,
        "last": last,
        "hasValue": has_value,
        "value": value_of,
    }
)
