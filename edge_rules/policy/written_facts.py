"""Facts as people and records write them: times as RFC 3339, durations as `90s` or seconds."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.times import parse_duration, parse_timestamp
from edge_rules.cel.values import datetime_of
from edge_rules.facts import FIELDS, INT_MAX, Kind

_TIMES: Final = {
    name: field.kind
    for name, field in FIELDS.items()
    if field.kind in (Kind.TIMESTAMP, Kind.DURATION)
}
_LONGEST: Final = timedelta(microseconds=INT_MAX // 1000)  # longer ones are errors to every rule


def read_facts(written: Mapping[str, Any]) -> dict[str, Any]:
    """Turn written times and durations into Python's; everything else stays for `clean_facts`."""
    return {
        name: {inner: _read(f"{name}.{inner}", value) for inner, value in given.items()}
        if isinstance(given, Mapping)
        else _read(name, given)
        for name, given in written.items()
    }


def write_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Turn facts into JSON, from which `read_facts` makes the very same facts.

    Times become RFC 3339, durations seconds; one that no number can hold is a text (`90.000001s`).
    """
    return {name: _written(value) for name, value in facts.items() if value is not None}


def _written(value: Any) -> Any:  # noqa: ANN401 - JSON is any data
    if isinstance(value, Mapping):
        return write_facts(value)
    if isinstance(value, datetime):
        fine = "microseconds" if value.microsecond % 1000 else "milliseconds"
        return value.astimezone(UTC).isoformat(timespec=fine).replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return _written_span(value)
    return value


def _written_span(span: timedelta) -> float | str:
    seconds = span.total_seconds()
    if abs(span) > _LONGEST or timedelta(seconds=seconds) == span:
        return seconds
    whole, rest = divmod(abs(span), timedelta(seconds=1))
    return f"{'-' if span < timedelta(0) else ''}{whole}.{rest.microseconds:06d}s"


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - any value, judged later
    kind = _TIMES.get(name)
    if kind is None:
        return value
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
