"""A property of a policy as a question to the solver."""

from collections.abc import Callable
from typing import Any

import z3

from edge_rules.policy.proving.answers import Answer
from edge_rules.policy.proving.budget import UNSAT, Budget
from edge_rules.policy.proving.decision_model import DecisionModel, words_of
from edge_rules.policy.proving.manner import manner_of
from edge_rules.policy.proving.search import search
from edge_rules.policy.proving.terms import Term, both, negation
from edge_rules.policy.proving.translator import (
    MAX_PARTS,
    Scene,
    TooLargeError,
    Translator,
    scene_of,
)
from edge_rules.policy.rules import Policy, Property

TOO_LARGE = (
    f"too large to prove: more than {MAX_PARTS} parts of conditions; "
    "prove a policy of fewer rules or shorter lists"
)


def search_breach(
    policy: Policy,
    wanted: Property,
    confirmed: Callable[[dict[str, Any]], bool],
    timeout_s: float,
) -> Answer:
    """Look for facts that meet every premise and not what should follow from them."""
    try:
        scene, premises, end = _question(policy, wanted)
    except TooLargeError:
        return Answer(None, why=TOO_LARGE)
    budget = Budget(timeout_s)
    met = both(term.holds for term in premises)
    found = search(both((met, negation(end.holds))), scene, confirmed, budget)
    if found.facts is not None:
        return Answer(holds=False, facts=found.facts)
    if not found.none:
        return Answer(None, why=found.why)
    return Answer(holds=True, vacuous=bool(premises) and _never(met, scene, budget))


def _question(policy: Policy, wanted: Property) -> tuple[Scene, list[Term], Term]:
    conditions = [*(rule.when for rule in policy.rules), *wanted.parts]
    manner = manner_of(conditions, words_of([policy]))
    models: list[DecisionModel] = []
    scene = scene_of(
        manner,
        {
            "decision": lambda: models[0].decision_term,
            "reasons": lambda: models[0].reasons_term,
            "rules": lambda: models[0].rules_term,
        },
    )
    models.append(DecisionModel(policy, scene))
    *premises, end = (Translator(part, scene, "the property").whole() for part in wanted.parts)
    return scene, premises, end


def _never(met: z3.BoolRef, scene: Scene, budget: Budget) -> bool:
    solver = z3.Solver()
    solver.add(met, *scene.constraints)
    return budget.check(solver) == UNSAT
