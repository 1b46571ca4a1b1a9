"""The facts of a visit as unknowns: whether each is there, and what it is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import z3

from edge_rules.facts import FIELDS, MAX_ITEMS, Field, Kind
from edge_rules.policy.proving.doubles import Doubles
from edge_rules.policy.proving.terms import Items, Term, either, failing, negation
from edge_rules.policy.proving.texts import Texts
from edge_rules.policy.times import show_duration, show_timestamp
from edge_rules.policy.values import (
    INT_MAX,
    INT_MIN,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    Duration,
    Timestamp,
)

MICROSECOND: Final = 1000  # nanoseconds: Python's times carry no finer ones
SECOND: Final = 10**6  # microseconds
_LONGEST: Final = timedelta.max // timedelta(microseconds=1)
_SHORTEST: Final = timedelta.min // timedelta(microseconds=1)


class FactModel:
    """The facts that were asked for, each an unknown; the same name gives the same unknown."""

    def __init__(self, doubles: Doubles, texts: Texts) -> None:
        self.doubles = doubles
        self.texts = texts
        self.constraints: list[z3.BoolRef] = []
        self.present: dict[str, z3.BoolRef] = {}
        self.values: dict[str, Any] = {}

    def there(self, name: str) -> z3.BoolRef:
        """`has(name)`."""
        if name not in self.present:
            self.present[name] = z3.Bool(f"has {name}")
            self.values[name] = self._unknown(name, FIELDS[name])
        return self.present[name]

    def fact(self, name: str) -> Term:
        """Read a fact, in CEL's units."""
        missing = negation(self.there(name))
        value = self.values[name]
        kind = FIELDS[name].kind
        if kind is Kind.STRINGS:
            return Term(value[1], missing)
        if kind not in (Kind.TIMESTAMP, Kind.DURATION):
            return Term(value, missing)
        term = Term(value * MICROSECOND, missing)
        if kind is Kind.TIMESTAMP:
            return term
        return failing(term, either((term.value < INT_MIN, term.value > INT_MAX)))

    def written(self, model: z3.ModelRef) -> dict[str, Any]:
        """Write the facts of a case as a policy's tests do; TextlessError where a text has none."""
        found: dict[str, Any] = {}
        for name, present in self.present.items():
            if z3.is_true(model.eval(present, model_completion=True)):
                group, _, field = name.rpartition(".")
                held = found.setdefault(group, {}) if group else found
                held[field] = self._shown(name, model)
        return found

    def _unknown(self, name: str, field: Field) -> Any:  # noqa: ANN401 - a formula or a list
        if field.kind is Kind.BOOL:
            return z3.Bool(name)
        if field.kind is Kind.DOUBLE:
            value = z3.Const(name, self.doubles.sort)
            self.constraints.append(self.doubles.finite(value))
            return value
        if field.kind is Kind.STRING:
            return self._text(name, field)
        if field.kind is Kind.STRINGS:
            return self._texts(name)
        value = z3.Int(name)
        self.constraints += _range(value, field)
        return value

    def _text(self, name: str, field: Field) -> Any:  # noqa: ANN401 - a formula
        value = z3.Const(name, self.texts.sort)
        if field.words:
            words = [value == self.texts.constant(word) for word in sorted(field.words)]
            self.constraints.append(z3.Or(words))
        else:
            self.constraints += self.texts.sound(value, fact=True)
        return value

    def _texts(self, name: str) -> tuple[z3.ArithRef, Items]:
        length = z3.Int(f"{name} length")
        self.constraints += [length >= 0, length <= MAX_ITEMS]
        items = [z3.Const(f"{name} {at}", self.texts.sort) for at in range(MAX_ITEMS)]
        for item in items:
            self.constraints += self.texts.sound(item, fact=True)
        guards = tuple(length > at for at in range(MAX_ITEMS))
        return length, Items(guards, tuple(items), length=length)

    def _shown(self, name: str, model: z3.ModelRef) -> Any:  # noqa: ANN401 - any fact
        kind, value = FIELDS[name].kind, self.values[name]
        if kind is Kind.STRINGS:
            count = _whole(model, value[0])
            return [self._text_in(model, item) for item in value[1].values[:count]]
        if kind is Kind.STRING:
            return self._text_in(model, value)
        if kind is Kind.DOUBLE:
            return self.doubles.read(model.eval(value, model_completion=True))
        if kind is Kind.BOOL:
            return z3.is_true(model.eval(value, model_completion=True))
        return _SHOWN.get(kind, int)(_whole(model, value))

    def _text_in(self, model: z3.ModelRef, value: Any) -> str:  # noqa: ANN401 - a formula
        return self.texts.read(model.eval(value, model_completion=True))


def _range(value: z3.ArithRef, field: Field) -> list[z3.BoolRef]:
    """Say what a number or time can be.

    A duration beyond CEL's 64 bits can't be read, whatever it is: whole seconds stand for all such,
    since that is how one is written.
    """
    if field.kind is Kind.INT:
        return [value >= field.low, value <= field.high]
    if field.kind is Kind.TIMESTAMP:
        low, high = -(-TIMESTAMP_MIN // MICROSECOND), TIMESTAMP_MAX // MICROSECOND
        return [value >= low, value <= high]
    low, high = -(-INT_MIN // MICROSECOND), INT_MAX // MICROSECOND
    readable = z3.And(value >= low, value <= high)
    return [
        value >= _SHORTEST,
        value <= _LONGEST,
        z3.Or(readable, value % SECOND == 0),
    ]


def _whole(model: z3.ModelRef, value: z3.ArithRef) -> int:
    return int(model.eval(value, model_completion=True).as_long())


def _duration(microseconds: int) -> str | int:
    span = microseconds * MICROSECOND
    if INT_MIN <= span <= INT_MAX:
        return show_duration(Duration(span))
    return microseconds // SECOND


_SHOWN: Final[Mapping[Kind, Any]] = {
    Kind.TIMESTAMP: lambda value: show_timestamp(Timestamp(value * MICROSECOND)),
    Kind.DURATION: _duration,
}
