"""simulators.people."""

from collections import Counter
from itertools import islice, pairwise
from math import sqrt

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.people import FEVER_RANGE, HEALTHY_RANGE, Kind, arrivals

MANY = 2000
SIX_SIGMA = 6.0


@st.composite
def shares(draw: st.DrawFn) -> dict[Kind, float]:
    weights = {kind: draw(st.integers(0, 5)) for kind in Kind}
    weights[draw(st.sampled_from(list(Kind)))] += 1
    total = sum(weights.values())
    return {kind: weight / total for kind, weight in weights.items() if weight}


@settings(max_examples=30)
@given(st.text(max_size=8), shares(), st.floats(1, 600), st.floats(0, 1))
def test_people_come_in_the_shares_and_at_the_rate_that_the_scenario_says(
    seed: str, wanted: dict[Kind, float], per_minute: float, tailgaters: float
) -> None:
    people = list(islice(arrivals(seed, per_minute, wanted, tailgaters), MANY))
    kinds = Counter(person.kind for person in people)
    assert set(kinds) <= set(wanted)
    for kind, share in wanted.items():
        margin = SIX_SIGMA * sqrt(MANY * share * (1 - share))
        assert abs(kinds[kind] - MANY * share) <= margin
    followed = sum(person.followed for person in people)
    assert abs(followed - MANY * tailgaters) <= SIX_SIGMA * sqrt(MANY * 0.25)
    minutes = people[-1].arrives_s / 60
    assert abs(minutes * per_minute - MANY) <= SIX_SIGMA * sqrt(MANY)


@settings(max_examples=30)
@given(st.text(max_size=8), shares())
def test_the_same_seed_brings_the_same_people_in_order(
    seed: str, wanted: dict[Kind, float]
) -> None:
    people = list(islice(arrivals(seed, 30, wanted), 100))
    assert people == list(islice(arrivals(seed, 30, wanted), 100))
    assert people != list(islice(arrivals(seed + "!", 30, wanted), 100))
    assert [person.number for person in people] == list(range(100))
    assert all(a.arrives_s <= b.arrives_s for a, b in pairwise(people))


@given(st.text(max_size=8))
def test_only_the_fevered_are_warm(seed: str) -> None:
    wanted = {Kind.HEALTHY: 0.5, Kind.FEVERED: 0.5}
    for person in islice(arrivals(seed, 30, wanted), 100):
        low, high = FEVER_RANGE if person.kind is Kind.FEVERED else HEALTHY_RANGE
        assert low <= person.celsius <= high
