"""drivers.circuit_breaker: when somebody may try, and when the next may."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.circuit_breaker import LONGEST_PAUSE_MS, CircuitBreaker

CLOSED = CircuitBreaker(open_after=3, first_pause_ms=1000.0)


def after(breaker: CircuitBreaker, failures: int, now_ms: float = 0.0) -> CircuitBreaker:
    for _ in range(failures):
        breaker = breaker.failed(now_ms, 1.0, trial=breaker.trying)
    return breaker


def test_opens_at_the_nth_failure_in_a_row_and_not_before() -> None:
    assert after(CLOSED, 2).lets_through(0.0)
    assert not after(CLOSED, 3).lets_through(0.0)
    mixed = after(after(CLOSED, 2).succeeded(), 2)
    assert not mixed.is_open


def test_lets_one_trial_through_after_its_pause_and_no_second_one() -> None:
    opened = after(CLOSED, 3)
    assert not opened.lets_through(999.9)
    assert opened.lets_through(1000.0)
    trying = opened.began()
    assert not trying.lets_through(1e9)
    assert trying.is_open


def test_trial_that_succeeds_closes_it_for_good() -> None:
    closed = after(CLOSED, 3).began().succeeded()
    assert closed == CLOSED
    assert not after(closed, 2).is_open


def test_trial_that_fails_doubles_the_pause_up_to_a_minute() -> None:
    breaker, now_ms, pauses = after(CLOSED, 3), 0.0, []
    for _ in range(9):
        assert breaker.retry_ms is not None
        pauses.append(breaker.retry_ms - now_ms)
        now_ms = breaker.retry_ms
        breaker = breaker.began().failed(now_ms, 1.0, trial=True)
    assert pauses[:4] == [1000.0, 2000.0, 4000.0, 8000.0]
    assert pauses[-1] == LONGEST_PAUSE_MS


def test_trial_that_nobody_waits_for_leaves_room_for_the_next() -> None:
    opened = after(CLOSED, 3)
    assert opened.began().given_up() == opened


def test_failures_from_before_it_opened_prolong_nothing() -> None:
    opened = after(CLOSED, 3)
    assert opened.failed(500.0, 1.0, trial=False) == opened
    assert opened.began().failed(500.0, 1.0, trial=False).trying


def test_success_from_before_it_opened_closes_it() -> None:
    assert not after(CLOSED, 3).succeeded().is_open


@given(st.floats(0, 1), st.integers(1, 100), st.floats(100, 600_000))
def test_pause_is_at_least_half_and_never_longer_than_said(
    chance: float, open_after: int, pause_ms: float
) -> None:
    breaker = CircuitBreaker(open_after, pause_ms)
    for _ in range(open_after):
        breaker = breaker.failed(7.0, chance, trial=False)
    assert breaker.retry_ms is not None
    assert pause_ms / 2 <= breaker.retry_ms - 7.0 <= pause_ms
    again = breaker.began().failed(7.0, chance, trial=True)
    assert again.retry_ms is not None
    assert again.retry_ms - 7.0 <= max(pause_ms, LONGEST_PAUSE_MS)
