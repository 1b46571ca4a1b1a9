"""Commands on their way to one gate: repeated with the same id until answered, withdrawn or over.

They travel at QoS 0 and only while connected: what a broker or a library keeps for later would
open a gate when nobody stands there any more.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from devices.commands import Command, Do
from devices.moment import Moment
from devices.native.messages import encode_command
from drivers.gate_ticks import GateTicks

REPEAT_MS = 200
TOO_SHORT_MS = 1.0  # no gate hears of it in what is left of its life
MAX_UNDER_WAY = 64  # a lane has one grant at a time; more than this is a fault of ours


@dataclass(slots=True)
class _UnderWay:
    command: Command
    boot: str | None = None  # the run of the gate it was first sent to
    sent: bool = False
    timer: asyncio.TimerHandle | None = None


class GateCommands:
    """Sends commands to one gate by `publish`, which says whether a payload left."""

    def __init__(
        self, ticks: GateTicks, *, now: Callable[[], Moment], publish: Callable[[bytes], bool]
    ) -> None:
        self._ticks = ticks
        self._now = now
        self._publish = publish
        self._under_way: dict[str, _UnderWay] = {}

    def send(self, command: Command) -> None:
        """Send now and every 200 ms; the same id twice is the same command."""
        if command.id in self._under_way:
            return
        if len(self._under_way) >= MAX_UNDER_WAY:
            self._make_room()
        self._under_way[command.id] = _UnderWay(command)
        self._try(command.id)

    def end(self, command_id: str) -> None:
        """Repeat a command no more: it was answered or withdrawn."""
        ended = self._under_way.pop(command_id, None)
        if ended is not None and ended.timer is not None:
            ended.timer.cancel()

    def gate_spoke(self) -> None:
        """Send at once what waited to hear from the gate."""
        for command_id in [id_ for id_, on in self._under_way.items() if not on.sent]:
            self._try(command_id)

    def end_all(self) -> None:
        """Repeat nothing any more."""
        for command_id in list(self._under_way):
            self.end(command_id)

    def _try(self, command_id: str) -> None:
        on = self._under_way[command_id]
        left_ms = on.command.until.boot_ms - self._now().boot_ms
        # Another run of the gate knows nothing of this id, and would open a second time.
        rebooted = on.sent and self._ticks.boot != on.boot
        if left_ms < TOO_SHORT_MS or rebooted:
            self.end(command_id)
            return
        if self._ticks.heard and self._publish(self._payload(on.command)):
            on.sent, on.boot = True, self._ticks.boot
        if on.timer is not None:
            on.timer.cancel()
        wait_s = min(REPEAT_MS, left_ms) / 1000
        on.timer = asyncio.get_running_loop().call_later(wait_s, self._try, command_id)

    def _payload(self, command: Command) -> bytes:
        ticks = self._ticks
        until_tick_ms = ticks.tick_at(command.until)
        return encode_command(command, boot=ticks.boot, until_tick_ms=until_tick_ms)

    def _make_room(self) -> None:
        oldest = next(
            (id_ for id_, on in self._under_way.items() if on.command.do is not Do.RELEASE),
            next(iter(self._under_way)),
        )
        self.end(oldest)
