"""gateway.upwards.flight: what is sent when, and what the HQ's word moves."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outbox.ledger import Cursor
from gateway.upwards.flight import LAST_S, MOST_MESSAGES, Flight
from gateway.upwards.windows import Batch, Message

MESSAGE = Message("aggregate", b"{}")


def batch(through: int, messages: int = 4) -> Batch:
    return Batch(through, through - 1, (MESSAGE,) * messages)


def flight(*throughs: int, messages: int = 4) -> Flight:
    one = Flight(Random(1))
    for through in throughs:
        one.add(batch(through, messages))
    return one


def sent(one: Flight, now_s: float = 0.0) -> list[int]:
    return [b.through for b in one.to_send(now_s)]


def test_each_batch_is_sent_once_while_the_hq_may_still_answer() -> None:
    one = flight(10, 20)
    assert (sent(one), sent(one, 1.0)) == ([10, 20], [])


def test_no_more_is_under_way_than_the_link_can_take() -> None:
    one = flight(*range(10, 1000, 10))
    assert len(sent(one)) == MOST_MESSAGES // 4
    assert one.confirmed(20, 0.1) == Cursor(20, 19)
    assert sent(one, 0.2) == [170, 180]


def test_a_batch_larger_than_that_goes_alone() -> None:
    assert sent(flight(10, 20, messages=100)) == [10]


def test_a_silent_hq_is_sent_the_oldest_alone_less_and_less_often() -> None:
    one, now_s, tries = flight(10, 20, 30), 0.0, []
    sent(one)
    while now_s < 3600:
        now_s += one.due_in_s(now_s) or 0
        tries.append(sent(one, now_s))
    assert set(map(tuple, tries)) == {(10,)}
    assert 3600 / LAST_S < len(tries) < 40


def test_an_hq_that_answers_again_is_sent_all_that_it_may_have_missed() -> None:
    one = flight(10, 20, 30)
    sent(one)
    assert sent(one, 6.0) == [10]
    assert one.confirmed(10, 6.1) == Cursor(10, 9)
    assert sent(one, 6.1) == [20, 30]


def test_after_a_cut_all_is_sent_again_in_order() -> None:
    one = flight(10, 20)
    sent(one)
    one.cut()
    one.add(batch(30))
    assert sent(one, 1.0) == [10, 20, 30]


def test_a_word_from_before_the_cut_still_counts() -> None:
    one = flight(10, 20)
    sent(one)
    one.cut()
    assert one.confirmed(10, 1.0) == Cursor(10, 9)
    assert sent(one, 1.0) == [20]


def test_what_was_never_sent_can_not_be_confirmed() -> None:
    one = flight(10, 20)
    next(one.to_send(0.0))  # on its way, not sent yet
    for through in (10, 20, 10**9):
        with pytest.raises(ValueError, match="no window beyond"):
            one.confirmed(through, 0.0)
    assert one.waiting == 2


def test_between_two_windows_the_earlier_is_confirmed() -> None:
    one = flight(10, 20)
    sent(one)
    assert one.confirmed(19, 0.0) == Cursor(10, 9)
    assert one.confirmed(19, 0.0) is None


@given(st.lists(st.integers(1, 300), max_size=30))
def test_the_cursor_never_goes_back(words: list[int]) -> None:
    one, cursor = flight(*range(10, 130, 10)), Cursor()
    sent(one)
    for through in words:
        try:
            moved = one.confirmed(through, 0.0)
        except ValueError:
            assert through > 120
            continue
        if moved:
            assert cursor.sent < moved.sent <= through
            cursor = moved
