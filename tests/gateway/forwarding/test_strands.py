"""gateway.forwarding.strands."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.forwarding.strands import BEHIND, MOST, Strands
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


@given(st.data())
def test_the_cursor_never_passes_a_row_that_was_not_sent(data: st.DataObject) -> None:
    """Any order of batches, outages and restarts: at least once, and bounded."""
    many, newest, now_s = strands(), 0, 0.0
    sent: set[int] = set()
    again: set[int] = set()
    for _ in range(data.draw(st.integers(1, 40))):
        now_s += data.draw(st.sampled_from([0.1, 61.0]))
        newest += data.draw(st.sampled_from([0, 40, BEHIND * 2]))
        step = data.draw(st.sampled_from(["new", "old", "again", "overtake", "restart"]))
        before = many.cursor
        if step == "restart":
            many = Strands(many.cursor, many.counted, 60.0, now_s)
        elif step == "overtake":
            many.overtake(newest)
        elif step == "again":
            for strand in many.all:
                if (due := strand.second.due(now_s)) is not None:
                    again.update(range(strand.again + 1, due + 1))
                    strand.sent_again_to(due, now_s)
                    break
        else:
            strand = many.live if step == "new" else many.backlog or many.live
            through = min(strand.sent + 1000, newest if strand.end is None else strand.end)
            sent.update(range(strand.sent + 1, through + 1))
            strand.sent_to(through, now_s)
        assert sent.issuperset(range(1, many.cursor.sent + 1))
        assert again.issuperset(range(1, many.cursor.again + 1))
        assert many.cursor.sent >= before.sent
        assert many.cursor.again >= before.again
        assert many.counted <= many.cursor.again <= many.cursor.sent
        assert len(many.all) <= MOST
