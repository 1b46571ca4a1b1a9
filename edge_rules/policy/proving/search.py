"""Looks for a case among all facts: none is a proof, one is tried out before anybody sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import z3

from edge_rules.policy.proving.budget import SAT, UNSAT, Budget
from edge_rules.policy.proving.plain_case import plainer
from edge_rules.policy.proving.texts import TextlessError
from edge_rules.policy.proving.translator import Scene

MAX_ROUNDS: Final = 40  # of learning what functions really give
Written = dict[str, Any]

OURS: Final = (
    "a case was found that the policy itself does not confirm: this is a fault of the prover, "
    "please report it; nothing is proved"
)


@dataclass(frozen=True, slots=True)
class Found:
    """`none` when there surely is no case; else `facts` of one, else `why` that can't be said."""

    none: bool = False
    facts: Written | None = None
    why: str = ""


def search(
    wanted: z3.BoolRef, scene: Scene, confirmed: Callable[[Written], bool], budget: Budget
) -> Found:
    """Find facts of which something is true and `confirmed`, or make sure that there are none."""
    solver = z3.Solver()
    solver.add(wanted, *scene.constraints)
    hints = scene.opaque.hints
    for _ in range(MAX_ROUNDS):
        answer = budget.check(solver, *hints)
        if answer != SAT and hints:
            hints = []
            answer = budget.check(solver)
        if answer == UNSAT:
            return Found(none=True)
        if answer != SAT:
            return Found(why=f"no answer in time ({solver.reason_unknown()}): give more --seconds")
        model = solver.model()
        try:
            lessons = scene.opaque.lessons(model)
            facts = scene.facts.written(model)
        except TextlessError:
            return Found(why=_beyond(scene))
        solver.add(*lessons)
        if confirmed(facts):
            plain = plainer(solver, scene, budget)
            return Found(facts=plain if plain is not None and confirmed(plain) else facts)
        if not lessons:
            return Found(why=_beyond(scene) if scene.opaque.free else OURS)
    return Found(why=_beyond(scene))


def _beyond(scene: Scene) -> str:
    places = list(scene.opaque.places)
    if not places:
        return "two texts are compared that have hardly a text between them: compare them by =="
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return (
        f"{places[0]}{more} can't be translated, and it may depend on it: "
        "compare facts with constants instead"
    )
