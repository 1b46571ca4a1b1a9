"""The gateway as the world sees it: killed and started again, with guards at its page."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from devices.ids import LaneId
from edge_rules.inputs import Act, OperatorActed
from gateway.cli.virtual.life import Life, Ports
from simulators.virtual_clock import SkewedClock

DOWN_S = (1.5, 15.0)
POWER_CUT = 0.3  # of the kills: the machine starts anew with its process
BOOT_MS = (5_000.0, 60_000.0)


@dataclass(slots=True)
class VirtualGateway:
    """Satisfies `Gateway` and `Desk` of simulators.virtual."""

    ports: Ports
    client: str
    clock: SkewedClock
    drift: float
    lives: int = 0
    life: Life | None = None
    sent_late: int = 0
    _rng: Random = field(init=False)
    _acts: set["asyncio.Task[Any]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._rng = Random(f"{self.ports.seed}/lives")

    async def run(self) -> None:
        """Live, die, and be started again, for ever."""
        while True:
            self.lives += 1
            self.life = Life(self.ports, self.clock, self.lives)
            await self.life.begin()
            await self.life.dead.wait()
            await self.life.bury()
            await asyncio.sleep(self._rng.uniform(*DOWN_S))
            self._boot()

    def kill(self, why: str) -> None:
        """Die at once."""
        if self.life is not None:
            self.life.kill(why)

    def act(self, act: str, lane: str | None, key: str, **more: object) -> None:
        """Do what a guard does at the page."""
        life = self.life
        if life is None or life.parts is None or not life.alive:
            return
        self.ports.promises.trace.add("guard", f"{act} {key}", lane=lane or "")
        acted = OperatorActed(
            Act(act),
            key=key,
            lane=LaneId(lane) if lane else None,
            reason="test",
            **more,  # type: ignore[arg-type]
        )
        self._start(life.parts.runtime.operate(acted))

    def modes(self) -> Mapping[str, str]:
        """Say what stands at each lane."""
        return {lane["lane"]: lane["mode"] for lane in self._lanes()}

    def alarms(self) -> list[str]:
        """Name the alarms that stand."""
        return sorted({alarm["id"] for view in self._lanes() for alarm in view["alarms"]})

    def referred(self, lane: str) -> str | None:
        """Name the visit that was referred last."""
        for view in self._lanes():
            if view["lane"] == lane and view["referred"]:
                visit: str = view["referred"][-1]["visit"]
                return visit
        return None

    def _lanes(self) -> list[dict[str, Any]]:
        life = self.life
        return life.parts.runtime.lanes() if life and life.parts and life.alive else []

    def _boot(self) -> None:
        wall_error_ms = self.clock.wall_error_ms
        if self._rng.random() < POWER_CUT:
            loop = asyncio.get_running_loop()
            self.clock = SkewedClock(loop, drift=self.drift)
            self.clock.booted_ms = self._rng.uniform(*BOOT_MS) - loop.time() * 1000
            self.clock.wall_error_ms = wall_error_ms

    def _start(self, act: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(act)
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)
