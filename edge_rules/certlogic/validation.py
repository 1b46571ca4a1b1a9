"""Is this JSON a CertLogic rule: every fault with its path, and nothing evaluated."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge_rules.certlogic.date_times import UNITS
from edge_rules.certlogic.errors import RuleFault

MAX_DEPTH = 128  # levels of JSON; a national rule has up to 15; evaluation recurses
MAX_SIZE = 2_000  # parts of a rule; a national rule has up to 67, and 2,000 compile in 80 ms
SHOWN = 60  # characters of a wrong word that a sentence repeats

COMPARISONS = ("<", ">", "<=", ">=")
DATE_COMPARISONS = ("before", "after", "not-after", "not-before")

# How many operands each operation takes; None is no end.
OPERANDS: Mapping[str, tuple[int, int | None]] = {
    "if": (3, 3),
    "and": (2, None),
    "===": (2, 2),
    "in": (2, 2),
    "+": (2, 2),
    "!": (1, 1),
    "plusTime": (3, 3),
    "reduce": (3, 3),
    "extractFromUVCI": (2, 2),
    "dccDateOfBirth": (1, 1),
    **dict.fromkeys((*COMPARISONS, *DATE_COMPARISONS), (2, 3)),
}
# Operands that are no expressions: they must stand in the rule as they are.
AMOUNT, INDEX, UNIT = ("plusTime", 1), ("extractFromUVCI", 1), ("plusTime", 2)


def validate(rule: object) -> list[RuleFault]:
    """List everything that makes this JSON no rule; an empty list means it can be evaluated."""
    if _too_large(rule):
        return [RuleFault("", None, f"the rule has more than {MAX_SIZE} parts")]
    return list(_faults(rule, "", MAX_DEPTH))


def is_integer(value: object) -> bool:
    """Tell whether JSON calls a value an integer: 2 and 2.0 are, true is not."""
    return type(value) is int or (type(value) is float and value.is_integer())


def _too_large(rule: object) -> bool:
    """Count the parts without recursion, and no further than the bound."""
    pending, size = [rule], 0
    while pending:
        part = pending.pop()
        size += 1
        if isinstance(part, dict):
            pending += part.values()
        elif isinstance(part, list):
            pending += part
        if size + len(pending) > MAX_SIZE:
            return True
    return False


def _faults(expr: Any, path: str, depth: int) -> Iterator[RuleFault]:  # noqa: ANN401 - JSON
    match expr:
        case str() | bool() | int():
            return
        case float():
            if not is_integer(expr):
                yield RuleFault(path, expr, f"{expr} is a non-integer number")
        case list() | dict() if depth <= 0:
            yield RuleFault(path, None, f"nested deeper than {MAX_DEPTH} levels")
        case list():
            for index, item in enumerate(expr):
                yield from _faults(item, f"{path}/{index}", depth - 1)
        case dict():
            yield from _object_faults(expr, path, depth)
        case _:
            yield RuleFault(path, expr, "invalid CertLogic expression")


def _object_faults(expr: dict[str, Any], path: str, depth: int) -> Iterator[RuleFault]:
    if len(expr) != 1:
        what = f"expression object must have exactly one key, but it has {len(expr)}"
        yield RuleFault(path, expr, what)
        return
    ((operator, operands),) = expr.items()
    if operator == "var":
        yield from _var_faults(expr, operands, path)
    elif not isinstance(operands, list):
        what = 'operation not of the form { "<operator>": [ <values...> ] }'
        yield RuleFault(path, expr, what)
    elif operator not in OPERANDS:
        yield RuleFault(path, expr, f'unrecognised operator: "{operator[:SHOWN]}"')
    else:
        yield from _operation_faults(expr, operator, operands, path, depth)


def _var_faults(expr: dict[str, Any], name: object, path: str) -> Iterator[RuleFault]:
    if not isinstance(name, str):
        yield RuleFault(path, expr, 'not of the form { "var": "<path>" }')
    elif name and not all(name.split(".")):
        what = f"data access path doesn't have a valid format: {name[:SHOWN]}"
        yield RuleFault(path, expr, what)


def _operation_faults(
    expr: dict[str, Any], operator: str, operands: list[Any], path: str, depth: int
) -> Iterator[RuleFault]:
    least, most = OPERANDS[operator]
    if len(operands) < least or (most is not None and len(operands) > most):
        wanted = f"{least}" if most == least else f"at least {least}" if most is None else "2 or 3"
        what = f'"{operator}" takes {wanted} operand(s), but it has {len(operands)}'
        yield RuleFault(path, expr, what)
    for index, operand in enumerate(operands):
        if (operator, index) in (AMOUNT, INDEX):
            if not is_integer(operand):
                what = f'operand {index + 1} of "{operator}" must be an integer'
                yield RuleFault(path, expr, what)
        elif (operator, index) == UNIT:
            if not isinstance(operand, str) or operand not in UNITS:
                what = f'operand 3 of "plusTime" must be one of {", ".join(UNITS)}'
                yield RuleFault(path, expr, what)
        else:
            yield from _faults(operand, f"{path}/{operator}/{index}", depth - 2)
