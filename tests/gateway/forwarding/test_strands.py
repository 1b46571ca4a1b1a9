"""gateway.forwarding.strands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.forwarding import strands as strands_module
from gateway.forwarding.strands import BEHIND, MOST, Strand, Strands
from gateway.outbox.ledger import Cursor


def strands(sent: int = 0, again: int = 0, counted: int = 0) -> Strands:
    return Strands(Cursor(sent, again), counted, 60.0, 0.0)


def test_few_rows_behind_stay_in_order() -> None:
    few = strands(sent=10)
    few.overtake(10 + BEHIND)
    assert few.live.sent == 10
    assert few.backlog is None


def test_what_happens_now_overtakes_what_waited() -> None:
    many = strands(sent=10)
    many.overtake(10_000)
    assert many.live.sent == 10_000
    assert many.backlog is not None
    assert (many.backlog.sent, many.backlog.end) == (10, 10_000)
    many.live.sent_to(10_500, 0.0)
    assert many.cursor == Cursor(10, 0)
    many.backlog.sent_to(10_000, 1.0)
    assert many.backlog is None
    assert many.cursor == Cursor(10_500, 0)


def test_a_store_gone_again_while_it_drains_adds_to_the_backlog() -> None:
    many = strands()
    many.overtake(10_000)
    many.live.sent_to(10_500, 0.0)
    many.overtake(20_000)
    assert many.live.sent == 20_000
    assert many.backlog is not None
    assert many.backlog.end == 20_000


def test_each_stage_moves_its_part_of_the_cursor_and_a_done_stretch_is_forgotten() -> None:
    many = strands()
    many.overtake(5_000)
    old = many.all[0]
    many.live.sent_to(5_010, 0.0)
    old.sent_to(5_000, 0.0)
    assert old.second.due(59.0) is None
    assert old.second.due(60.0) == 5_000
    old.sent_again_to(5_000, 60.0)
    assert many.cursor == Cursor(5_010, 5_000)
    assert old.settled.due(119.0) is None
    assert old.settled.due(120.0) == 5_000
    old.counted_to(5_000)
    many.tidy()
    assert many.all == [many.live]
    assert many.counted == 5_000


NEWER = st.sampled_from([0, 4, 70])
STEP = st.sampled_from(["new", "old", "again", "count", "overtake", "restart"])


@settings(deadline=None)
@given(st.lists(st.tuples(NEWER, STEP, st.booleans()), max_size=80))
def test_the_cursor_never_passes_a_row_that_was_not_sent(
    steps: list[tuple[int, str, bool]],
) -> None:
    """Any order of batches, outages and restarts: at least once, and bounded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strands_module, "BEHIND", 30)
        walk = Walk()
        for newer, step, waited in steps:
            walk.newest += newer
            walk.now_s += 61.0 if waited else 0.1
            before = walk.many.cursor
            getattr(walk, step)()
            cursor = walk.many.cursor
            assert walk.sent.issuperset(range(1, cursor.sent + 1))
            assert walk.sent_again.issuperset(range(1, cursor.again + 1))
            assert walk.counted.issuperset(range(1, walk.many.counted + 1))
            assert cursor.sent >= before.sent
            assert cursor.again >= before.again
            assert walk.many.counted <= cursor.again <= cursor.sent
            assert len(walk.many.all) <= MOST


class Walk:
    """A forwarder's steps, and which rows each of them has touched."""

    def __init__(self) -> None:
        self.many = strands()
        self.newest = 0
        self.now_s = 0.0
        self.sent: set[int] = set()
        self.sent_again: set[int] = set()
        self.counted: set[int] = set()

    def new(self) -> None:
        self._send(self.many.live)

    def old(self) -> None:
        self._send(self.many.backlog or self.many.live)

    def again(self) -> None:
        for strand in self.many.all:
            if (due := strand.second.due(self.now_s)) is not None:
                self.sent_again.update(range(strand.again + 1, due + 1))
                strand.sent_again_to(due, self.now_s)
                return

    def count(self) -> None:
        for strand in self.many.all:
            if (due := strand.settled.due(self.now_s)) is not None:
                self.counted.update(range(strand.counted + 1, due + 1))
                strand.counted_to(due)
                self.many.tidy()
                return

    def overtake(self) -> None:
        self.many.overtake(self.newest)

    def restart(self) -> None:
        self.many = Strands(self.many.cursor, self.many.counted, 60.0, self.now_s)

    def _send(self, strand: Strand) -> None:
        through = min(strand.sent + 20, self.newest if strand.end is None else strand.end)
        self.sent.update(range(strand.sent + 1, through + 1))
        strand.sent_to(through, self.now_s)


def test_stretches_that_are_sent_and_not_counted_stay_few() -> None:
    many, newest = strands(), 0
    for _ in range(3 * MOST):
        newest += 2 * BEHIND
        many.overtake(newest)
        if many.backlog is not None:
            many.backlog.sent_to(many.backlog.end or 0, 0.0)
        assert len(many.all) <= MOST
    many.live.sent_to(newest, 0.0)
    assert many.cursor == Cursor(newest, 0)
