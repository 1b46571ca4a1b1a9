"""Facts as the bindings of an expression, and back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from edge_rules.cel.values import Value, duration_of, timestamp_of


def as_cel(value: Value) -> Value:
    """Write a fact as the language holds it; EvaluationError outside of its times."""
    if isinstance(value, datetime):
        return timestamp_of(value)
    return duration_of(value) if isinstance(value, timedelta) else value


def nested(known: Mapping[str, Any]) -> dict[str, Any]:
    """Put facts by their full names into groups."""
    built: dict[str, Any] = {}
    for name, value in known.items():
        group, _, field = name.rpartition(".")
        (built.setdefault(group, {}) if group else built)[field] = value
    return built


def flat(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts in groups by their full names."""
    return {
        f"{group}.{name}": value
        for group, held in facts.items()
        if isinstance(held, dict)
        for name, value in held.items()
    } | {name: value for name, value in facts.items() if not isinstance(value, dict)}
