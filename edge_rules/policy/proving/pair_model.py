"""Two policies on the same facts as a question to the solver."""

from collections.abc import Callable
from typing import Any

import z3

from edge_rules.decision import Outcome
from edge_rules.policy.proving.answers import Answer
from edge_rules.policy.proving.budget import Budget
from edge_rules.policy.proving.decision_model import DecisionModel, words_of
from edge_rules.policy.proving.manner import manner_of
from edge_rules.policy.proving.property_model import TOO_LARGE
from edge_rules.policy.proving.search import search
from edge_rules.policy.proving.terms import NO, either
from edge_rules.policy.proving.translator import TooLargeError, scene_of
from edge_rules.policy.rules import Policy


def search_difference(
    one: Policy,
    other: Policy,
    confirmed: Callable[[dict[str, Any]], bool],
    timeout_s: float,
    *,
    reasons: bool,
) -> Answer:
    """Look for facts on which two policies decide differently."""
    conditions = [rule.when for policy in (one, other) for rule in policy.rules]
    scene = scene_of(manner_of(conditions, words_of([one, other])), {})
    try:
        mine, its = (DecisionModel(policy, scene) for policy in (one, other))
        differs = _differs(mine, its, reasons=reasons)
    except TooLargeError:
        return Answer(None, why=TOO_LARGE)
    found = search(differs, scene, confirmed, Budget(timeout_s))
    if found.facts is not None:
        return Answer(holds=False, facts=found.facts)
    return Answer(holds=True) if found.none else Answer(None, why=found.why)


def _differs(mine: DecisionModel, its: DecisionModel, *, reasons: bool) -> z3.BoolRef:
    found = [mine.is_(outcome) != its.is_(outcome) for outcome in Outcome]
    if reasons:
        words = dict.fromkeys([*mine.reasons, *its.reasons])
        found += [mine.reasons.get(word, NO) != its.reasons.get(word, NO) for word in words]
    return either(found)
