"""gateway.people.asking."""

from gateway.people.asking import (
    HOUR_MS,
    MAX_OPERATORS,
    MINUTE_MS,
    MISSES_PER_HOUR,
    PER_MINUTE,
    Askings,
)


def test_a_minute_bounds_how_often_one_may_ask() -> None:
    askings = Askings()
    assert all(askings.may("desk", at) for at in range(PER_MINUTE))
    assert not askings.may("desk", PER_MINUTE)
    assert askings.may("other", PER_MINUTE)
    assert askings.may("desk", MINUTE_MS + 1)


def test_who_guesses_waits_for_an_hour() -> None:
    askings = Askings()
    for number in range(MISSES_PER_HOUR):
        assert askings.may("desk", number * MINUTE_MS)
        askings.missed("desk", number * MINUTE_MS)
    assert not askings.may("desk", HOUR_MS - 1)
    assert askings.may("desk", HOUR_MS + 1)


def test_many_operators_are_forgotten_oldest_first() -> None:
    askings = Askings()
    for number in range(2 * MAX_OPERATORS):
        askings.may(f"link-{number}", 0)
    assert len(askings._of) == MAX_OPERATORS
