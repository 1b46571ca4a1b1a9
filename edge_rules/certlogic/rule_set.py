"""A set of business rules, and of the codes that they allow, as the EU's gateway hands them out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from edge_rules.certlogic.business_rule import BusinessRule, read_business_rule
from edge_rules.certlogic.errors import RuleFault, RuleInvalidError

ValueSets: TypeAlias = Mapping[str, Sequence[str]]  # allowed codes by the name of their set

_ID, _VALUES = "valueSetId", "valueSetValues"


def read_rule_set(told: object) -> tuple[BusinessRule, ...]:
    """Read a list of rules, or one; RuleInvalidError tells every fault of every rule."""
    if isinstance(told, dict):
        return (read_business_rule(told),)
    if not isinstance(told, list):
        what = "must be a business rule, or a list of them"
        raise RuleInvalidError([RuleFault("", None, what)])
    rules: list[BusinessRule] = []
    faults: list[RuleFault] = []
    for index, one in enumerate(told):
        try:
            rules.append(read_business_rule(one))
        except RuleInvalidError as error:
            faults += [replace(fault, path=f"/{index}{fault.path}") for fault in error.faults]
    faults += doubles(rules)
    if faults:
        raise RuleInvalidError(faults)
    return tuple(rules)


def doubles(rules: Iterable[BusinessRule]) -> Iterator[RuleFault]:
    """Find rules that are there twice: nobody could say which of the two is meant."""
    counts = Counter((rule.identifier, rule.region, rule.version) for rule in rules)
    for (identifier, *_), count in counts.items():
        if count > 1:
            yield RuleFault("", None, f"{identifier} is there twice in the same Version")


def read_value_sets(told: object) -> dict[str, list[str]]:
    """Read one value set of the EU's gateway, or sets as lists of codes by their names.

    RuleInvalidError tells every fault.
    """
    if not isinstance(told, dict):
        what = f"must be {{{_ID}, {_VALUES}}}, or lists of codes by the names of their sets"
        raise RuleInvalidError([RuleFault("", None, what)])
    if _ID in told or _VALUES in told:
        return _gateways(told)
    faults = [
        RuleFault(f"/{name}", None, "must be a list of codes, each a text")
        for name, codes in told.items()
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes)
    ]
    if faults:
        raise RuleInvalidError(faults)
    return told


def _gateways(told: Mapping[str, Any]) -> dict[str, list[str]]:
    """Take all codes of a set: one that is no longer active stands in older certificates."""
    name, values = told.get(_ID), told.get(_VALUES)
    faults = []
    if not isinstance(name, str) or not name:
        faults.append(RuleFault(f"/{_ID}", None, "must be the name of the set"))
    if not isinstance(values, dict):
        faults.append(RuleFault(f"/{_VALUES}", None, "must be an object whose keys are the codes"))
    if faults:
        raise RuleInvalidError(faults)
    return {str(name): list(values or {})}
