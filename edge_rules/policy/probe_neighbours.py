"""From the constants of conditions to values on both sides of where these conditions turn."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import inf, isfinite, nextafter
from typing import Any, Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.times import zone
from edge_rules.facts import INT_MAX, INT_MIN, MAX_ITEMS, MAX_TEXT, Field, Kind
from edge_rules.policy.probe_patterns import texts_like

ARITHMETIC: Final = frozenset({"_+_", "_-_", "_*_", "_/_", "_%_", "-_"})
CUTTING: Final = frozenset(
    {"contains", "startsWith", "endsWith", "charAt", "indexOf", "substring", "trim", "_<_", "_<=_",
     "_>_", "_>=_", "lowerAscii", "upperAscii"}
)  # fmt: skip
MAX_BASES, MAX_STEPS = 32, 8  # values that are reckoned on, and constants they are moved by

_DOUBLES, _INTS, _TEXTS = (36.5, 37.5), (1, 10), ("a", "b")
_NOON: Final = datetime(2026, 6, 15, 12, tzinfo=UTC)
_HOUR, _MS, _US = timedelta(hours=1), timedelta(milliseconds=1), timedelta(microseconds=1)
_UNITS: Final = {
    "getHours": _HOUR,
    "getMinutes": timedelta(minutes=1),
    "getSeconds": timedelta(seconds=1),
    "getMilliseconds": _MS,
}


@dataclass(slots=True)
class Constants:
    """What conditions compare some facts with, by kind, and what they do with these facts."""

    numbers: dict[float, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    lists: dict[tuple[str, ...], None] = field(default_factory=dict)
    moments: dict[datetime, None] = field(default_factory=dict)
    spans: dict[timedelta, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)
    parts: dict[tuple[str, str], None] = field(default_factory=dict)  # of a time, in a zone
    reckons: bool = False
    cuts: bool = False
    counts: bool = False
    linked: bool = False  # facts are compared with each other

    def add(self, value: object) -> None:
        """Take a constant; a list counts as its items too."""
        match value:
            case bool():
                pass
            case int() | float():
                self.numbers[value] = None
            case str():
                self.texts[value] = None
            case datetime():
                self.moments[value] = None
            case timedelta():
                self.spans[value] = None
            case tuple():
                if all(isinstance(item, str) for item in value):
                    self.lists[value] = None
                for item in value:
                    self.add(item)

    def join(self, other: "Constants") -> None:
        """Take all that another holds."""
        self.numbers |= other.numbers
        self.texts |= other.texts
        self.lists |= other.lists
        self.moments |= other.moments
        self.spans |= other.spans
        self.patterns |= other.patterns
        self.parts |= other.parts
        self.reckons |= other.reckons
        self.cuts |= other.cuts
        self.counts |= other.counts


def number_values(given: Constants, known: Field) -> Iterator[float]:
    """Give numbers with the next ones on both sides; of an int's range also the ends."""
    whole = known.kind is Kind.INT
    bases: list[float] = list(given.numbers)
    if given.linked or not bases:
        bases += _INTS if whole else _DOUBLES
    if given.reckons:
        bases += [base for base in _reckoned(given, bases) if isfinite(base)]
        bases += [0, INT_MIN, INT_MAX] if whole else [0.0, 1e308, -1e308]
    if whole and known.low > INT_MIN:
        bases += [known.low, known.high]
    for base in dict.fromkeys(bases):
        if whole:
            middle = int(base)
            yield from (middle, middle - 1, middle + 1)
        else:
            middle_ = float(base)
            yield from (middle_, nextafter(middle_, -inf), nextafter(middle_, inf))
            yield from (middle_ - 1.0, middle_ + 1.0)


def text_values(given: Constants) -> Iterator[str]:
    """Give texts, and near misses where conditions look into them."""
    texts = list(given.texts)
    yield from texts
    yield from _TEXTS if given.linked or len(texts) < 2 else ("other",)
    yield ""
    for pattern in given.patterns:
        yield from texts_like(pattern)
    if given.cuts:
        for text in islice(texts, MAX_BASES):
            yield from (f"{text}x", f"x{text}", text[:-1], text.upper(), text.lower(), f" {text} ")
    if given.counts:
        yield from ("x" * count for count in _counts(given, MAX_TEXT))


def list_values(given: Constants) -> Iterator[tuple[str, ...]]:
    """Give lists: none, one item, all together, and of the lengths that conditions count."""
    yield ()
    texts = list(dict.fromkeys([*given.texts, *(_TEXTS if given.linked else ())])) or ["a"]
    yield tuple(texts[:MAX_ITEMS])
    yield from given.lists
    yield from ((text,) for text in texts)
    yield ("other",)
    yield from (tuple(texts[: at + 1]) for at in range(1, min(len(texts), MAX_STEPS)))
    if given.counts:
        for count in _counts(given, MAX_ITEMS):
            yield tuple(f"{texts[0]}{at or ''}" for at in range(count))


def moment_values(given: Constants) -> Iterator[datetime]:
    """Give moments: constants, the same moved by spans, and where parts of the calendar turn."""
    bases = [*given.moments] or [_NOON]
    if given.linked and _NOON not in bases:
        bases.append(_NOON)
    spans = list(given.spans) or [_HOUR]
    steps = [timedelta(0), *(turned for span in spans[:MAX_STEPS] for turned in (span, -span))]
    for base in bases[:MAX_BASES]:
        yield from _safely(_near, [base + step for step in _reachable(base, steps)])
        yield from _parts(base, given)


def span_values(given: Constants) -> Iterator[timedelta]:
    """Give spans of time with those a little shorter and longer."""
    bases = [*given.spans] or [_HOUR]
    if given.linked:
        bases += [_HOUR, timedelta(0)]
    for function, _ in given.parts:
        if function in _UNITS:
            bases += [_UNITS[function] * int(n) for n in given.numbers if abs(n) < 10**6]
    if len(given.moments) > 1:
        first, *others = islice(given.moments, MAX_STEPS)
        bases += [abs(other - first) for other in others]
    for base in dict.fromkeys(bases):
        yield from _safely(_near, [base])


def _reckoned(given: Constants, bases: list[float]) -> Iterator[float]:
    for base in bases[:MAX_BASES]:
        for step in islice(given.numbers, MAX_STEPS):
            yield from (base + step, base - step, step - base, base * step)
            if step:
                yield base / step


def _counts(given: Constants, most: int) -> list[int]:
    """List the lengths about the numbers that conditions compare a size with."""
    near = {int(number) + away for number in given.numbers for away in (-1, 0, 1) if number < 1e6}
    return sorted(count for count in near if 0 <= count <= most)


def _near(base: Any) -> Iterator[Any]:  # noqa: ANN401 - a moment or a span
    yield base
    for step in (_US, _MS):
        yield from (base - step, base + step)


def _reachable(base: datetime, steps: list[timedelta]) -> Iterator[timedelta]:
    for step in steps:
        try:
            base + step
        except OverflowError:
            continue
        yield step


def _safely(make: Callable[[Any], Iterator[Any]], bases: list[Any]) -> Iterator[Any]:
    """Give what can be reckoned; beyond the ends of the calendar there is nothing to try."""
    for base in bases:
        try:
            yield from make(base)
        except OverflowError:
            continue


def _parts(base: datetime, given: Constants) -> Iterator[datetime]:
    numbers = [int(number) for number in islice(given.numbers, MAX_STEPS) if abs(number) < 10**6]
    for function, name in given.parts:
        for number in numbers:
            for wanted in (number, number - 1, number + 1):
                try:
                    local = base.astimezone(zone(name))
                    yield from _near(_turned(local, function, wanted).astimezone(UTC))
                except (EvaluationError, OverflowError, ValueError):
                    continue


def _turned(local: datetime, function: str, part: int) -> datetime:
    """Return the moment at which a part of the calendar becomes what is wanted."""
    if function == "getMilliseconds":
        return local.replace(microsecond=part * 1000)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    makers: Mapping[str, Callable[[], datetime]] = {
        "getFullYear": lambda: midnight.replace(year=part, month=1, day=1),
        "getMonth": lambda: midnight.replace(month=part + 1, day=1),
        "getDate": lambda: midnight.replace(day=part),
        "getDayOfMonth": lambda: midnight.replace(day=part + 1),
        "getDayOfWeek": lambda: midnight + timedelta(days=part - local.isoweekday() % 7),
        "getDayOfYear": lambda: midnight.replace(month=1, day=1) + timedelta(days=part),
        "getHours": lambda: midnight.replace(hour=part),
        "getMinutes": lambda: midnight.replace(hour=local.hour, minute=part),
        "getSeconds": lambda: midnight.replace(hour=local.hour, minute=local.minute, second=part),
    }
    return makers[function]()
