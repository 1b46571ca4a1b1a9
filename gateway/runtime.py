"""The running site: feeds the reducer one input at a time and carries out what it gives back."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb
from typing import Any, TypeGuard

from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import Temperature
from drivers.driver import Driver, Settled
from edge_rules.effects import (
    AskPlatform,
    DropQuery,
    Effect,
    Record,
    SendCommand,
    ShowAtLane,
    WithdrawCommand,
)
from edge_rules.faulting import step_after_fault
from edge_rules.inputs import (
    CredentialShown,
    Input,
    OperatorActed,
    ReadingArrived,
    TimePassed,
)
from edge_rules.lane import LaneState
from edge_rules.site import SiteState, due_ms, step
from gateway.commanding import Commanding
from gateway.holding_back import HoldingBack
from gateway.lane_views import view_lane
from gateway.names import Names
from gateway.outbox.errors import OutboxError
from gateway.ports import ActOutcome, Clock, Event, Journal, Name, Pending, QueryDesk
from gateway.web.lane_view import lane_view

log = logging.getLogger(__name__)

CONFIRMATION_SLACK_MS = 500  # a gate's word at the very end of a command's life still has to travel
MAX_OUTCOMES = 256
ACT_WAITS_S = 1.0  # for its record; what was done is done
AFTER_FAULT_MS = 1000.0  # a deadline that fails is not tried again at once, for ever
ENDS_OF_COMMANDS = frozenset({"gate-opened", "gate-unknown"})


class SiteRuntime:
    """One loop, one state; everything enters by `take` and nothing in here ever blocks."""

    def __init__(
        self,
        state: SiteState,
        *,
        clock: Clock,
        disk: Journal,
        name: Name,
        lane_names: Mapping[LaneId, Name | None],
        committed: Callable[[Sequence[Event]], None],
        lane_changed: Callable[[Mapping[str, Any]], None],
        missing: Callable[[], list[str]],
    ) -> None:
        self.site = state.rules.site
        self.name = name
        self.state = state
        self.unrecorded = 0  # records that no disk took
        self.held_back = 0  # readings not taken, nor acknowledged, while the disk had no room
        self.faults = 0
        self.desk: QueryDesk | None = None  # where colour codes are asked about, if anywhere
        self.names: Names | None = None  # of those at the lanes, if guards may see them
        self._clock = clock
        self._disk = disk
        self._lane_names = lane_names
        self._committed = committed
        self._lane_changed = lane_changed
        self._missing = missing
        self._timer: asyncio.TimerHandle | None = None
        self._commanding = Commanding(clock, self._append, self.take, self._devices_at)
        self._holding = HoldingBack(clock, disk.room, self.take)
        self._outcomes: dict[str, str] = {}  # of the last commands, oldest first
        self._waiting: dict[str, list[asyncio.Event]] = {}

    @property
    def drivers(self) -> dict[DeviceId, Driver]:
        """The drivers of all devices, as they are built."""
        return self._commanding.drivers

    def troubles(self) -> Mapping[str, int]:
        """Count what went wrong; `recorded_late`: commands that waited in vain, or not at all."""
        return {
            "recorded_late": self._commanding.recorded_late,
            "driver_fault": self._commanding.driver_faults,
            "rule_fault": self.faults,
            "held_back": self.held_back,
            "unrecorded": self.unrecorded,
            "platform_failed": self.desk.failures if self.desk else 0,
        }

    def take(self, given: Input, settled: Settled | None = None) -> None:
        """Let one input have its effect; `settled` is called once all of it is on record."""
        if settled and _can_wait(given) and self._disk.room() <= 0:
            self.held_back += 1
            self._holding.hold(given, settled)
            return
        before, now, pause_ms = self.state, self._clock.now(), 0.0
        effects: Sequence[Effect]
        try:
            self.state, effects = step(before, given, now)
        except Exception as error:  # a fault of ours must not stop the other lanes
            pause_ms = AFTER_FAULT_MS
            self.state, effects = self._after_fault(before, given, now, error)
        self.carry_out(effects, settled)
        self._tell_changes(before)
        self._set_timer(pause_ms)

    def carry_out(self, effects: Sequence[Effect], settled: Settled | None = None) -> None:
        """Record first, then act; the order of effects is the order on disk."""
        records: list[Record] = []
        after: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Record):
                records.append(effect)
            elif isinstance(effect, WithdrawCommand):
                self._commanding.withdraw(effect)
            elif isinstance(effect, SendCommand):
                self._commanding.send_after(effect, records)
                records = []
            else:
                after.append(effect)
        if records or settled:
            self._append(records, settled)
        for effect in after:
            if isinstance(effect, ShowAtLane):
                self._commanding.show(effect.lane, effect.show)
            elif isinstance(effect, AskPlatform | DropQuery) and self.desk:
                self.desk.do(effect)

    @property
    def holding(self) -> bool:
        """Whether readings wait for room on the disk."""
        return self._holding.holding

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
            with suppress(TimeoutError):
                async with asyncio.timeout(ACT_WAITS_S):
                    await recorded.wait()
            return ActOutcome("done", visit=result.visit)
        state = await self._confirmation(result.command)
        return ActOutcome(state, command=result.command, visit=result.visit)

    async def _confirmation(self, command: str) -> str:
        if command not in self._outcomes:
            confirmed = asyncio.Event()
            self._waiting.setdefault(command, []).append(confirmed)
            lives_ms = max(lane.rules.open_within_ms for lane in self.state.lanes.values())
            with suppress(TimeoutError):
                async with asyncio.timeout((lives_ms + CONFIRMATION_SLACK_MS) / 1000):
                    await confirmed.wait()
            self._waiting.pop(command, None)
        return self._outcomes.get(command, "commanded")

    def _append(self, records: Sequence[Record], recorded: Settled | None = None) -> Pending:
        def on_disk(events: Sequence[Event]) -> None:
            self._committed(events)
            for event in events:
                self._confirm(event)
            if recorded:
                recorded()

        try:
            return self._disk.append(records, on_disk)
        except OutboxError as error:  # whoever leaves still leaves; nothing is acknowledged
            self.unrecorded += len(records)
            log.error("%s", error)  # noqa: TRY400 - a full queue has no traceback to show
            return _NEVER
        except (TypeError, ValueError) as error:
            self.faults += 1
            log.exception("%d records can't be written", len(records))
            return self._append([self._fault(error)], recorded)  # else it came back for ever

    def _fault(self, error: Exception) -> Record:
        body = {"alarm": "internal-error", "severity": 4, "lane": None, "device": None}
        body |= {"detail": _place(error)}
        now = self._clock.now()
        return Record(f"{self.state.run}-fault-{self.faults}", "alarm-raised", now.wall_ms, body)

    def _after_fault(
        self, before: SiteState, given: Input, now: Moment, error: Exception
    ) -> tuple[SiteState, Sequence[Effect]]:
        self.faults += 1
        log.error("the rules failed on a %s: %s", type(given).__name__, _place(error))
        try:
            return step_after_fault(before, given, now)
        except Exception as again:
            self.faults += 1
            return before, (self._fault(again),)

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
            if self.names:
                self.names.follow(lane.rules.lane)

    def _devices_at(self, lane: LaneId) -> Iterable[DeviceId]:
        return self.state.lanes[lane].rules.devices

    def _view(self, lane: LaneState) -> dict[str, Any]:
        name = self._lane_names.get(lane.rules.lane)
        return lane_view(view_lane(self.state, lane, name, self._clock.now()))

    def _set_timer(self, least_ms: float = 0.0) -> None:
        if self._timer:
            self._timer.cancel()
        wait_ms = due_ms(self.state) - self._clock.now().boot_ms
        if wait_ms != float("inf"):
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(least_ms, wait_ms) / 1000, self.take, TimePassed())


class _Never:
    """Records that were not taken at all."""

    def take_back(self) -> bool:
        return True


_NEVER = _Never()


def _can_wait(given: Input) -> TypeGuard[ReadingArrived]:
    """Tell readings that only ask to come in: they are held back, so that the others find room."""
    return isinstance(given, ReadingArrived) and isinstance(
        given.reading, CredentialShown | Temperature
    )


def _place(error: Exception) -> str:
    """Say where and of what type: a fault's own words may quote what was read."""
    places = [f"{Path(f.filename).name}:{f.lineno}" for f in extract_tb(error.__traceback__)]
    return f"{type(error).__name__} at {' > '.join(places[-4:])}"
