"""The other end of the wire, handed in by who runs the test: readers, gates and people."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.crashtest.evidence import OpenedGate, SentReading


@dataclass(frozen=True, slots=True)
class Lane:
    """An inward lane and its three MQTT devices."""

    lane: str
    scanner: str
    thermometer: str
    gate: str


class Crowd(Protocol):
    """Devices at work; both lists grow while they are."""

    @property
    def sent(self) -> Sequence[SentReading]:
        """Return every reading that was published, or tried to be."""
        ...

    @property
    def opened(self) -> Sequence[OpenedGate]:
        """Return every opening of every gate."""
        ...

    async def keep_coming(self, rate_per_s: float) -> None:
        """Let people come until cancelled; the devices stay."""
        ...


class Street(Protocol):
    """Where a generated site gets its policy, its trust and its people."""

    def lay_out(self, folder: Path) -> tuple[str, str]:
        """Write a policy and a trust folder; return their names."""
        ...

    def crowd(
        self, broker_url: str, site: str, lanes: Sequence[Lane]
    ) -> AbstractAsyncContextManager[Crowd]:
        """Keep all devices connected while the block runs."""
        ...
