"""What an order can be refused for while it is read."""

from devices.errors import DeviceProtocolError

UNREADABLE = "order-unreadable"
OVERSTEPS = "order-oversteps"
ENDLESS = "order-endless"


class OrderError(DeviceProtocolError):
    """Bytes that are no order we could obey; `word` is the stable reason."""

    def __init__(self, word: str, fault: str) -> None:
        self.word = word
        super().__init__(fault)
