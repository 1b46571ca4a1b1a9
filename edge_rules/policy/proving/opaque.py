"""What no formula describes: unknown values that may be anything, so that what is proved holds.

A function of values that can be written is an unknown function; a case that a solver found is
then compared with what the function really gives, and learnt from. The rest is only unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.library import IMPLEMENTATIONS
from edge_rules.cel.types import STRING, Type
from edge_rules.policy.proving.given import (
    WHOLE,
    Given,
    lifted,
    lowered,
    sort_of,
)
from edge_rules.policy.proving.hints import worth_trying
from edge_rules.policy.proving.manner import Manner
from edge_rules.policy.proving.reckoning import RANGES
from edge_rules.policy.proving.terms import Term, both, either, negation


@dataclass(frozen=True, slots=True)
class Applied:
    """One use of a function that no formula describes."""

    function: str
    kinds: tuple[Type, ...]
    args: tuple[Any, ...]
    result: Type
    value: Any
    failed: z3.BoolRef

    def lesson(self, model: z3.ModelRef, manner: Manner) -> z3.BoolRef | None:
        """Return what the function really gives where a model says otherwise."""
        here = [model.eval(arg, model_completion=True) for arg in self.args]
        given = [lowered(k, v, manner) for k, v in zip(self.kinds, here, strict=True)]
        try:
            real = lifted(IMPLEMENTATIONS[self.function](*given), manner)
        except EvaluationError:
            real = None
        failed = z3.is_true(model.eval(self.failed, model_completion=True))
        if real is None:
            if failed:
                return None
            truth = self.failed
        else:
            truth = z3.And(z3.Not(self.failed), self.value == real)
            if z3.is_true(model.eval(truth, model_completion=True)):
                return None
        where = [arg == value for arg, value in zip(self.args, here, strict=True)]
        return z3.Implies(z3.And(where), truth)


@dataclass(frozen=True, slots=True)
class Lacks:
    """When facts are absent that a value may want, and those without which there is none."""

    any_of: Sequence[z3.BoolRef]
    each_of: Sequence[z3.BoolRef]


@dataclass(slots=True)
class Opaque:
    """Everything in one question that no formula describes, and where it stands."""

    manner: Manner
    constraints: list[z3.BoolRef] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    places: dict[str, None] = field(default_factory=dict)  # in the order in which they were met
    free: bool = False
    _hints: dict[int, tuple[Any, dict[Any, None]]] = field(default_factory=dict)
    _free: dict[str, Term] = field(default_factory=dict)
    _count: int = 0

    def apply(self, given: Given, result: Type, place: str) -> Term:
        """Write a call as an unknown function of its arguments; OpaqueError where it has none."""
        sort = sort_of(result, self.manner)
        sorts = [sort_of(kind, self.manner) for kind in given.types]
        name = f"{given.function}({', '.join(map(str, given.types))})"
        value = z3.Function(name, *sorts, sort)(*given.values)
        failed = z3.Function(f"{name} fails", *sorts, z3.BoolSort())(*given.values)
        self.constraints += self._range(result, value)
        args = tuple(given.values)
        self.applied.append(Applied(given.function, given.types, args, result, value, failed))
        self.places[place] = None
        known = self._hints.setdefault(args[0].get_id(), (args[0], {}))[1] if args else {}
        known.update(dict.fromkeys(worth_trying(given)))
        return given.result(value, failed)

    def anything(self, result: Type, lacks: "Lacks", place: str, meaning: str | None) -> Term:
        """Make a value of which nothing is known but its type, and which facts it may lack.

        The same meaning gives the same value; None means that it is new each time.
        """
        known = self._free.get(meaning) if meaning is not None else None
        if known is not None:
            return known
        self._count += 1
        name = f"anything {self._count}"
        value = z3.Const(name, sort_of(result, self.manner))
        self.constraints += self._range(result, value)
        missing = both((z3.Bool(f"{name} lacks"), either(lacks.any_of)))
        failed = both((z3.Bool(f"{name} fails"), negation(missing)))
        needs = negation(either(lacks.each_of))
        self.constraints.append(either((needs, missing, failed)))
        term = Term(value, missing, failed)
        if meaning is not None:
            self._free[meaning] = term
        self.places[place] = None
        self.free = True
        return term

    @property
    def hints(self) -> list[z3.BoolRef]:
        """Say of what unknown functions are asked about that it is one of a few good guesses."""
        return [
            either(arg == lifted(guess, self.manner) for guess in guesses)
            for arg, guesses in self._hints.values()
            if guesses
        ]

    def lessons(self, model: z3.ModelRef) -> list[z3.BoolRef]:
        """List what is really so where a model has it otherwise."""
        found = (each.lesson(model, self.manner) for each in self.applied)
        return [lesson for lesson in found if lesson is not None]

    def _range(self, kind: Type, value: Any) -> list[z3.BoolRef]:  # noqa: ANN401 - a formula
        if kind == STRING:
            return list(self.manner.texts.sound(value, fact=False))
        if kind not in WHOLE:
            return []
        low, high = RANGES[kind]
        return [value >= low, value <= high]
