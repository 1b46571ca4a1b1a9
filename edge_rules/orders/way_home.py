"""Whether an ordered policy leaves residents a way home, at every hour that it judges. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from devices.moment import format_stamp
from edge_rules.decision import Outcome, Policy
from edge_rules.orders.checking import OrderRefusal
from edge_rules.policy.probes import Chance, probe_facts
from edge_rules.policy.rules import Policy as PolicyText

NO_WAY_HOME = "order-no-way-home"
KINDS = ("resident", "unknown")  # until somebody says more, a resident is unknown at the gate
STEP_MS = 900_000
MAX_STEPS = 1_000  # of a longer order every n-th quarter of an hour
TRIES = 600

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Doorway:
    """A way in: what facts say of where somebody stands."""

    site: str
    checkpoint: str
    lane: str


def way_home(
    text: PolicyText,
    policy: Policy,
    doorways: Sequence[Doorway],
    zone: ZoneInfo,
    *,
    from_ms: int,
    until_ms: int,
    chance: Chance,
) -> OrderRefusal | None:
    """Look for a resident whom the policy lets in or refers, for every way in and every hour.

    Only facts of which the policy lacks none count: a guard who has to look because something is
    missing is no way home that an order may count on.
    """
    people = [_shown(facts) for facts in probe_facts([text], chance, TRIES)]
    for doorway in doorways:
        for kind in KINDS:
            for at_ms in _hours(from_ms, until_ms, chance):
                here = _here(doorway, kind, datetime.fromtimestamp(at_ms / 1000, UTC), zone)
                found = _passes(policy, people, here)
                if found is None:
                    return _refusal(doorway, kind, at_ms)
                people.insert(0, people.pop(found))  # who passes now mostly passes next, too
    return None


def _refusal(doorway: Doorway, kind: str, at_ms: int) -> OrderRefusal:
    what = (
        f"policy: no {kind} person was found who is let in or referred at {doorway.lane} on "
        f"{format_stamp(at_ms)}; there must be more than `deny` (a test in it can show who)"
    )
    return OrderRefusal(NO_WAY_HOME, what)


def _hours(from_ms: int, until_ms: int, chance: Chance) -> Iterator[int]:
    """Give a minute of every quarter of an hour, which one is left to chance."""
    starts: Iterable[int] = range(from_ms, max(until_ms, from_ms + 1), STEP_MS)
    stride = 1 + len(range(from_ms, until_ms, STEP_MS)) // MAX_STEPS
    for start in islice(starts, 0, None, stride):
        yield min(start + int(chance.random() * STEP_MS), max(until_ms - 1, from_ms))


def _passes(policy: Policy, people: Sequence[Facts], here: Facts) -> int | None:
    for at, facts in enumerate(people):
        decision = policy.decide(_over(facts, here))
        if decision.outcome is not Outcome.DENY and not decision.missing:
            return at
    return None


def _shown(facts: Facts) -> Facts:
    """Add what a gate always knows: that something was shown, and what came of it."""
    always = {"kind": "estate-pass", "status": "valid"}
    return {**facts, "credential": {**always, **facts["credential"]}}


def _here(doorway: Doorway, kind: str, at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    local = at.astimezone(zone)
    return {
        "site": doorway.site,
        "checkpoint": doorway.checkpoint,
        "lane": doorway.lane,
        "direction": "in",
        "now": at,
        "local": {
            "hour": local.hour,
            "minute": local.minute,
            "weekday": local.isoweekday(),
            "date": local.date().isoformat(),
        },
        "clock": {"trusted": True},
        "level": {"name": "normal", "severity": 0},
        "person": {"kind": kind, "count": 1},
        "gate": {"door": "closed", "online": True, "mode": "normal"},
    }


def _over(facts: Facts, here: Facts) -> dict[str, Any]:
    """Lay the certain facts over the probed ones; of a group both count."""
    return {
        **facts,
        **{
            name: {**facts.get(name, {}), **value} if isinstance(value, dict) else value
            for name, value in here.items()
        },
    }
