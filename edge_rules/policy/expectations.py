"""The tests inside a policy file: facts that are given, and what is expected of them."""

from collections.abc import Mapping
from typing import Any

from devices.setup_file import Path
from edge_rules.cel.environment import did_you_mean
from edge_rules.decision import Outcome
from edge_rules.facts import FIELDS, GROUPS, TOP
from edge_rules.policy.reading import Reader
from edge_rules.policy.rules import PolicyTest

_OUTCOMES = tuple(outcome.value for outcome in Outcome)


def read_tests(value: object, rules: frozenset[str], reader: Reader) -> tuple[PolicyTest, ...]:
    """Return the tests of a file."""
    items = [] if value is None else reader.items(value, ("tests",), "tests")
    tests = (_test(item, ("tests", at), rules, reader) for at, item in enumerate(items))
    return tuple(test for test in tests if test is not None)


def _test(item: object, path: Path, rules: frozenset[str], reader: Reader) -> PolicyTest | None:
    test = reader.mapping(item, path, ("given", "expect"))
    if not isinstance(item, Mapping):
        return None
    given = _given(test.get("given"), (*path, "given"), reader)
    inside = (*path, "expect")
    expect = reader.mapping(test.get("expect"), inside, ("decision", "reasons", "rules"))
    outcome = expect.get("decision")
    if outcome is not None and not reader.choice(outcome, (*inside, "decision"), _OUTCOMES):
        outcome = None
    if isinstance(test.get("expect"), Mapping) and not expect:
        reader.fault(inside, "expects nothing: name a decision, reasons or rules")
    reasons = reader.words(expect.get("reasons", []), (*inside, "reasons"), "reasons")
    fired = reader.words(expect.get("rules", []), (*inside, "rules"), "ids of rules")
    for at, rule in enumerate(fired):
        if rule not in rules:
            what = f"there is no rule `{rule}`{did_you_mean(rule, rules)}"
            reader.fault((*inside, "rules", at), what)
    place = reader.file.fault(path, "")
    return PolicyTest(
        given, Outcome(outcome) if outcome else None, reasons, fired, (place.line, place.column)
    )


def _given(value: object, path: Path, reader: Reader) -> Mapping[str, Any]:
    """Refuse misspelt facts; a value that is no good is a fact that is missing, as at a gate."""
    given = reader.mapping(value, path, (*TOP, *GROUPS))
    for group, facts in given.items():
        if group not in GROUPS:
            continue
        if not isinstance(facts, Mapping):
            reader.fault((*path, group), f"is a group of facts: {', '.join(GROUPS[group])}")
            continue
        for name in facts:
            if f"{group}.{name}" not in FIELDS:
                near = did_you_mean(str(name), GROUPS[group])
                reader.fault((*path, group, name), f"unknown fact{near}")
    return given
