"""Makes a case plain: no fact that it can do without, and values that a person would write."""

from collections.abc import Iterator
from typing import Any, Final

import z3

from edge_rules.facts import FIELDS, MAX_ITEMS, Kind
from edge_rules.policy.proving.budget import SAT, Budget
from edge_rules.policy.proving.fact_model import MICROSECOND
from edge_rules.policy.proving.given import lifted
from edge_rules.policy.proving.hints import NOW
from edge_rules.policy.proving.texts import TextlessError
from edge_rules.policy.proving.translator import Scene

MOST_S: Final = 5.0  # a case is good without being plain
ONE_TRY_S: Final = 0.5

_DEGREES: Final = (36.5, 37.0, 37.3, 38.0, 39.0, 40.0, 41.0, 45.0, 35.0, 33.0, 0.3, 25.0, 0.0)
_COUNTS: Final = (1, 0, 2, 3, 10, 100)
_NOW_US: Final = NOW // MICROSECOND
_HOUR_US: Final = 3_600_000_000
_HOURS_US: Final = tuple(_HOUR_US * hours for hours in (0, -1, 1, -24, 24, -48, 48, -720, 720))
_WHOLE: Final = {
    Kind.INT: _COUNTS,
    Kind.TIMESTAMP: tuple(_NOW_US + span for span in _HOURS_US),
    Kind.DURATION: _HOURS_US,
}


def plainer(solver: z3.Solver, scene: Scene, budget: Budget) -> dict[str, Any] | None:
    """Return the facts of a plainer case, None if there is none in time."""
    spare = Budget(min(MOST_S, budget.left_s))
    kept: list[z3.BoolRef] = []
    best: dict[str, Any] | None = None
    for options in _wishes(scene):
        for wish in options:
            if spare.check(solver, *kept, wish, most_s=ONE_TRY_S) != SAT:
                continue
            model = solver.model()
            try:
                if scene.opaque.lessons(model):
                    continue
                best = scene.facts.written(model)
            except TextlessError:
                continue
            kept.append(wish)
            break
    return best


def _wishes(scene: Scene) -> Iterator[list[z3.BoolRef]]:
    """List what would be plain, in order of weight; of each list the first that can be."""
    for present in scene.facts.present.values():
        yield [z3.Not(present)]
    for name, value in scene.facts.values.items():
        yield _plain_values(name, value, scene)


def _plain_values(name: str, value: Any, scene: Scene) -> list[z3.BoolRef]:  # noqa: ANN401
    kind = FIELDS[name].kind
    if kind in (Kind.BOOL, Kind.STRING):
        return [] if kind is Kind.BOOL else [value != lifted("", scene.manner)]
    if kind is Kind.DOUBLE:
        return [value == lifted(each, scene.manner) for each in _DEGREES]
    if kind is Kind.STRINGS:
        return [value[0] == each for each in _COUNTS if each <= MAX_ITEMS]
    return [value == each for each in _WHOLE[kind]]
