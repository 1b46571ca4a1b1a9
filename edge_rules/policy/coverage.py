"""Which conditions the tests of a policy have seen hold, and which they have seen fail."""

from dataclasses import dataclass

from edge_rules.facts import clean_facts
from edge_rules.policy.atoms import atoms_of
from edge_rules.policy.rules import Policy
from edge_rules.policy.written_facts import read_facts

MAX_JUDGED = 2_000_000  # conditions times tests; more would take minutes


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many outcomes of conditions the tests saw, two a condition; `gaps` are the others."""

    seen: int
    possible: int
    gaps: tuple[str, ...]


def coverage_of(policy: Policy) -> Coverage | None:
    """Judge every condition on the facts of every test, None where that is too much work."""
    atoms = atoms_of(policy.rules)
    if len(atoms) * len(policy.tests) > MAX_JUDGED:
        return None
    seen: list[set[bool | None]] = [set() for _ in atoms]
    for test in policy.tests:
        facts = clean_facts(read_facts(test.given))
        for atom, outcomes in zip(atoms, seen, strict=True):
            outcomes.add(atom.verdict(facts).holds)
    gaps = [
        f"rule {atom.rule}: no test in which `{atom.text}` {word}"
        for atom, outcomes in zip(atoms, seen, strict=True)
        for outcome, word in ((True, "holds"), (False, "does not hold"))
        if outcome not in outcomes and _possible(atom.text, outcome=outcome)
    ]
    possible = sum(
        _possible(atom.text, outcome=outcome) for atom in atoms for outcome in (True, False)
    )
    return Coverage(possible - len(gaps), possible, tuple(gaps))


def _possible(text: str, *, outcome: bool) -> bool:
    """Leave out the outcome that `true` and `false` never have."""
    return text not in ("true", "false") or (text == "true") is outcome
