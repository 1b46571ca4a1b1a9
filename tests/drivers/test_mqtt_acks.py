"""drivers.mqtt_acks."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt_acks import AckOrder


@given(st.permutations(range(8)))
def test_acknowledged_in_order_of_arrival_whatever_is_settled_first(order: list[int]) -> None:
    acked: list[int] = []
    dealt: list[None] = []
    acks = AckOrder(acked.append, lambda: dealt.append(None))
    settle: list[Callable[[], None]] = [acks.hold(100 + n) for n in range(8)]
    for done, at in enumerate(order, 1):
        settle[at]()
        settle[at]()
        assert acked == list(range(100, 100 + len(acked)))
        assert len(dealt) == done
        assert len(acks) == 8 - len(acked)
    assert len(acked) == 8


def test_nothing_overtakes_the_oldest() -> None:
    acked: list[int] = []
    acks = AckOrder(acked.append)
    first, second = acks.hold(1), acks.hold(2)
    second()
    assert acked == []
    first()
    assert acked == [1, 2]
