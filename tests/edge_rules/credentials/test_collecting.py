"""edge_rules.credentials.collecting: one scanner, one card, any order, a while."""

from itertools import permutations
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.collecting import MAX_PART, WITHIN_MS, PartsCollector
from simulators.shc_issuer import codes
from tests.edge_rules.credentials.cards import as_jws, good, judge

JWS, OTHER = as_jws(good()), as_jws(good("test"))
A, B = codes(JWS, 3), codes(OTHER, 3)


def last_of(shown: list[str], collector: PartsCollector | None = None) -> tuple[str, ...]:
    collector = collector or PartsCollector()
    taken: tuple[str, ...] = ()
    for number, text in enumerate(shown):
        taken = collector.take(text, 100.0 * number)
    return taken


@given(st.permutations(range(3)), st.lists(st.integers(0, 2), max_size=3))
def test_any_order_is_the_card_once_all_are_there(order: list[int], again: list[int]) -> None:
    collector, seen = PartsCollector(), set()
    for at_ms, index in enumerate([*order[:2], *again, order[2]]):
        taken = collector.take(A[index], float(at_ms))
        seen.add(index)
        assert set(taken) == {A[n] for n in seen}
        assert judge(taken).reason == ("valid" if len(seen) == 3 else "chunks-missing")


@pytest.mark.parametrize("text", ["", "HC1:x", "shc:/", good(), f"shc:/1/1/{good()[5:]}", JWS, "x"])
def test_what_is_not_one_of_several_stands_alone_and_disturbs_nothing(text: str) -> None:
    collector = PartsCollector()
    last_of(A[:2], collector)
    assert collector.take(text, 300.0) == (text,)
    assert judge(collector.take(A[2], 400.0)).ok


@pytest.mark.parametrize("text", [A[0] + "0", "shc:/4/3/00", "shc:/1/33/00", "shc:/1/3/x"])
def test_a_broken_code_stands_alone(text: str) -> None:
    collector = PartsCollector()
    last_of(A[1:], collector)
    assert collector.take(text, 300.0) == (text,)


def test_a_text_too_large_for_a_code_is_not_kept() -> None:
    collector = PartsCollector()
    text = "shc:/1/3/" + "00" * (MAX_PART // 2)
    assert collector.take("shc:/1/3/" + "00" * (MAX_PART // 2 - 5), 0.0)
    assert collector.due_ms != inf
    collector.forget(inf)
    assert collector.take(text, 0.0) == (text,)
    assert collector.due_ms == inf


def test_a_whole_card_seen_again_is_the_same_card() -> None:
    collector = PartsCollector()
    last_of(A, collector)
    for text in A:
        assert judge(collector.take(text, 900.0)).ok


def test_the_next_persons_codes_count_from_their_first() -> None:
    collector = PartsCollector()
    last_of(A, collector)
    assert collector.take(B[1], 900.0) == (B[1],)
    assert judge(last_of([B[0], B[2]], collector)).ok


def test_whoever_takes_over_is_judged_by_their_own_codes() -> None:
    for left in ([A[0]], A[:2], [A[2]]):
        for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
            collector = PartsCollector()
            last_of(left, collector)
            answers = [judge(collector.take(B[n], 500.0)) for n in order]
            assert "test" not in {a.credential.entry for a in answers[:2]} or answers[2].ok
            # Some order mixes both for a moment: never valid, and the repetition is theirs alone.
            assert all(a.credential.entry in {None, "test"} for a in answers)
            assert judge([collector.take(B[n], 600.0) for n in order][-1]).credential.entry == (
                "test"
            )


def test_another_count_is_another_card() -> None:
    collector = PartsCollector()
    last_of(A[:2], collector)
    two = codes(OTHER, 2)
    assert collector.take(two[0], 300.0) == (two[0],)
    assert judge(collector.take(two[1], 400.0)).credential.entry == "test"


def test_what_waits_too_long_is_forgotten() -> None:
    collector = PartsCollector()
    collector.take(A[0], 0.0)
    collector.take(A[1], 5000.0)
    assert collector.due_ms == 5000.0 + WITHIN_MS
    collector.take(A[1], 9000.0)  # the same again holds nothing open
    assert collector.due_ms == 5000.0 + WITHIN_MS
    assert len(collector.take(A[2], 4999.0 + WITHIN_MS)) == 3
    collector.forget(4999.0 + WITHIN_MS + WITHIN_MS)
    assert collector.due_ms == inf
    collector.take(A[2], 1e9)
    assert collector.take(A[1], 1e9 + WITHIN_MS) == (A[1],)


def test_blanks_around_a_code_are_none_of_it() -> None:
    assert judge(last_of([f"{A[0]}\r\n", A[1], f" {A[2]}\n"])).ok


def test_what_a_scanner_puts_before_a_code_is_none_of_it() -> None:
    for order in permutations(f"]Q1{text}" for text in A):
        assert judge(last_of([*order])).ok
    assert judge(last_of([f"]Q1{A[0]}", A[1], A[2]])).ok


def test_a_repr_shows_no_text() -> None:
    collector = PartsCollector()
    last_of(A[:2], collector)
    assert A[0][20:40] not in repr(collector)
