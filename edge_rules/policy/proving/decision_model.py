"""What a policy decides, as formulas: as `combining` joins the rules that fire."""

from collections.abc import Iterable
from functools import cached_property

import z3

from edge_rules.decision import Outcome
from edge_rules.policy.combining import FACT_MISSING, NO_RULE, RULE_ERROR
from edge_rules.policy.proving.terms import NO, Items, Term, both, choice, either, negation
from edge_rules.policy.proving.translator import Scene, Translator
from edge_rules.policy.rules import Policy, Rule

_GRAVEST_FIRST = (Outcome.DENY, Outcome.REFER, Outcome.ADMIT)


class DecisionModel:
    """The decision of one policy on the facts of a scene."""

    def __init__(self, policy: Policy, scene: Scene) -> None:
        self._policy = policy
        self._scene = scene
        self._rules = [
            Translator(rule.when, scene, _place(policy, rule)).whole() for rule in policy.rules
        ]

    def is_(self, outcome: Outcome) -> z3.BoolRef:
        """When this is decided."""
        return self._outcomes[outcome]

    @cached_property
    def reasons(self) -> dict[str, z3.BoolRef]:
        """When each reason is among those of the decision."""
        found: dict[str, list[z3.BoolRef]] = {}
        for outcome in _GRAVEST_FIRST:
            for reason, fired in self._firing(outcome).items():
                agrees = both((self.is_(outcome), either(fired)))
                found.setdefault(reason, []).append(agrees)
        found.setdefault(NO_RULE, []).append(negation(either(self._fired)))
        return {reason: either(when) for reason, when in found.items()}

    @cached_property
    def rules(self) -> dict[str, z3.BoolRef]:
        """When each rule is among those that fired, or could not be judged."""
        ids = (rule.id for rule in self._policy.rules)
        return dict(zip(ids, self._fired, strict=True))

    @cached_property
    def decision_term(self) -> Term:
        """`decision` as a text."""
        text = self._scene.manner.texts.constant
        value = text(self._policy.otherwise.value)
        for outcome in reversed(_GRAVEST_FIRST):
            value = choice(self.is_(outcome), text(outcome.value), value)
        return Term(value)

    @property
    def reasons_term(self) -> Term:
        """`reasons` as a list; in what order they stand isn't told."""
        return self._texts(self.reasons, ordered=False)

    @property
    def rules_term(self) -> Term:
        """`rules` as a list."""
        return self._texts(self.rules, ordered=True)

    def _texts(self, when: dict[str, z3.BoolRef], *, ordered: bool) -> Term:
        values = tuple(self._scene.manner.texts.constant(word) for word in when)
        return Term(Items(tuple(when.values()), values, dense=False, ordered=ordered))

    @cached_property
    def _fired(self) -> list[z3.BoolRef]:
        return [either((term.holds, term.missing, term.failed)) for term in self._rules]

    @cached_property
    def _outcomes(self) -> dict[Outcome, z3.BoolRef]:
        """When each is decided: a graver rule outweighs it; `otherwise` where none fires."""
        found, graver = {}, NO
        for outcome in _GRAVEST_FIRST:
            fires = either(when for fired in self._firing(outcome).values() for when in fired)
            found[outcome] = both((fires, negation(graver)))
            graver = either((graver, fires))
        silent, otherwise = negation(graver), self._policy.otherwise
        return {**found, otherwise: either((found[otherwise], silent))}

    def _firing(self, outcome: Outcome) -> dict[str, list[z3.BoolRef]]:
        """List what makes for an outcome, by reason."""
        found: dict[str, list[z3.BoolRef]] = {}
        for rule, term in zip(self._policy.rules, self._rules, strict=True):
            if rule.then is outcome:
                found.setdefault(rule.reason, []).append(term.holds)
        if outcome is Outcome.REFER:
            found.setdefault(FACT_MISSING, []).extend(term.missing for term in self._rules)
            found.setdefault(RULE_ERROR, []).extend(term.failed for term in self._rules)
        return found


def words_of(policies: Iterable[Policy]) -> set[str]:
    """List the words of which decisions are made."""
    own = {word for policy in policies for rule in policy.rules for word in (rule.id, rule.reason)}
    return own | {FACT_MISSING, RULE_ERROR, NO_RULE, *(each.value for each in Outcome)}


def _place(policy: Policy, rule: Rule) -> str:
    line, column = rule.place
    return f"{policy.source}:{line}:{column}: rule {rule.id}"
