"""Which policy judges: the site's own, and above it those that orders of the HQ lay over it.

A policy comes into force between two inputs and never within one. The record tells all of it:
each event that changes anything carries `stands`, so the last of them is enough for a new run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from devices.moment import Moment, format_stamp, parse_stamp
from edge_rules.decision import Policy

MAX_ORDERS = 8  # that stand at once; an HQ that gives more means the last ones
MAX_KNOWN_ORDERS = 64
MAX_KEYS = 32  # of the HQ, old ones included


class Source(StrEnum):
    """What brought a policy into force."""

    FILE = "file"
    API = "api"
    ROLLBACK = "rollback"
    ORDER = "order"
    ORDER_ENDED = "order-ended"
    ORDER_SUSPENDED = "order-suspended"


@dataclass(frozen=True, slots=True)
class Placed:
    """A policy, what brought it, who (an operator or an order), and when."""

    policy: Policy
    source: Source = Source.FILE
    by: str | None = None
    since_ms: int = 0

    @property
    def told(self) -> dict[str, Any]:
        """Lay it out for the record."""
        return {
            "policy": self.policy.hash,
            "name": self.policy.name,
            "source": self.source.value,
            "by": self.by,
            "since": format_stamp(self.since_ms),
        }


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """An accepted order until its end, on either clock: one set back does not prolong it."""

    id: str
    placed: Placed
    ends_ms: int
    ends_boot_ms: float

    def over(self, now: Moment) -> bool:
        """Whether its end has come."""
        return now.wall_ms >= self.ends_ms or now.boot_ms >= self.ends_boot_ms


@dataclass(frozen=True, slots=True)
class Refusal:
    """A policy that did not come into force, and the first thing wrong with it."""

    source: Source
    by: str | None
    at_ms: int
    fault: str
    faults: int


@dataclass(frozen=True, slots=True)
class Seconding:
    """Somebody wants an order suspended; another person has to agree."""

    order: str
    by: str
    until_ms: float  # on CLOCK_BOOTTIME


@dataclass(frozen=True, slots=True)
class Policies:
    """All that a site knows of its policies; `own` judges where no order stands."""

    own: Placed
    before: Placed | None = None  # one step back
    orders: tuple[StandingOrder, ...] = ()  # the last one judges
    file: str = ""  # the hash of the site's file as it was read last
    sequences: Mapping[str, int] = field(default_factory=dict)  # of the last order, by key
    known: tuple[str, ...] = ()  # ids of orders that were accepted, the newest last
    recorded: bool = True
    refused: Refusal | None = None
    seconding: Seconding | None = None

    @classmethod
    def of(cls, policy: Policy) -> "Policies":
        """Have one policy and no history."""
        return cls(Placed(policy), file=policy.hash)

    @property
    def current(self) -> Placed:
        """What judges now."""
        return self.orders[-1].placed if self.orders else self.own

    def order(self, id_: str) -> StandingOrder | None:
        """Return a standing order."""
        return next((order for order in self.orders if order.id == id_), None)

    @property
    def stands(self) -> dict[str, Any]:
        """Lay all of it out for the record, so that a new run goes on from here."""
        return {
            "own": self.own.told,
            "before": self.before.told if self.before else None,
            "orders": [
                {"id": order.id, "ends": format_stamp(order.ends_ms), **order.placed.told}
                for order in self.orders
            ],
            "file": self.file,
            "sequences": dict(self.sequences),
            "known": list(self.known),
        }


def standing(order: str, placed: Placed, ends_ms: int, now: Moment) -> StandingOrder:
    """Let an order stand from now on."""
    return StandingOrder(order, placed, ends_ms, now.boot_ms + ends_ms - now.wall_ms)


def restored(
    stands: Mapping[str, Any], load: Callable[[str], Policy | None], file: Policy, now: Moment
) -> Policies:
    """Take up what the record says of the last run; `load` finds a policy by its hash.

    A policy that is lost is passed over: without the own one the site's file judges.
    """

    def placed(told: Mapping[str, Any] | None) -> Placed | None:
        policy = load(told["policy"]) if told else None
        if policy is None or told is None:
            return None
        since_ms = parse_stamp(told["since"])
        return Placed(policy, Source(told["source"]), told["by"], since_ms)

    found = [(told, placed(told)) for told in stands["orders"]]
    orders = tuple(
        standing(told["id"], one, parse_stamp(told["ends"]), now) for told, one in found if one
    )
    own = placed(stands["own"])
    return Policies(
        own or Placed(file, since_ms=now.wall_ms),
        placed(stands["before"]),
        orders,
        stands["file"],
        dict(stands["sequences"]),
        tuple(stands["known"]),
        recorded=own is not None,
    )
