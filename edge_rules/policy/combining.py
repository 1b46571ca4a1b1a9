"""Rules that fired to one decision: deny before refer before admit, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_rules.decision import Decision, MissingFact, Outcome, Say

FACT_MISSING, RULE_ERROR, NO_RULE = "fact-missing", "rule-error", "no-rule-admits"
_RANK: Final = {Outcome.DENY: 0, Outcome.REFER: 1, Outcome.ADMIT: 2}


@dataclass(frozen=True, slots=True)
class Firing:
    """One rule that fired: because it holds, or because it could not be judged."""

    rule: str
    outcome: Outcome
    reason: str
    say: Say | None = None
    missing: tuple[str, ...] = ()


def combine(firings: Sequence[Firing], otherwise: Outcome) -> Decision:
    """Make the decision of all rules that fired, given in policy order.

    The words are those of the first rule that agrees with the outcome and has any.
    """
    if not firings:
        return Decision(otherwise, (NO_RULE,))
    outcome = min((firing.outcome for firing in firings), key=_RANK.__getitem__)
    agreeing = [firing for firing in firings if firing.outcome is outcome]
    return Decision(
        outcome,
        tuple(dict.fromkeys(firing.reason for firing in agreeing)),
        tuple(firing.rule for firing in firings),
        tuple(MissingFact(firing.rule, fact) for firing in firings for fact in firing.missing),
        next((firing.say for firing in agreeing if firing.say), None),
    )


def unjudged(rule: str, missing: tuple[str, ...]) -> Firing:
    """Make the referral of a rule that could not be judged, whatever it would have said."""
    return Firing(rule, Outcome.REFER, FACT_MISSING if missing else RULE_ERROR, None, missing)
