"""All that was seen of one crash test, by witnesses that share no code with the gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gateway.ports import Event


class ReadingKey(NamedTuple):
    """A reading as the wire knows it."""

    device: str
    id: str


class PointKey(NamedTuple):
    """A point as the store knows it: its series and its millisecond."""

    series: tuple[tuple[str, str], ...]
    at_ms: int


class SentReading(Protocol):
    """A reading that a device published; `acknowledged` once the broker had it."""

    @property
    def device(self) -> str: ...  # noqa: D102
    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def wall_ms(self) -> int: ...  # noqa: D102
    @property
    def acknowledged(self) -> bool: ...  # noqa: D102


class OpenedGate(Protocol):
    """A gate that obeyed an `open`."""

    @property
    def gate(self) -> str: ...  # noqa: D102
    @property
    def command(self) -> str: ...  # noqa: D102
    @property
    def grant(self) -> str | None: ...  # noqa: D102
    @property
    def wall_ms(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class OnWire:
    """The first copy of an `open` as it left the gateway."""

    command: str
    wall_ms: int
    on_record: bool  # its `gate-commanded` was on disk before


@dataclass(slots=True)
class Run:
    """One life of the gateway's process; `connected_ms` is its first word to the broker."""

    began_ms: int
    connected_ms: int | None = None


@dataclass(slots=True)
class Evidence:
    """What the verdict is made of; wall-clock Unix ms of one machine throughout."""

    open_within_ms: int
    runs: list[Run] = field(default_factory=list)
    acknowledged: set[ReadingKey] = field(default_factory=set)  # by the gateway
    on_wire: dict[str, OnWire] = field(default_factory=dict)
    sent: Sequence[SentReading] = ()
    opened: Sequence[OpenedGate] = ()
    events: Sequence[Event] = ()
    points: frozenset[PointKey] = frozenset()  # of the record
    due: frozenset[PointKey] = frozenset()  # those that the store had the time to get
    stored: Mapping[PointKey, int] = field(default_factory=dict)  # in the store, how often
