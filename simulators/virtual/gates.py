"""Gates whose leaf is watched: what moved it, as nobody but the gate itself can know."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devices.moment import Moment
from simulators.gate import SimulatedGate
from simulators.gate_order import read_order
from simulators.payloads import Message


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement: `do` on the word of `command`, or of somebody's hand where that is None."""

    do: str
    command: str | None


class WatchedGate(SimulatedGate):
    """Tells `moved` of everything that its leaf does."""

    def __init__(self, boot: str | None, now: Moment, **rest: Any) -> None:  # noqa: ANN401
        super().__init__(boot, now, **rest)
        self.moved: Callable[[Moved], None] = lambda _: None
        self.runs = 0  # reboots so far

    def tick_ms(self, now: Moment) -> float:
        """Return what its own clock shows."""
        return now.boot_ms - self._booted.boot_ms

    @property
    def boot(self) -> str | None:
        """The name of its present run."""
        return self._boot

    def receive(self, payload: bytes, now: Moment) -> list[Message]:
        """Take a command off the wire."""
        openings, released, locked = self.openings, self.released, self.locked
        said = super().receive(payload, now)
        order = read_order(payload)
        command = order.id if order else None
        if self.openings != openings:
            self.moved(Moved("open", command))
        if self.released != released:
            self.moved(Moved("release" if self.released else "restore", command))
        if self.locked != locked:
            self.moved(Moved("lock" if self.locked else "unlock", command))
        return said

    def press(self, button: str, now: Moment) -> list[Message]:
        """Press a button."""
        said = super().press(button, now)
        if button in {"rex", "fire"}:
            self.moved(Moved("open" if button == "rex" else "release", None))
        return said

    def lose_power(self, now: Moment) -> list[Message]:
        """Start anew, as after a power cut."""
        self.runs += 1
        return self.reboot(f"{(self._boot or 'b').split('-')[0]}-{self.runs}", now)
