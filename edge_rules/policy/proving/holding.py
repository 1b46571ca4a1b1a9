"""What is asked of texts and lists, and of the parts of times, as formulas."""

from typing import Any, Final

import z3

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.generator import UNKNOWN
from edge_rules.cel.times import HOUR, MINUTE, SECOND, zone
from edge_rules.cel.types import DURATION, INT, STRING, TIMESTAMP
from edge_rules.policy.proving.given import Given, Handler, OpaqueError
from edge_rules.policy.proving.reckoning import outside
from edge_rules.policy.proving.terms import Items, Term, both, choice, either
from edge_rules.policy.proving.texts import Line, UnwritableTextError

_MILLISECOND: Final = 10**6
_MICROSECOND: Final = 1000
_DAY: Final = 24 * HOUR
_THURSDAY: Final = 4  # 1970 began on one; Sunday is 0
_PARTS: Final = {  # what a part is counted in, and how many make the next larger
    "getHours": (HOUR, 24), "getMinutes": (MINUTE, 60), "getSeconds": (SECOND, 60),
    "getMilliseconds": (_MILLISECOND, 1000),
}  # fmt: skip


def _size(given: Given) -> Term:
    (value,) = given.values
    if isinstance(value, Items):
        return given.result(value.count)
    if given.types != (STRING,) or isinstance(given.manner.texts, Line):
        raise OpaqueError
    return given.result(z3.Length(value))


def _text(given: Given) -> Term:
    text, part = given.values
    if given.types != (STRING, STRING):
        raise OpaqueError
    texts = given.manner.texts
    if isinstance(texts, Line):
        start = given.constants[1]
        if given.function != "startsWith" or not isinstance(start, str):
            raise OpaqueError
        try:
            return given.result(texts.begins(text, start))
        except UnwritableTextError:
            raise OpaqueError from None
    made = {
        "startsWith": lambda: z3.PrefixOf(part, text),
        "endsWith": lambda: z3.SuffixOf(part, text),
        "contains": lambda: z3.Contains(text, part),
    }[given.function]()
    return given.result(made)


def _item(given: Given) -> Term:
    items, at = given.values
    if not isinstance(items, Items) or given.types[1] != INT or not items.values:
        raise OpaqueError
    if not items.dense or not items.ordered or isinstance(items.values[0], Items):
        raise OpaqueError
    known = given.constants[1]
    if isinstance(known, int) and 0 <= known < len(items.values):
        return given.result(items.values[known], z3.Not(items.guards[known]))
    value: Any = items.values[0]
    for place in range(1, len(items.values)):
        value = choice(at == place, items.values[place], value)
    inside = (both((guard, at == place)) for place, guard in enumerate(items.guards))
    return given.result(value, z3.Not(either(inside)))


def _part(given: Given) -> Term:
    """Take a part of an instant in UTC or at a fixed offset from it, or of a duration."""
    unit, many = _PARTS.get(given.function, (_DAY, 7))
    if given.types[0] == DURATION and given.function in _PARTS and len(given.types) == 1:
        return given.result(_of_span(given.function, given.values[0], unit))
    if given.types[0] != TIMESTAMP:
        raise OpaqueError
    local = given.values[0] + _offset(given)
    failed = outside(local, TIMESTAMP)
    if given.function == "getDayOfWeek":
        return given.result((local / _DAY + _THURSDAY) % many, failed)
    if given.function not in _PARTS:
        raise OpaqueError
    return given.result((local / unit) % many, failed)


def _of_span(function: str, span: z3.ArithRef, unit: int) -> z3.ArithRef:
    """Count whole units of a duration, towards zero; milliseconds are those beside the seconds."""
    whole = z3.If(span >= 0, span / unit, -(-span / unit))
    if function != "getMilliseconds":
        return whole
    return whole - 1000 * z3.If(span >= 0, span / SECOND, -(-span / SECOND))


def _offset(given: Given) -> int:
    if len(given.types) == 1:
        return 0
    name = given.constants[1]
    if name is UNKNOWN or not isinstance(name, str):
        raise OpaqueError
    try:
        fixed = zone(name).utcoffset(None)
    except EvaluationError:
        fixed = None
    if fixed is None:
        raise OpaqueError  # clocks of a place have a history
    return int(fixed.total_seconds()) * SECOND


HOLDING: Final[dict[str, Handler]] = {
    "size": _size, "contains": _text, "startsWith": _text, "endsWith": _text, "_[_]": _item,
    **dict.fromkeys((*_PARTS, "getDayOfWeek"), _part),
}  # fmt: skip
