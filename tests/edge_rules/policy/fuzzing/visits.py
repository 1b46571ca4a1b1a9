"""Facts of visits: mostly sound, often missing, sometimes of any type there is."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, Final

from edge_rules.facts import GROUPS, TOP, Field, Kind

SHOUT: Final = "a" * 1024
_VALUES: Final[dict[Kind, tuple[Any, ...]]] = {
    Kind.BOOL: (True, False),
    Kind.INT: (0, 1, 2, 3, -1, 4, 2**63 - 1, -(2**63)),
    Kind.DOUBLE: (36.5, 37.3, 34.0, 0.0, -0.0, 1e308, 5e-324, 37),
    Kind.STRING: ("", "ab", "北门", "b-1", "b-2", "b", "valid", SHOUT, "é" * 1024, "\x00"),
    Kind.TIMESTAMP: (
        datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-23))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23))),
    ),
    Kind.DURATION: (timedelta(hours=3), timedelta(days=-9), timedelta.max, timedelta.min),
    Kind.STRINGS: ([], ["ab"], ["b", "北门"], [SHOUT] * 64, [f"b-{n}" for n in range(64)]),
}  # fmt: skip
_HOSTILE: Final[tuple[Any, ...]] = (
    *(None, float("nan"), float("inf"), 10**400, "", "\ud800", "1", b"x", {}, [], (), object()),
    *([None], [["a"]], {"kind": 1}, 1j, datetime(2026, 1, 1), "x" * 2000, ["a"] * 100, True, 0),  # noqa: DTZ001 - without a zone on purpose
)


def visit(random: Random) -> dict[str, Any]:
    """Make the facts of one visit, as they come before they are cleaned."""
    lacking = random.choice((0.0, 0.0, 0.1, 0.5))
    facts = _group(random, TOP, lacking)
    for group, fields in GROUPS.items():
        if random.random() < 0.02:
            facts[group] = random.choice(_HOSTILE)
        elif random.random() >= lacking / 3:
            facts[group] = _group(random, fields, lacking)
    return facts


def _group(random: Random, fields: Any, lacking: float) -> dict[str, Any]:  # noqa: ANN401
    return {
        name: _value(random, field) for name, field in fields.items() if random.random() >= lacking
    }


def _value(random: Random, field: Field) -> Any:  # noqa: ANN401 - any value
    if random.random() < 0.02:
        return random.choice(_HOSTILE)
    if field.words:
        return random.choice(sorted(field.words))
    return random.choice(_VALUES[field.kind])
