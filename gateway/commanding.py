"""Commands on their way to the gates: after their records, within their patience, or never."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from devices.commands import Command, Show
from devices.ids import DeviceId, LaneId
from drivers.driver import Driver, GateDriver, ShowingDriver
from edge_rules.effects import Record, SendCommand, WithdrawCommand
from edge_rules.inputs import RecordLate
from gateway.ports import Clock, Pending

log = logging.getLogger(__name__)

Said = TypeVar("Said")


class Append(Protocol):
    """Queues records for the disk; `recorded` is called once they are there."""

    def __call__(
        self, records: Sequence[Record], recorded: Callable[[], None] | None = None
    ) -> Pending:
        """Queue them in order."""
        ...


@dataclass(slots=True)
class Commanding:
    """Every command that waits for its record, and the drivers that will carry it."""

    clock: Clock
    append: Append
    late: Callable[[RecordLate], None]
    devices_at: Callable[[LaneId], Iterable[DeviceId]]
    drivers: dict[DeviceId, Driver] = field(default_factory=dict)
    recorded_late: int = 0
    driver_faults: int = 0
    _waiting: dict[str, asyncio.TimerHandle] = field(default_factory=dict)

    def send_after(self, effect: SendCommand, records: Sequence[Record]) -> None:
        """Send once the records are on disk; past the effect's patience give up, or send anyway."""
        if not isinstance(self.drivers.get(effect.device), GateDriver):
            self.append(records)
        elif not effect.waits_ms:
            self._send(effect)
            self.append(records)
        elif effect.give_up:
            self._admit(effect, records)
        else:
            self._open_anyway(effect, records)

    def withdraw(self, effect: WithdrawCommand) -> None:
        """Stop repeating a command, or keep it from leaving at all; its record stays."""
        self._waited(effect.command)
        gate = self.drivers.get(effect.device)
        if isinstance(gate, GateDriver):
            self._unfailing(gate.withdraw, effect.command)

    def show(self, lane: LaneId, show: Show) -> None:
        """Tell the person at a lane what happens."""
        for device in self.devices_at(lane):
            driver = self.drivers.get(device)
            if isinstance(driver, ShowingDriver):
                self._unfailing(driver.show, show)

    def _admit(self, effect: SendCommand, records: Sequence[Record]) -> None:
        # All but this very decision stays on record, whatever becomes of it.
        command = effect.command
        decided = _decision(records, command.grant)
        if decided:
            self.append(records[:decided])

        def give_up() -> None:
            if self._waited(command.id):
                self.recorded_late += 1
                self.late(RecordLate(effect.lane, command.grant or "", pending.take_back()))

        self._wait(command, effect.waits_ms, give_up)
        pending = self.append(records[decided:], lambda: self._send_waiting(effect))

    def _open_anyway(self, effect: SendCommand, records: Sequence[Record]) -> None:
        def wait_no_longer() -> None:
            self.recorded_late += 1
            self._send_waiting(effect)

        self._wait(effect.command, effect.waits_ms, wait_no_longer)
        self.append(records, lambda: self._send_waiting(effect))

    def _wait(self, command: Command, waits_ms: int, over: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._waiting[command.id] = loop.call_later(waits_ms / 1000, over)

    def _waited(self, command_id: str) -> bool:
        """End a command's wait; False if it was over: sent, given up or withdrawn."""
        timer = self._waiting.pop(command_id, None)
        if timer is None:
            return False
        timer.cancel()
        return True

    def _send_waiting(self, effect: SendCommand) -> None:
        if self._waited(effect.command.id):
            self._send(effect)

    def _send(self, effect: SendCommand) -> None:
        gate, command = self.drivers.get(effect.device), effect.command
        if isinstance(gate, GateDriver) and self.clock.now().boot_ms < command.until.boot_ms:
            self._unfailing(gate.send, command)
            if effect.show:
                self.show(effect.lane, effect.show)

    def _unfailing(self, tell: Callable[[Said], None], what: Said) -> None:
        """Tell a driver; its own fault must not keep a record from the disk."""
        try:
            tell(what)
        except Exception:
            self.driver_faults += 1
            log.exception("a driver failed")


def _decision(records: Sequence[Record], grant: str | None) -> int:
    """Find the decision that gave a grant; the length where there is none."""
    return next(
        (
            at
            for at, record in enumerate(records)
            if record.type == "passage-decided" and record.body["grant"] == grant
        ),
        len(records),
    )
