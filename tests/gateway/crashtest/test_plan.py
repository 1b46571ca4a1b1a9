"""gateway.crashtest.plan."""

from collections import Counter
from random import Random

from gateway.crashtest.plan import Part, plan_kills

OTHERS = (Part.STORE, Part.BROKER)


def test_a_seed_says_everything() -> None:
    plans = [list(plan_kills(50, OTHERS, Random(seed))) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


def test_the_gateway_alone_unless_more_is_asked_for() -> None:
    kills = list(plan_kills(300, (), Random(1)))
    assert {kill.parts for kill in kills} == {(Part.GATEWAY,)}
    assert 10 < sum(kill.starting for kill in kills) < 100
    assert not kills[0].starting


def test_every_part_dies_alone_and_with_the_others() -> None:
    kills = Counter(kill.parts for kill in plan_kills(300, OTHERS, Random(1)))
    assert kills.keys() == {(Part.GATEWAY,), (Part.STORE,), (Part.BROKER,), tuple(Part)}
    assert kills[(Part.GATEWAY,)] > 100
