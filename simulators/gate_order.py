"""A command as a gate reads it off the wire, and whether its life allows to obey it."""

from dataclasses import dataclass
from datetime import datetime

from simulators.payloads import read_object

MAX_HOLD_MS = 600_000  # a gate never stays open longer than ten minutes on one command
VERBS = frozenset({"open", "lock", "unlock", "release", "restore"})


@dataclass(frozen=True, slots=True)
class GateOrder:
    """One command; what it lacks is None."""

    id: str
    do: str
    boot: str | None
    until_tick_ms: float | None
    expires_wall_ms: float | None
    hold_ms: float
    grant: str | None

    def refusal(self, boot: str | None, tick_ms: float, wall_ms: float) -> str | None:
        """Say why a gate must not obey, None when it may; a gate without ticks has boot None."""
        if self.do not in VERBS:
            return "unknown-command"
        if boot is None:
            alive = self.expires_wall_ms is not None and wall_ms <= self.expires_wall_ms
        elif self.boot != boot:
            return "other-boot"
        else:
            alive = self.until_tick_ms is not None and tick_ms <= self.until_tick_ms
        return None if alive else "expired"


def read_order(payload: bytes) -> GateOrder | None:
    """Read a command; None for what is none, since there is nothing to answer then."""
    body = read_object(payload)
    if body is None or not isinstance(body.get("id"), str) or not isinstance(body.get("do"), str):
        return None
    hold_ms = _number(body.get("hold_ms")) or 0.0
    return GateOrder(
        id=body["id"],
        do=body["do"],
        boot=_text(body.get("boot")),
        until_tick_ms=_number(body.get("until_tick_ms")),
        expires_wall_ms=_wall_ms(body.get("expires")),
        hold_ms=min(max(hold_ms, 0.0), MAX_HOLD_MS),
        grant=_text(body.get("grant")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 2**63 else None  # NaN and infinities fail this too


def _wall_ms(value: object) -> float | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.timestamp() * 1000 if at is not None and at.tzinfo is not None else None
