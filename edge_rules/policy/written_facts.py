"""Facts as people and records write them: times as RFC 3339, durations as `90s` or seconds."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from edge_rules.facts import FIELDS, Kind
from edge_rules.policy.errors import EvaluationError
from edge_rules.policy.times import parse_duration, parse_timestamp
from edge_rules.policy.values import datetime_of


def read_facts(written: Mapping[str, Any]) -> dict[str, Any]:
    """Turn written times and durations into Python's; everything else stays for `clean_facts`."""
    return {
        name: {inner: _read(f"{name}.{inner}", value) for inner, value in given.items()}
        if isinstance(given, Mapping)
        else _read(name, given)
        for name, given in written.items()
    }


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - any value, judged later
    kind = FIELDS[name].kind if name in FIELDS else None
    try:
        if kind is Kind.TIMESTAMP and isinstance(value, str):
            return datetime_of(parse_timestamp(value))
        if kind is Kind.DURATION:
            return _span(value)
    except (EvaluationError, OverflowError, ValueError):
        return None
    return value


def _span(value: Any) -> Any:  # noqa: ANN401 - any value, judged later
    if isinstance(value, str):
        return timedelta(microseconds=parse_duration(value) // 1000)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    return value
