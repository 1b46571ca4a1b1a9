"""People: who comes to a lane, when, and with what; the same from the same seed, always."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

HEALTHY_CELSIUS = (36.2, 0.2)  # forehead skin indoors: mean and standard deviation
HEALTHY_RANGE = (35.5, 36.7)
FEVER_RANGE = (37.6, 39.4)


class Kind(StrEnum):
    """What is special about a person."""

    HEALTHY = "healthy"
    FEVERED = "fevered"
    EXPIRED = "expired"
    FORGED = "forged"
    NO_CODE = "no-code"
    WALK_AWAY = "walk-away"


@dataclass(frozen=True, slots=True)
class Person:
    """One visitor of one lane; `number` counts them from 0, `arrives_s` from the start."""

    number: int
    arrives_s: float
    kind: Kind
    celsius: float
    scans_first: bool
    followed: bool  # somebody slips through behind this person
    pace: float  # how long everything takes this person, 1 for the average


def arrivals(
    seed: str, per_minute: float, shares: Mapping[Kind, float], tailgaters: float = 0.0
) -> Iterator[Person]:
    """Give the people of one lane in the order of their coming, without end."""
    rng = Random(seed)
    kinds, weights = list(shares), list(shares.values())
    at_s, number = 0.0, 0
    while True:
        at_s += rng.expovariate(per_minute / 60)
        kind = rng.choices(kinds, weights)[0]
        followed = rng.random() < tailgaters
        celsius, scans_first, pace = _celsius(kind, rng), rng.random() < 0.5, rng.uniform(0.7, 1.3)
        yield Person(number, at_s, kind, celsius, scans_first, followed, pace)
        number += 1


def _celsius(kind: Kind, rng: Random) -> float:
    if kind is Kind.FEVERED:
        return round(rng.uniform(*FEVER_RANGE), 1)
    low, high = HEALTHY_RANGE
    return round(min(max(rng.gauss(*HEALTHY_CELSIUS), low), high), 1)
