"""Acknowledgements in order of arrival, whatever the order in which messages are dealt with."""

from collections import deque
from collections.abc import Callable


class AckOrder:
    """One connection's unacknowledged messages, oldest first (MQTT 3.1.1, section 4.6)."""

    def __init__(
        self, acknowledge: Callable[[int], None], dealt_with: Callable[[], None] = lambda: None
    ) -> None:
        self._acknowledge = acknowledge
        self._dealt_with = dealt_with
        self._waiting: deque[_Held] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def hold(self, mid: int) -> Callable[[], None]:
        """Take one message in; the first call of what is returned settles it."""
        held = _Held(mid, self)
        self._waiting.append(held)
        return held.settle

    def settled(self) -> None:
        """Acknowledge what no older message holds back."""
        while self._waiting and self._waiting[0].done:
            self._acknowledge(self._waiting.popleft().mid)
        self._dealt_with()


class _Held:
    __slots__ = ("_order", "done", "mid")

    def __init__(self, mid: int, order: AckOrder) -> None:
        self.mid = mid
        self.done = False
        self._order = order

    def settle(self) -> None:
        if not self.done:
            self.done = True
            self._order.settled()
