"""The running site: feeds the reducer one input at a time and carries out what it gives back."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from devices.ids import DeviceId, LaneId
from drivers.driver import Driver, GateDriver, Settled, ShowingDriver
from edge_rules.effects import Effect, Record, SendCommand, ShowAtLane, WithdrawCommand
from edge_rules.inputs import Input, OperatorActed, RecordLate, TimePassed
from edge_rules.lane import LaneState
from edge_rules.site import SiteState, due_ms, step
from gateway.lane_views import view_lane
from gateway.ports import ActOutcome, Clock, Disk, Event, Name, Pending
from gateway.web.lane_view import lane_view

log = logging.getLogger(__name__)

CONFIRMATION_SLACK_MS = 500  # a gate's word at the very end of a command's life still has to travel
MAX_OUTCOMES = 256
ENDS_OF_COMMANDS = frozenset({"gate-opened", "gate-unknown"})


class SiteRuntime:
    """One loop, one state; everything enters by `take` and nothing in here ever blocks."""

    def __init__(
        self,
        state: SiteState,
        *,
        clock: Clock,
        disk: Disk,
        name: Name,
        lane_names: Mapping[LaneId, Name | None],
        committed: Callable[[Sequence[Event]], None],
        lane_changed: Callable[[Mapping[str, Any]], None],
        missing: Callable[[], list[str]],
    ) -> None:
        self.site = state.rules.site
        self.name = name
        self.state = state
        self.drivers: dict[DeviceId, Driver] = {}
        self.recorded_late = 0
        self.faults = 0
        self._clock = clock
        self._disk = disk
        self._lane_names = lane_names
        self._committed = committed
        self._lane_changed = lane_changed
        self._missing = missing
        self._timer: asyncio.TimerHandle | None = None
        self._outcomes: dict[str, str] = {}  # of the last commands, oldest first
        self._waiting: dict[str, list[asyncio.Event]] = {}

    def take(self, given: Input, settled: Settled | None = None) -> None:
        """Let one input have its effect; `settled` is called once all of it is on record."""
        before = self.state
        try:
            self.state, effects = step(before, given, self._clock.now())
        except Exception:  # a fault of ours must not stop the other lanes, nor open this one
            log.exception("the rules failed on a %s; it had no effect", type(given).__name__)
            effects = (self._fault(given),)
        self.carry_out(effects, settled)
        self._tell_changes(before)
        self._set_timer()

    def carry_out(self, effects: Sequence[Effect], settled: Settled | None = None) -> None:
        """Record first, then act; the order of effects is the order on disk."""
        records: list[Record] = []
        after: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Record):
                records.append(effect)
            elif isinstance(effect, WithdrawCommand):
                self._withdraw(effect)
            elif isinstance(effect, SendCommand):
                self._send_after(effect, records)
                records = []
            else:
                after.append(effect)
        if records or settled:
            self._append(records, settled)
        for effect in after:
            if isinstance(effect, ShowAtLane):
                self._show(effect)

    def lanes(self) -> list[dict[str, Any]]:
        """Describe every lane as it stands now."""
        return [self._view(lane) for lane in self.state.lanes.values()]

    def knows_lane(self, lane: str) -> LaneId | None:
        """Return the lane's id if the site has it."""
        return LaneId(lane) if lane in self.state.lanes else None

    def ready(self) -> list[str]:
        """List what is still missing before visits are decided."""
        return self._missing()

    async def operate(self, act: OperatorActed) -> ActOutcome:
        """Carry out an act; for an opening wait, within its life, for the gate's own word."""
        recorded = asyncio.Event()
        self.take(act, recorded.set)
        result = self.state.act(act.key)
        if result is None:
            return ActOutcome("refused", refused="internal-error")
        if result.refused:
            return ActOutcome("refused", refused=result.refused)
        if result.command is None:
            await recorded.wait()
            return ActOutcome("done")
        return ActOutcome(await self._confirmation(result.command), command=result.command)

    async def _confirmation(self, command: str) -> str:
        if command not in self._outcomes:
            confirmed = asyncio.Event()
            self._waiting.setdefault(command, []).append(confirmed)
            lives_ms = max(lane.rules.open_within_ms for lane in self.state.lanes.values())
            with suppress(TimeoutError):
                async with asyncio.timeout((lives_ms + CONFIRMATION_SLACK_MS) / 1000):
                    await confirmed.wait()
        return self._outcomes.get(command, "commanded")

    def _append(self, records: Sequence[Record], settled: Settled | None = None) -> Pending:
        def on_disk(events: Sequence[Event]) -> None:
            self._committed(events)
            for event in events:
                self._confirm(event)
            if settled:
                settled()

        return self._disk.append(records, on_disk)

    def _send_after(self, effect: SendCommand, records: list[Record]) -> None:
        """Send once the records are on disk; past the effect's patience give up, or send anyway."""
        gate = self.drivers.get(effect.device)
        if not isinstance(gate, GateDriver):
            self._append(records)
            return
        # What was read stays on record whatever happens; only the decision can be taken back.
        decided = next(
            (at for at, r in enumerate(records) if r.type == "passage-decided"), len(records)
        )
        if effect.give_up and decided:
            self._append(records[:decided])
            records = records[decided:]
        command = effect.command
        late: asyncio.TimerHandle | None = None
        sent = False

        def send() -> None:
            nonlocal sent
            if not sent and self._clock.now().boot_ms < command.until.boot_ms:
                gate.send(command)
            sent = True
            if late:
                late.cancel()

        def give_up() -> None:
            nonlocal sent
            self.recorded_late += 1
            if effect.give_up:
                sent = True
                unwritten = pending.take_back()
                self.take(RecordLate(effect.lane, command.grant or "", unwritten))
            else:
                send()

        if effect.waits_ms:
            late = asyncio.get_running_loop().call_later(effect.waits_ms / 1000, give_up)
            pending = self._append(records, send)
        else:
            send()
            self._append(records)

    def _withdraw(self, effect: WithdrawCommand) -> None:
        gate = self.drivers.get(effect.device)
        if isinstance(gate, GateDriver):
            gate.withdraw(effect.command)

    def _show(self, effect: ShowAtLane) -> None:
        for device in self.state.lanes[effect.lane].rules.devices:
            driver = self.drivers.get(device)
            if isinstance(driver, ShowingDriver):
                driver.show(effect.show)

    def _fault(self, given: Input) -> Record:
        self.faults += 1
        id_ = f"{self.state.run}-fault-{self.faults}"
        body = {"alarm": "internal-error", "severity": 4}
        lane = getattr(given, "lane", None)
        return Record(id_, "alarm-raised", self._clock.now().wall_ms, body, lane)

    def _confirm(self, event: Event) -> None:
        if event["type"] not in ENDS_OF_COMMANDS:
            return
        outcome = "opened" if event["type"] == "gate-opened" else "unknown"
        self._outcomes[event["command"]] = outcome
        if len(self._outcomes) > MAX_OUTCOMES:
            del self._outcomes[next(iter(self._outcomes))]
        for waiting in self._waiting.pop(event["command"], ()):
            waiting.set()

    def _tell_changes(self, before: SiteState) -> None:
        if self.state.alarms is not before.alarms:
            changed = list(self.state.lanes.values())
        else:
            changed = [
                lane
                for lane_id, lane in self.state.lanes.items()
                if lane is not before.lanes.get(lane_id)
            ]
        for lane in changed:
            self._lane_changed(self._view(lane))

    def _view(self, lane: LaneState) -> dict[str, Any]:
        name = self._lane_names.get(lane.rules.lane)
        return lane_view(view_lane(self.state, lane, name, self._clock.now()))

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        wait_ms = due_ms(self.state) - self._clock.now().boot_ms
        if wait_ms != float("inf"):
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, wait_ms) / 1000, self.take, TimePassed())
