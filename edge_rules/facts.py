"""The facts a policy may ask about one visit: the schema `checkpoint/1` and its boundary.

Every group always exists, every field may be missing. What is null, NaN, infinite, of a wrong type,
out of its range, or no word of its vocabulary becomes missing here: no rule ever sees it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

SCHEMA: Final = "checkpoint/1"
MAX_TEXT = 1024  # characters of one fact; a longer one is no word, place or issuer
MAX_ITEMS = 64  # of one list; rules may loop over it, so it bounds what a decision costs

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
MAX_SPAN = timedelta(microseconds=INT_MAX // 1000)  # 292 years: nanoseconds of 64 bits


class Kind(Enum):
    """What a fact is, by CEL's name for the type."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    STRINGS = "list(string)"


@dataclass(frozen=True, slots=True)
class Field:
    """One fact: its type, the words it may say (any if none are listed), the range of an int."""

    kind: Kind
    words: frozenset[str] = frozenset()
    low: int = INT_MIN
    high: int = INT_MAX


def _words(text: str) -> Field:
    return Field(Kind.STRING, frozenset(text.split()))


def _range(low: int, high: int) -> Field:
    return Field(Kind.INT, low=low, high=high)


_BOOL, _INT, _DOUBLE, _STRING = (Field(k) for k in (Kind.BOOL, Kind.INT, Kind.DOUBLE, Kind.STRING))
_TIMESTAMP, _DURATION, _STRINGS = (Field(k) for k in (Kind.TIMESTAMP, Kind.DURATION, Kind.STRINGS))

TOP: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "site": _STRING,
        "checkpoint": _STRING,
        "lane": _STRING,
        "direction": _words("in out"),
        "now": _TIMESTAMP,
    }
)
GROUPS: Final[Mapping[str, Mapping[str, Field]]] = MappingProxyType(
    {
        "local": {
            "hour": _range(0, 23),
            "minute": _range(0, 59),
            "weekday": _range(1, 7),
            "date": _STRING,
            "holiday": _BOOL,
        },
        "clock": {"trusted": _BOOL},
        "level": {
            "name": _words("normal IV III II I"),
            "severity": _range(0, 4),
            "since": _TIMESTAMP,
        },
        "person": {
            "kind": _words("resident staff visitor delivery emergency unknown"),
            "count": _INT,
            "minor": _BOOL,
        },
        "credential": {
            "kind": _words("eu-dcc smart-health-card colour-code estate-pass unknown none"),
            "status": _words("valid invalid expired not-yet-valid revoked unverified unreadable"),
            "reason": _STRING,
            "issuer": _STRING,
            "entry": _words("vaccination test recovery pass"),
            "issued": _TIMESTAMP,
            "expires": _TIMESTAMP,
            "age": _DURATION,
            "colour": _words("green yellow red"),
            "rules_ok": _BOOL,
            "failing_rule": _STRING,
            "uses_today": _INT,
            "gates": _STRINGS,
        },
        "temperature": {
            "celsius": _DOUBLE,
            "uncertainty": _DOUBLE,
            "limit": _DOUBLE,
            "ambient": _DOUBLE,
            "kind": _words("surface body-equivalent"),
            "spot": _STRING,
            "quality": _words("good poor"),
            "plausible": _BOOL,
            "reasons": _STRINGS,
            "second": _BOOL,
            "measured": _TIMESTAMP,
        },
        "access": {
            "passback": _words("ok violation unknown"),
            "occupancy": _INT,
            "occupancy_limit": _INT,
            "wrong_attempts": _INT,
            "schedule_open": _BOOL,
            "blocked": _BOOL,
            "listed": _BOOL,
            "interlock_free": _BOOL,
        },
        "gate": {"door": _STRING, "online": _BOOL, "mode": _words("normal lockdown released")},
    }
)

FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        **TOP,
        **{f"{group}.{name}": field for group, of in GROUPS.items() for name, field in of.items()},
    }
)

_Check = Callable[[Any], Any]


def clean_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what the schema knows and can trust; the rest is missing. Lists become tuples."""
    cleaned = _kept(facts, _TOP_CHECKS)
    for group, checks in _GROUP_CHECKS:
        given = facts.get(group)
        cleaned[group] = _kept(given, checks) if isinstance(given, Mapping) else {}
    return cleaned


def _kept(given: Mapping[str, Any], checks: Mapping[str, _Check]) -> dict[str, Any]:
    kept = {}
    for name, value in given.items():
        if value is not None and name in checks:
            sound = checks[name](value)
            if sound is not None:
                kept[name] = sound
    return kept


def _bool(value: Any) -> bool | None:  # noqa: ANN401 - any value is judged
    return value if value is True or value is False else None


def _double(value: Any) -> float | None:  # noqa: ANN401 - any value is judged
    """Take a whole number too: JSON writes 37.0 as 37."""
    kind = type(value)
    if kind is int and -(2**53) <= value <= 2**53:
        return float(value)
    return value if kind is float and isfinite(value) else None


def _string(value: Any) -> str | None:  # noqa: ANN401 - any value is judged
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return None
    text = value if type(value) is str else str.__str__(value)
    return text if text.isascii() or _is_unicode(text) else None


def _is_unicode(text: str) -> bool:
    """Tell a text from one with half of a surrogate pair, which no record could hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _timestamp(value: Any) -> datetime | None:  # noqa: ANN401 - any value is judged
    if type(value) is not datetime or value.tzinfo is None:
        return None
    return value if 1 < value.year < 9999 or _has_year(value) else None


def _has_year(moment: datetime) -> bool:
    """Whether an instant lies in the years 1 to 9999 at UTC too."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _duration(value: Any) -> timedelta | None:  # noqa: ANN401 - any value is judged
    return value if type(value) is timedelta and abs(value) <= MAX_SPAN else None


def _strings(value: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - any value is judged
    if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
        return None
    items = tuple(_string(item) for item in value)
    return None if None in items else items  # type: ignore[return-value] # no None is left


def _one_of(words: frozenset[str]) -> _Check:
    known = {word: word for word in words}

    def check(value: Any) -> str | None:  # noqa: ANN401 - any value is judged
        return known.get(value) if isinstance(value, str) else None

    return check


def _between(low: int, high: int) -> _Check:
    def check(value: Any) -> int | None:  # noqa: ANN401 - any value is judged
        return value if type(value) is int and low <= value <= high else None

    return check


_CHECKS: Final[Mapping[Kind, _Check]] = {
    Kind.BOOL: _bool,
    Kind.DOUBLE: _double,
    Kind.STRING: _string,
    Kind.TIMESTAMP: _timestamp,
    Kind.DURATION: _duration,
    Kind.STRINGS: _strings,
}


def _check_of(field: Field) -> _Check:
    if field.words:
        return _one_of(field.words)
    return _between(field.low, field.high) if field.kind is Kind.INT else _CHECKS[field.kind]


_TOP_CHECKS: Final = {name: _check_of(field) for name, field in TOP.items()}
_GROUP_CHECKS: Final = tuple(
    (group, {name: _check_of(field) for name, field in fields.items()})
    for group, fields in GROUPS.items()
)
