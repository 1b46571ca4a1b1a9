"""The facts of a visit as unknowns: whether each is there, and what it is."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import z3

from edge_rules.cel.values import (
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    datetime_of,
)
from edge_rules.facts import FIELDS, MAX_ITEMS, MAX_SPAN, Field, Kind
from edge_rules.policy.proving.doubles import Doubles
from edge_rules.policy.proving.terms import Items, Term, negation
from edge_rules.policy.proving.texts import Texts
from edge_rules.policy.written_facts import write_facts

MICROSECOND: Final = 1000  # nanoseconds: Python's times carry no finer ones


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
        timed = kind in (Kind.TIMESTAMP, Kind.DURATION)
        return Term(value * MICROSECOND if timed else value, missing)

    def written(self, model: z3.ModelRef) -> dict[str, Any]:
        """Write the facts of a case as a policy's tests do; TextlessError where a text has none."""
        found: dict[str, Any] = {}
        for name, present in self.present.items():
            if z3.is_true(model.eval(present, model_completion=True)):
                group, _, field = name.rpartition(".")
                held = found.setdefault(group, {}) if group else found
                held[field] = self._found(name, model)
        return write_facts(found)

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

    def _found(self, name: str, model: z3.ModelRef) -> Any:  # noqa: ANN401 - any fact
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
        return _MADE.get(kind, int)(_whole(model, value))

    def _text_in(self, model: z3.ModelRef, value: Any) -> str:  # noqa: ANN401 - a formula
        return self.texts.read(model.eval(value, model_completion=True))


def _range(value: z3.ArithRef, field: Field) -> list[z3.BoolRef]:
    if field.kind is Kind.INT:
        low, high = field.low, field.high
    elif field.kind is Kind.TIMESTAMP:
        low, high = -(-TIMESTAMP_MIN // MICROSECOND), TIMESTAMP_MAX // MICROSECOND
    else:
        high = MAX_SPAN // timedelta(microseconds=1)
        low = -high
    return [value >= low, value <= high]


def _whole(model: z3.ModelRef, value: z3.ArithRef) -> int:
    return int(model.eval(value, model_completion=True).as_long())


_MADE: Final[Mapping[Kind, Callable[[int], Any]]] = {
    Kind.TIMESTAMP: lambda count: datetime_of(count * MICROSECOND),
    Kind.DURATION: lambda count: timedelta(microseconds=count),
}
