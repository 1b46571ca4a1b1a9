"""The gateway's ports: what the runtime and the page need, whoever provides it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from devices.ids import LaneId
from devices.moment import Moment
from edge_rules.effects import AskPlatform, DropQuery, Record
from edge_rules.inputs import OperatorActed
from edge_rules.policies import Source
from edge_rules.vouched import Vouched
from gateway.passes.request import PassAsked

Event = Mapping[str, Any]
"""One committed event as the API shows it: `seq`, `id`, `type`, `at`, `site` and its own keys."""


Name = Mapping[str, str]
"""A name in both tongues: `zh` and `en`."""


class Clock(Protocol):
    """The two clocks of this machine."""

    def now(self) -> Moment:
        """Read both."""
        ...


class Pending(Protocol):
    """Records handed to the disk and not there yet."""

    def take_back(self) -> bool:
        """Withdraw them unless the writer has them already; True means they never get there."""
        ...


class Disk(Protocol):
    """The outbox: the one truth. All methods may be called on the event loop and never block."""

    def append(
        self, records: Sequence[Record], settled: Callable[[Sequence[Event]], None]
    ) -> Pending:
        """Queue records in order; `settled` runs on the loop once they are safe, in order."""
        ...

    async def read(self, after: int, limit: int, **filters: Any) -> list[Event]:  # noqa: ANN401
        """Return committed events with seq > after, ascending.

        Filters that are given and not None must all hold: `lane`, `type`, `decision`, `visit`, `id`
        (equal), `from_ms` (at or after) and `to_ms` (before), both in Unix ms of the event's `at`.
        """
        ...


class Journal(Disk, Protocol):
    """The outbox as the runtime needs it."""

    def room(self) -> int:
        """Return how many records may come before readings should be held back."""
        ...


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What became of an operator's act: `state` is a stable word, `refused` why it was not done.

    States of an opening: `commanded`, `opened`, `unknown`; of every other act: `done`.
    """

    state: str
    command: str | None = None
    refused: str | None = None  # kebab-case; the page shows its sentence
    visit: str | None = None  # that it started


class Operations(Protocol):
    """What the page and its API may ask of the running gateway."""

    site: str
    name: Name

    def lanes(self) -> list[dict[str, Any]]:
        """Describe every lane as it stands now (`LaneView` in gateway/web)."""
        ...

    async def operate(self, act: OperatorActed) -> ActOutcome:
        """Carry out an act; for an opening wait, within its life, for the gate's own word."""
        ...

    def knows_lane(self, lane: str) -> LaneId | None:
        """Return the lane's id if the site has it."""
        ...

    def ready(self) -> list[str]:
        """List what is still missing before visits are decided; empty when ready."""
        ...

    def troubles(self) -> Mapping[str, int]:
        """Count what went wrong since the start, by a word each."""
        ...


class QueryDesk(Protocol):
    """Whoever asks a platform for the rules; the answer comes back as an input."""

    failures: int  # questions that no usable answer came to

    def do(self, effect: AskPlatform | DropQuery) -> None:
        """Ask, or ask no more."""
        ...


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of a policy: `in-force`, `waits` (for an order's end), `unchanged`, `shadow`."""

    policy: str  # its hash
    name: str
    state: str


class PolicyDesk(Protocol):
    """What the page and its API may ask about policies."""

    def view(self) -> dict[str, Any]:
        """Describe what judges, what judged before, what is tried and what was refused."""
        ...

    async def offer(self, text: str, source: Source, by: str | None, name: str) -> Offered:
        """Let a policy judge from the next visit on; SetupError with all its faults."""
        ...

    async def try_in_shadow(self, text: str, by: str, name: str) -> Offered:
        """Try a policy on every visit without obeying it; SetupError with all its faults."""
        ...

    def end_shadow(self, by: str) -> bool:
        """Try nothing any more; False if nothing was tried."""
        ...

    async def explain(self, policy: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        """Explain what a policy, by its hash, said of facts on record; None where it is gone."""
        ...


class PassDesk(Protocol):
    """What the API may ask about the estate's passes; what it answers names nobody."""

    async def issue(self, asked: PassAsked, by: str) -> dict[str, Any]:
        """Hand a pass out, with its link; RequestError says what would be right."""
        ...

    async def records(self) -> list[dict[str, Any]]:
        """List all passes, the newest first."""
        ...

    async def revoke(self, name: str, by: str) -> dict[str, Any] | None:
        """Take back the one pass whose number begins so; None if there is none, or several."""
        ...


class FrontDesk(Protocol):
    """What the gateway knows of people whom a guard asks about; names end here."""

    async def on_list(self, operator: str, name: str, home: str) -> Vouched:
        """Hold a spoken name against the estate's list."""
        ...

    async def on_number(self, operator: str, number: str) -> Vouched:
        """Look up a printed pass by its number, or the first eight digits of it."""
        ...
