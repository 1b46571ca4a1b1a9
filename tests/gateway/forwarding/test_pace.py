"""gateway.forwarding.pace."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gateway.forwarding.pace import DEGRADED_S, LAST_S, MOST_MARKS, BackOff, Ripening, Silence


@given(st.integers())
def test_waits_double_within_bounds_and_start_over(seed: int) -> None:
    back_off = BackOff(Random(seed))
    waits = [back_off.next_s() for _ in range(40)]
    for tries, wait_s in enumerate(waits):
        full_s = min(LAST_S, 0.2 * 2.0**tries)
        assert full_s / 2 <= wait_s <= full_s
    back_off.reset()
    assert back_off.next_s() <= 0.2


def test_silence_is_told_once_and_ends_with_an_answer() -> None:
    silence = Silence()
    assert silence.due_in_s(0.0) is None
    silence.asked(100.0)
    silence.asked(102.0)
    assert silence.due_in_s(101.0) == DEGRADED_S - 1
    assert not silence.must_tell(100.0 + DEGRADED_S - 0.1)
    assert silence.must_tell(100.0 + DEGRADED_S)
    assert not silence.must_tell(200.0)
    assert silence.due_in_s(200.0) is None
    assert silence.answered()
    assert not silence.answered()
    silence.asked(300.0)
    assert not silence.must_tell(301.0)


def test_rows_are_due_a_while_after_their_last_first_sending() -> None:
    second = Ripening(60.0)
    assert second.due(1000.0) is None
    second.noted(10, 0.0)
    second.noted(20, 0.9)  # shares the mark
    second.noted(30, 1.5)
    assert second.due(60.0) is None
    assert second.due_in_s(60.0) == 0.8999999999999986
    assert second.due(60.9) == 20
    second.done(20)
    assert second.due(61.0) is None
    assert second.due(61.5) == 30
    second.done(30)
    assert second.due_in_s(99.0) is None


@given(st.lists(st.floats(0, 0.5), max_size=200))
def test_no_row_is_sent_again_too_early(gaps: list[float]) -> None:
    second = Ripening(5.0)
    sent: dict[int, float] = {}
    now_s = 0.0
    for row, gap in enumerate(gaps, 1):
        now_s += gap
        if (through := second.due(now_s)) is not None:
            assert all(now_s - at >= 5.0 for n, at in sent.items() if n <= through)
            second.done(through)
        second.noted(row, now_s)
        sent[row] = now_s


def test_marks_are_bounded_and_forget_no_row() -> None:
    second = Ripening(5.0)
    rows = 2 * MOST_MARKS
    for row in range(1, rows + 1):
        second.noted(row, 2.0 * row)
    assert len(second._marks) == MOST_MARKS
    while (through := second.due(2.0 * rows + 5.0)) is not None:
        second.done(through)
    assert through is None
    assert second.due_in_s(2.0 * rows) is None
    second.noted(rows + 1, 2.0 * rows + 9.0)
    assert second.due(2.0 * rows + 14.0) == rows + 1
