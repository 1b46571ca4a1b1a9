"""Properties of a policy as they are written: `premise → … → what follows`, each part CEL.

Beside the facts a part may ask for `decision`, `reasons` and `rules`, what the policy says of them.
The arrow binds least and to the right, so that all parts but the last are premises.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edge_rules.cel.checker import check
from edge_rules.cel.environment import (
    Checked,
    Constant,
    Environment,
    Variable,
    did_you_mean,
)
from edge_rules.cel.errors import ExpressionFault, ExpressionRefusedError
from edge_rules.cel.extensions import RULE_OVERLOADS, RULES
from edge_rules.cel.parser import parse
from edge_rules.cel.soundness import unsound
from edge_rules.cel.syntax import Call, Expr, Literal, children
from edge_rules.cel.tokens import TEXT
from edge_rules.cel.types import BOOL, STRING, list_of
from edge_rules.decision import Outcome
from edge_rules.facts import FIELDS
from edge_rules.policy.combining import FACT_MISSING, NO_RULE, RULE_ERROR
from edge_rules.policy.conditions import VARIABLES
from edge_rules.policy.rules import Rule

SAID: Final = {"decision": STRING, "reasons": list_of(STRING), "rules": list_of(STRING)}
MAX_PARTS: Final = 16

_WORDS: Final = {name: field.words for name, field in FIELDS.items() if field.words} | {
    "decision": frozenset(outcome.value for outcome in Outcome)
}
_MARK: Final = re.compile(
    rf"(?P<text>{TEXT}|//[^\n]*|`[^`\n]*`)|(?P<arrow>→|->)|(?P<open>[(\[{{])|(?P<close>[)\]}}])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What properties of one policy may name beside the facts."""

    constants: Mapping[str, Constant]
    reasons: frozenset[str]
    rules: frozenset[str]


def vocabulary_of(rules: Iterable[Rule], constants: Mapping[str, Constant]) -> Vocabulary:
    """Collect the names of a policy."""
    own = list(rules)
    reasons = {rule.reason for rule in own} | {FACT_MISSING, RULE_ERROR, NO_RULE}
    return Vocabulary(constants, frozenset(reasons), frozenset(rule.id for rule in own))


def check_property(text: str, vocabulary: Vocabulary) -> tuple[Checked, ...]:
    """Parse and check a property; ExpressionRefusedError lists its faults with their places."""
    environment = Environment(
        {**VARIABLES, **SAID},
        vocabulary.constants,
        _WORDS,
        dialect=RULES,
        functions=RULE_OVERLOADS,
    )
    parts: list[Checked] = []
    faults: list[ExpressionFault] = []
    for start, part in _split(text):
        if not part.strip():
            faults.append(ExpressionFault(start, "an expression is missing beside this arrow"))
            continue
        try:
            root, _ = parse(" " * start + part, RULES)
            checked, found = check(root, environment)
            faults += found or _later_faults(checked, vocabulary)
            parts.append(checked)
        except ExpressionRefusedError as error:
            faults += error.faults
    if faults:
        raise ExpressionRefusedError(faults)
    return tuple(parts)


def _split(text: str) -> Iterator[tuple[int, str]]:
    """Cut a property at its arrows; one inside brackets is refused."""
    start = depth = count = 0
    for mark in _MARK.finditer(text):
        depth += {"open": 1, "close": -1}.get(str(mark.lastgroup), 0)
        if mark.lastgroup != "arrow":
            continue
        count += 1
        if depth > 0 or count >= MAX_PARTS:
            what = "an arrow stands outside of all brackets"
            if depth <= 0:
                what = f"more than {MAX_PARTS} parts: join premises with &&"
            raise ExpressionRefusedError([ExpressionFault(mark.start(), what)])
        yield start, text[start : mark.start()]
        start = mark.end()
    yield start, text[start:]


def _later_faults(checked: Checked, vocabulary: Vocabulary) -> list[ExpressionFault]:
    if checked.type != BOOL:
        what = f"a property says something true or false, this is {checked.type}"
        return [ExpressionFault(checked.root.at, what)]
    return unsound(checked) + list(_unknown_words(checked, vocabulary))


def _unknown_words(checked: Checked, vocabulary: Vocabulary) -> Iterator[ExpressionFault]:
    """Find what no decision of the policy can hold: such a property would say nothing."""
    known = {"reasons": vocabulary.reasons, "rules": vocabulary.rules}
    waiting: list[Expr] = [checked.root]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        if not isinstance(node, Call) or node.function != "@in":
            continue
        word, held = node.args
        reference = checked.references.get(held.id)
        if isinstance(reference, Variable) and reference.name in known:
            yield from _unknown(word, reference.name, known[reference.name])


def _unknown(node: Expr, name: str, known: Collection[str]) -> Iterator[ExpressionFault]:
    if isinstance(node, Literal) and node.value not in known:
        near = did_you_mean(str(node.value), known)
        yield ExpressionFault(node.at, f"the policy has no such word among its {name}{near}")
