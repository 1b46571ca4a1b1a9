"""Shapes of what the API answers, for its OpenAPI document."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # Pydantic needs this one before 3.12

from gateway.web.lane_view import LaneView


class LanesAnswer(TypedDict):
    """Every lane as it stands now."""

    lanes: list[LaneView]


class EventsAnswer(TypedDict):
    """One page of events; `next` is what to pass as `after`, null when nothing follows."""

    events: list[dict[str, Any]]
    next: int | None


class ActAnswer(TypedDict):
    """What became of an act; `opened` and `unknown` are the gate's own word and its silence.

    `visit` is the one that a guard started.
    """

    command: str | None
    visit: NotRequired[str]
    state: Literal["commanded", "opened", "unknown", "done"]


class ReadyAnswer(TypedDict):
    """Whether visits are decided, and what is still missing."""

    ready: bool
    missing: list[str]


class AliveAnswer(TypedDict):
    """The process lives."""

    alive: bool


class SessionAnswer(TypedDict):
    """Where this is, who asks, and the newest event's sequence."""

    site: str
    name: dict[str, str]
    operator: str
    role: Literal["viewer", "guard", "admin"]
    seq: int
    version: str


class AskedRule(TypedDict):
    """A rule that was asked: what it says where it holds, and if it did (null: can't be said)."""

    rule: str
    then: Literal["admit", "deny", "refer"]
    reason: str
    say: dict[str, str] | None
    fires: bool | None


class JudgedCondition(TypedDict):
    """A condition of a rule, its truth (null: can't be said) and its values, in words too."""

    rule: str
    condition: str
    holds: bool | None
    values: dict[str, Any]
    missing: list[str]
    zh: str
    en: str


class ExplanationAnswer(TypedDict):
    """Why a visit was decided so; `facts` are those the rules were asked about.

    `conditions` are worked out anew by the policy that decided, unless it is gone or was not asked;
    `agrees` tells whether it says again what is on record. `left_out` rules are not told of.
    """

    event: str
    seq: int
    at: str
    lane: str | None
    visit: str | None
    decision: Literal["admit", "deny", "refer"]
    reasons: list[str]
    rules: list[str]
    policy: str | None
    missing: list[dict[str, str]]
    facts: dict[str, Any] | None
    celsius: float | None
    readings: list[str] | None
    sentences: dict[str, list[str]]
    note: dict[str, str] | None
    doubts: list[str]
    said: dict[str, Any] | None
    explained: Literal["conditions", "policy-gone", "not-asked"]
    agrees: bool | None
    asked: list[AskedRule]
    conditions: list[JudgedCondition]
    left_out: int


class OfferedAnswer(TypedDict):
    """What became of a policy: it judges, waits for an order's end, judged already, is on trial."""

    policy: str
    name: str
    state: Literal["in-force", "waits", "unchanged", "shadow"]


class PolicyAnswer(TypedDict):
    """What judges; `waits` is what will once the `orders` have ended."""

    policy: str
    name: str
    source: Literal["file", "api", "rollback", "order", "order-ended", "order-suspended"]
    by: str | None
    since: str
    until: str | None
    previous: dict[str, str] | None
    waits: dict[str, str] | None
    orders: list[dict[str, str]]
    shadow: dict[str, Any] | None
    refused: dict[str, Any] | None


PassAnswer = TypedDict(
    "PassAnswer",
    {
        "id": str,
        "kind": Literal["resident", "staff", "visitor", "delivery", "emergency"],
        "minor": bool,
        "gates": list[str],
        "times": str,
        "uses_per_day": int | None,
        "rotating": bool,
        "key": str,
        "made": str,
        "from": str,
        "to": str,
        "revoked": str | None,
        "link": str | None,
        "text": str | None,
    },
)
"""A pass: `link` (behind the page's address) and `text` (of a printed one) only when it is made."""


class PassesAnswer(TypedDict):
    """Passes, the newest first; `next` is what to pass as `skip`, null when nothing follows."""

    passes: list[dict[str, Any]]
    next: int | None
