"""drivers.gate_ticks."""

from hypothesis import given
from hypothesis import strategies as st

from devices.moment import Moment
from devices.readings import Door, GateState
from drivers.gate_ticks import BEST_KEPT_MS, GateTicks


def state(boot: str | None, tick_ms: int | None) -> GateState:
    return GateState(None, Door.CLOSED, boot, tick_ms)


def at(ms: float) -> Moment:
    return Moment(ms, 0)


@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.floats(0, 10_000), st.floats(0, 5_000)), min_size=1, max_size=20),
    st.floats(0, 10_000),
)
def test_never_later_than_the_gates_own_clock(
    uptime_ms: int, heard: list[tuple[float, float]], life_ms: float
) -> None:
    ticks = GateTicks()
    now_ms = 0.0
    for pause_ms, on_the_way_ms in heard:
        now_ms += pause_ms
        ticks.take(state("b", int(uptime_ms + now_ms)), at(now_ms + on_the_way_ms))
        now_ms += on_the_way_ms
    until = ticks.tick_at(at(now_ms + life_ms))
    assert until is not None
    assert until <= uptime_ms + now_ms + life_ms


def test_quickest_state_counts_for_a_while() -> None:
    ticks = GateTicks()
    ticks.take(state("b", 1000), at(5000))
    ticks.take(state("b", 2000), at(6700))  # 700 ms late
    assert ticks.tick_at(at(7000)) == 3000
    late_ms = 5000 + BEST_KEPT_MS + 1
    ticks.take(state("b", 1000 + BEST_KEPT_MS), at(late_ms))
    assert ticks.tick_at(at(late_ms)) == 1000 + BEST_KEPT_MS


def test_another_run_of_the_gate_has_another_clock() -> None:
    ticks = GateTicks()
    assert not ticks.heard
    ticks.take(state("a", 1_000_000), at(0))
    ticks.take(state("b", 10), at(100))
    assert (ticks.boot, ticks.tick_at(at(100))) == ("b", 10)


def test_gate_without_ticks() -> None:
    ticks = GateTicks()
    ticks.take(state("a", 1000), at(0))
    for boot, tick_ms in (("a", None), (None, 7), (None, None)):
        ticks.take(state(boot, tick_ms), at(10))
        assert (ticks.boot, ticks.tick_at(at(10))) == (boot, None)
