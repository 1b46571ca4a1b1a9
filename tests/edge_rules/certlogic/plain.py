"""CertLogic evaluated by a plain walk over the rule, to hold the compiled code against."""

import operator as python
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

from edge_rules.certlogic.date_times import (
    DateTime,
    plus_time,
    read_date_of_birth,
    read_date_time,
)
from edge_rules.certlogic.errors import RuleFailedError
from edge_rules.certlogic.validation import COMPARISONS, DATE_COMPARISONS
from edge_rules.certlogic.values import (
    CHARACTERS_A_STEP,
    MAX_SUM,
    Budget,
    given_out,
    integer,
    reach,
    same,
    truth,
    uvci_fragment,
)

_Value: TypeAlias = Any  # any JSON value or a DateTime; only running rules know which
_Run: TypeAlias = Callable[[_Value, Budget], _Value]

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": python.lt,
    ">": python.gt,
    "<=": python.le,
    ">=": python.ge,
    "before": python.lt,
    "after": python.gt,
    "not-after": python.le,
    "not-before": python.ge,
}


def walk(rule: object, data: object) -> object:
    """Return the value of a valid rule; RuleFailedError where it has none."""
    return given_out(_made(rule)(data, Budget()))


def _made(rule: _Value) -> _Run:
    if isinstance(rule, list):
        return _array([_made(item) for item in rule])
    if not isinstance(rule, dict):
        return lambda _data, _budget: rule
    ((operator, operands),) = rule.items()
    if operator == "var":
        return _var(operands)
    return _MAKERS[operator](operator, operands)


def _array(items: list[_Run]) -> _Run:
    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1 + len(items))
        return [item(data, budget) for item in items]

    return run


def _var(path: str) -> _Run:
    fragments = path.split(".") if path else []

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1 + len(fragments))
        return reach(data, fragments)

    return run


def _if(_operator: str, operands: list[Any]) -> _Run:
    guard, then, otherwise = map(_made, operands)

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        chosen = then if _truth_of(guard(data, budget), "if") else otherwise
        return chosen(data, budget)

    return run


def _and(_operator: str, operands: list[Any]) -> _Run:
    runs = list(map(_made, operands))

    def run(data: _Value, budget: Budget) -> _Value:
        value: _Value = None
        for operand in runs:
            budget.spend(1)
            value = operand(data, budget)
            if not _truth_of(value, "and"):
                break
        return value

    return run


def _not(_operator: str, operands: list[Any]) -> _Run:
    (operand,) = map(_made, operands)

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        return not _truth_of(operand(data, budget), "!")

    return run


def _truth_of(value: _Value, operator: str) -> bool:
    known = truth(value)
    if known is None:
        msg = f'an operand of "{operator}" is neither truthy nor falsy'
        raise RuleFailedError(msg)
    return known


def _equal(_operator: str, operands: list[Any]) -> _Run:
    left, right = map(_made, operands)

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        return same(left(data, budget), right(data, budget), budget)

    return run


def _in(_operator: str, operands: list[Any]) -> _Run:
    item, collection = map(_made, operands)

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        wanted, among = item(data, budget), collection(data, budget)
        if not isinstance(among, list):
            msg = 'the second operand of "in" is not an array'
            raise RuleFailedError(msg)
        return any(same(wanted, one, budget) for one in among)

    return run


def _plus(_operator: str, operands: list[Any]) -> _Run:
    left, right = map(_made, operands)

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        one, other = integer(left(data, budget)), integer(right(data, budget))
        if one is None or other is None:
            msg = 'both operands of "+" must be integers'
            raise RuleFailedError(msg)
        if abs(one + other) > MAX_SUM:
            msg = f'a sum of "+" is beyond {MAX_SUM}'
            raise RuleFailedError(msg)
        return one + other

    return run


def _compared(operator: str, operands: list[Any]) -> _Run:
    runs, holds = list(map(_made, operands)), _ORDER[operator]
    dates = operator in DATE_COMPARISONS

    def comparable(value: _Value) -> int | DateTime:
        found = (value if isinstance(value, DateTime) else None) if dates else integer(value)
        if found is None:
            kind = "date-times (plusTime and dccDateOfBirth make them)" if dates else "integers"
            msg = f'all operands of "{operator}" must be {kind}'
            raise RuleFailedError(msg)
        return found

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        values = [comparable(operand(data, budget)) for operand in runs]
        return all(holds(left, right) for left, right in pairwise(values))

    return run


def _plus_time(_operator: str, operands: list[Any]) -> _Run:
    start, amount, unit = _made(operands[0]), int(operands[1]), operands[2]

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        return plus_time(read_date_time(_text(start(data, budget), "plusTime")), amount, unit)

    return run


def _date_of_birth(_operator: str, operands: list[Any]) -> _Run:
    (text,) = map(_made, operands)

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        return read_date_of_birth(_text(text(data, budget), "dccDateOfBirth"))

    return run


def _text(value: _Value, operator: str) -> str:
    if not isinstance(value, str):
        msg = f'the first operand of "{operator}" is not a text'
        raise RuleFailedError(msg)
    return value


def _from_uvci(operator: str, operands: list[Any]) -> _Run:
    uvci, index = _made(operands[0]), int(operands[1])

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        value = uvci(data, budget)
        if value is None:
            return None
        text = _text(value, operator)
        budget.spend(len(text) // CHARACTERS_A_STEP)
        return uvci_fragment(text, index)

    return run


def _reduce(_operator: str, operands: list[Any]) -> _Run:
    array, step, initial = map(_made, operands)

    def run(data: _Value, budget: Budget) -> _Value:
        budget.spend(1)
        items, accumulator = array(data, budget), initial(data, budget)
        if items is None:
            return accumulator
        if not isinstance(items, list):
            msg = 'the first operand of "reduce" is neither an array nor null'
            raise RuleFailedError(msg)
        for item in items:
            budget.spend(1)
            accumulator = step({"accumulator": accumulator, "current": item}, budget)
        return accumulator

    return run


_MAKERS: Mapping[str, Callable[[str, list[Any]], _Run]] = {
    "if": _if,
    "and": _and,
    "!": _not,
    "===": _equal,
    "in": _in,
    "+": _plus,
    "plusTime": _plus_time,
    "dccDateOfBirth": _date_of_birth,
    "extractFromUVCI": _from_uvci,
    "reduce": _reduce,
    **dict.fromkeys((*COMPARISONS, *DATE_COMPARISONS), _compared),
}
