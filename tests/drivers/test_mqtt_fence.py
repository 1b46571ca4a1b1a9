"""drivers.mqtt_fence."""

from hypothesis import given
from hypothesis import strategies as st

from devices.arrival import Fence
from drivers.mqtt_fence import ReconnectFence


def test_before_start_then_live_then_queued() -> None:
    fence = ReconnectFence()
    stages = [fence.stage]
    for _ in range(2):
        fence.fall()
        stages.append(fence.stage)
        assert fence.take(fence.new_marker())
        stages.append(fence.stage)
    fence.fall()
    assert [*stages, fence.stage] == [
        Fence.BEFORE_START, Fence.BEFORE_START, Fence.LIVE, Fence.QUEUED, Fence.LIVE, Fence.QUEUED,
    ]  # fmt: skip


def test_connection_lost_before_the_first_marker_leaves_the_start_unpassed() -> None:
    fence = ReconnectFence()
    fence.fall()
    fence.new_marker()
    fence.fall()
    assert fence.stage is Fence.BEFORE_START


def test_marker_of_an_older_connection_counts_no_more() -> None:
    fence = ReconnectFence()
    old = fence.new_marker()
    fence.fall()
    fresh = fence.new_marker()
    assert not fence.take(old)
    assert fence.stage is Fence.BEFORE_START
    assert fence.take(fresh)
    assert not fence.take(fresh)


@given(st.binary(max_size=64))
def test_nobody_guesses_the_marker(payload: bytes) -> None:
    fence = ReconnectFence()
    assert not fence.take(payload)
    fence.new_marker()
    assert not fence.take(payload)
    assert not fence.live
