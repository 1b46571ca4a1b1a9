"""The checks of an order that need nothing but the order, the time and the site. Pure."""

from dataclasses import dataclass

from devices.moment import format_stamp
from devices.orders.order import POLICY, Order

HOUR_MS = 3_600_000
AHEAD_MS = 120_000  # of our clock: two clocks that are kept right differ by less

ELSEWHERE = "order-elsewhere"
KIND_UNKNOWN = "order-kind-unknown"
SEQUENCE_BACK = "order-sequence-back"
EXPIRED = "order-expired"
TOO_EARLY = "order-too-early"
TOO_LONG = "order-too-long"
CLOCK_SUSPECT = "clock-suspect"


@dataclass(frozen=True, slots=True)
class OrderRefusal:
    """Why an order is not obeyed: a stable word, and a sentence on what would be right."""

    word: str
    detail: str


def check_order(
    order: Order, *, site: str, kind: str, now_ms: int, max_hours: int
) -> OrderRefusal | None:
    """Check scope, kind and life; None where they are sound."""
    if order.sites is not None and site not in order.sites:
        return OrderRefusal(ELSEWHERE, f"scope: must name {site}, or all")
    if order.type != kind or order.type != POLICY:
        return OrderRefusal(KIND_UNKNOWN, f"type: must be {POLICY}, as its topic says")
    if order.ends_ms <= order.issued_ms:
        return OrderRefusal(EXPIRED, "ends: must come after issued")
    if order.issued_ms > now_ms + AHEAD_MS:
        what = f"issued: lies ahead of {format_stamp(now_ms)}; set the clocks right"
        return OrderRefusal(TOO_EARLY, what)
    if order.ends_ms - min(order.issued_ms, now_ms) > max_hours * HOUR_MS:
        what = f"ends: must come within {max_hours} hours of issued (orders.max_hours)"
        return OrderRefusal(TOO_LONG, what)
    return None


def check_again(
    order: Order, now_ms: int, last_sequence: int, *, clock_trusted: bool
) -> OrderRefusal | None:
    """Check what may have changed since, in the moment that the order would take effect."""
    if not clock_trusted:
        what = "the gateway's own clock is in doubt, so no order's end can be kept"
        return OrderRefusal(CLOCK_SUSPECT, what)
    if now_ms >= order.ends_ms:
        return OrderRefusal(EXPIRED, f"ends: lies before {format_stamp(now_ms)}")
    if order.sequence <= last_sequence:
        what = f"sequence: must be above {last_sequence}, the last that this key gave"
        return OrderRefusal(SEQUENCE_BACK, what)
    return None
