"""Values worth trying for each fact that policies name: where conditions turn, and beside it.

Facts that a condition reads together share their values, so that they meet, and miss each other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from edge_rules.cel.environment import Checked, Variable
from edge_rules.cel.generator import UNKNOWN, constant_of
from edge_rules.cel.syntax import Call, Expr, children
from edge_rules.cel.times import ACCESSORS
from edge_rules.cel.values import Duration, Timestamp, datetime_of
from edge_rules.facts import FIELDS, GROUPS, Kind, clean_facts
from edge_rules.policy.atoms import atom_nodes
from edge_rules.policy.probe_neighbours import (
    ARITHMETIC,
    CUTTING,
    Constants,
    list_values,
    moment_values,
    number_values,
    span_values,
    text_values,
)
from edge_rules.policy.rules import Policy, Rule
from edge_rules.policy.written_facts import read_facts


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING  # among the values of a fact: that it is not there

_CLASSES: Final = {
    Kind.INT: "number",
    Kind.DOUBLE: "number",
    Kind.STRING: "text",
    Kind.STRINGS: "text",
    Kind.TIMESTAMP: "time",
    Kind.DURATION: "time",
    Kind.BOOL: "bool",
}  # facts of one class can be compared, or reckoned with each other
_MAKERS: Final[Mapping[Kind, Callable[[Constants], Iterable[Any]]]] = {
    Kind.STRING: text_values,
    Kind.STRINGS: list_values,
    Kind.TIMESTAMP: moment_values,
    Kind.DURATION: span_values,
}


@dataclass(slots=True)
class _Pool:
    """Facts that conditions bring together, and the constants these hold."""

    facts: dict[str, None] = field(default_factory=dict)
    constants: Constants = field(default_factory=Constants)


def probe_values(policies: Sequence[Policy]) -> Mapping[str, tuple[Any, ...]]:
    """Map each fact that a policy names to values worth trying, `MISSING` last.

    Values are as `clean_facts` gives them.
    """
    values = _values_of(_pools(policies))
    return {name: values[name] for name in FIELDS if name in values}


def rule_values(rule: Rule) -> Mapping[str, tuple[Any, ...]]:
    """Map the facts of one rule to the values that its own conditions bring."""
    pools: dict[str, _Pool] = {}
    for node in atom_nodes(rule.when.root):
        _add(pools, rule.when, node)
    return _values_of(pools)


def _values_of(pools: Mapping[str, _Pool]) -> dict[str, tuple[Any, ...]]:
    values: dict[str, tuple[Any, ...]] = {}
    for pool in {id(pool): pool for pool in pools.values()}.values():
        for name in pool.facts:
            values[name] = (*_sound(name, _candidates(name, pool)), MISSING)
    return values


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Lay facts by their full names out as `clean_facts` does."""
    facts: dict[str, Any] = {group: {} for group in GROUPS}
    for name, value in flat.items():
        group, _, inner = name.rpartition(".")
        if value is not MISSING:
            (facts[group] if group else facts)[inner] = value
    return facts


def flattened(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts that went through `clean_facts` their full names."""
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": held for inner, held in value.items()})
        else:
            flat[name] = value
    return flat


def facts_in(checked: Checked, root: Expr) -> list[str]:
    """Name the facts that a part of an expression asks for, in the order of the text."""
    names: dict[str, None] = {}
    for node in _nodes(root, checked):
        reference = checked.references.get(node.id)
        if isinstance(reference, Variable) and reference.name in FIELDS:
            names[reference.name] = None
    return list(names)


def _pools(policies: Sequence[Policy]) -> dict[str, _Pool]:
    pools: dict[str, _Pool] = {}
    for policy in policies:
        for rule in policy.rules:
            for node in atom_nodes(rule.when.root):
                _add(pools, rule.when, node)
    for policy in policies:
        for test in policy.tests:
            for name, value in flattened(clean_facts(read_facts(test.given))).items():
                if name in pools:
                    pools[name].constants.add(value)
    return pools


def _add(pools: dict[str, _Pool], checked: Checked, atom: Expr) -> None:
    names = facts_in(checked, atom)
    constants = _constants(checked, atom)
    for class_ in dict.fromkeys(_CLASSES[FIELDS[name].kind] for name in names):
        alike = [name for name in names if _CLASSES[FIELDS[name].kind] == class_]
        merged = _joined(pools, alike)
        merged.constants.join(constants)
        merged.constants.linked |= len(alike) > 1
        for name in merged.facts:
            pools[name] = merged


def _joined(pools: Mapping[str, _Pool], names: Sequence[str]) -> _Pool:
    """Return the pool of these facts, the smaller ones poured into the largest."""
    found = list({id(pools[name]): pools[name] for name in names if name in pools}.values())
    whole = max(found, key=lambda pool: len(pool.facts), default=_Pool())
    for pool in found:
        if pool is not whole:
            whole.facts |= pool.facts
            whole.constants.join(pool.constants)
            whole.constants.linked |= pool.constants.linked
    whole.facts |= dict.fromkeys(names)
    return whole


def _constants(checked: Checked, atom: Expr) -> Constants:
    found = Constants()
    for node in _nodes(atom, checked):
        known = constant_of(node, checked)
        if known is not UNKNOWN:
            found.add(_python(known))
        if not isinstance(node, Call):
            continue
        found.reckons |= node.function in ARITHMETIC
        found.cuts |= node.function in CUTTING
        found.counts |= node.function == "size"
        pattern = constant_of(node.args[-1], checked) if node.args else UNKNOWN
        if node.function == "matches" and isinstance(pattern, str):
            found.patterns[pattern] = None
        if node.function in ACCESSORS:
            zone = pattern if isinstance(pattern, str) else "UTC"
            found.parts[node.function, zone] = None
    return found


def _nodes(root: Expr, checked: Checked) -> Iterator[Expr]:
    """Walk an expression; what is below a constant is no part of it."""
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        yield node
        reference = checked.references.get(node.id)
        if constant_of(node, checked) is UNKNOWN and not isinstance(reference, Variable):
            waiting += children(node)


def _python(value: Any) -> Any:  # noqa: ANN401 - any constant
    """Turn CEL's value into a fact's."""
    if isinstance(value, tuple):
        return tuple(_python(item) for item in value)
    if isinstance(value, Timestamp):
        return datetime_of(value)
    if isinstance(value, Duration):
        return timedelta(microseconds=value // 1000)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value


def _candidates(name: str, pool: _Pool) -> Iterable[Any]:
    known = FIELDS[name]
    if known.words:
        return sorted(known.words)
    if known.kind is Kind.BOOL:
        return (True, False)
    if known.kind in (Kind.INT, Kind.DOUBLE):
        return number_values(pool.constants, known)
    return _MAKERS[known.kind](pool.constants)


def _sound(name: str, values: Iterable[Any]) -> list[Any]:
    """Keep what the boundary of facts lets through, each value once."""
    group, _, inner = name.rpartition(".")
    kept: dict[Any, None] = {}
    for value in values:
        if isinstance(value, datetime) and value.tzinfo is None:
            continue
        cleaned = clean_facts({group: {inner: value}} if group else {inner: value})
        held = cleaned[group] if group else cleaned
        if inner in held:
            kept[held[inner]] = None
    return list(kept)
