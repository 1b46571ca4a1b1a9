"""What compiled rules call: the operations of CertLogic on values of any kind."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from edge_rules.certlogic.date_times import DateTime, plus_time, read_date_of_birth, read_date_time
from edge_rules.certlogic.errors import RuleFailedError
from edge_rules.certlogic.values import (
    CHARACTERS_A_STEP,
    MAX_SUM,
    Budget,
    integer,
    reach,
    same,
    truth,
    uvci_fragment,
)

Value: TypeAlias = Any  # any JSON value or a DateTime; only running rules know which


def step(value: Value, fragment: str) -> Value:
    """Follow one step of a path; null where it leads nowhere."""
    return reach(value, (fragment,))


def truth_of(value: Value, operator: str) -> bool:
    """Tell truthy from falsy."""
    known = truth(value)
    if known is None:
        msg = f'an operand of "{operator}" is neither truthy nor falsy'
        raise RuleFailedError(msg)
    return known


def whole(value: Value, operator: str) -> int:
    """Take an operand of a comparison of numbers."""
    if type(value) is int:
        return value
    found = integer(value)
    if found is None:
        msg = f'all operands of "{operator}" must be integers'
        raise RuleFailedError(msg)
    return found


def dated(value: Value, operator: str) -> DateTime:
    """Take an operand of a comparison of date-times."""
    if isinstance(value, DateTime):
        return value
    msg = f'all operands of "{operator}" must be date-times (plusTime and dccDateOfBirth make them)'
    raise RuleFailedError(msg)


def added(left: Value, right: Value) -> int:
    """Add two integers."""
    one, other = integer(left), integer(right)
    if one is None or other is None:
        msg = 'both operands of "+" must be integers'
        raise RuleFailedError(msg)
    if abs(one + other) > MAX_SUM:
        msg = f'a sum of "+" is beyond {MAX_SUM}'
        raise RuleFailedError(msg)
    return one + other


def member(wanted: Value, among: Value, budget: Budget) -> bool:
    """Find a value in a list; a text, or null, is looked for as quick as Python can."""
    if not isinstance(among, list):
        msg = 'the second operand of "in" is not an array'
        raise RuleFailedError(msg)
    if type(wanted) is not str and wanted is not None:
        return any(same(wanted, one, budget) for one in among)
    steps = 1 + len(wanted) // CHARACTERS_A_STEP if wanted else 1
    try:
        met, found = among.index(wanted) + 1, True
    except ValueError:
        met, found = len(among), False
    budget.spend(met * steps)
    return found


def moved(text: Value, amount: int, unit: str) -> DateTime:
    """Read a date or date-time and move it by whole units."""
    return plus_time(read_date_time(_text(text, "plusTime")), amount, unit)


def born(text: Value) -> DateTime:
    """Read a date of birth."""
    return read_date_of_birth(_text(text, "dccDateOfBirth"))


def fragment(uvci: Value, index: int, budget: Budget) -> str | None:
    """Take one part of a certificate's identifier."""
    if uvci is None:
        return None
    text = _text(uvci, "extractFromUVCI")
    budget.spend(len(text) // CHARACTERS_A_STEP)
    return uvci_fragment(text, index)


def rounds(items: Value, cost: int, budget: Budget) -> Sequence[Value]:
    """Take the first operand of `reduce`, and pay for all that its loop will do by itself."""
    if not isinstance(items, list):
        msg = 'the first operand of "reduce" is neither an array nor null'
        raise RuleFailedError(msg)
    budget.spend(len(items) * cost)
    return items


def _text(value: Value, operator: str) -> str:
    if not isinstance(value, str):
        msg = f'the first operand of "{operator}" is not a text'
        raise RuleFailedError(msg)
    return value
