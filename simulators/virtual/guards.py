"""Guards of one world: they open, lock, release, restore and measure again, now and then."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from simulators.mqtt_devices import MqttGate

EVERY_S = 20.0
STANDS_S = (4.0, 40.0)
TRIES = 4


class Desk(Protocol):
    """Where guards act: the page of the running gateway, or nobody while it is down."""

    def act(self, act: str, lane: str | None, key: str, **more: object) -> None:
        """Do something; it may come to nothing."""
        ...

    def modes(self) -> Mapping[str, str]:
        """Say what stands at each lane; empty while the gateway is down."""
        ...

    def alarms(self) -> list[str]:
        """Name the alarms that stand."""
        ...

    def referred(self, lane: str) -> str | None:
        """Name the visit that was referred last."""
        ...


@dataclass(slots=True)
class Guards:
    """All of them, with one set of dice."""

    desk: Desk
    gates: Mapping[str, MqttGate]
    rng: Random
    until_s: float
    _acts: int = field(default=0)

    async def run(self) -> None:
        """Act until the storms are over; then see that every lane is open for business."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            while (left_s := self.until_s - loop.time()) > 0:
                await asyncio.sleep(min(self.rng.expovariate(1 / EVERY_S), left_s))
                if loop.time() < self.until_s:
                    tasks.create_task(self._do_something())
        await self.back_to_normal()

    async def back_to_normal(self) -> None:
        """Restore every lane; a gate that was released by hand unheard is released and restored.

        What stands is acknowledged too: a clock that was set is in doubt until somebody has looked.
        """
        for _ in range(TRIES):
            await asyncio.sleep(4)
            for alarm in self.desk.alarms():
                self._act("acknowledge", None, target=alarm)
            for lane, mode in self.desk.modes().items():
                if mode == "normal" and self.gates[lane].gate.released:
                    self._act("release", lane)
                elif mode != "normal":
                    self._act("restore", lane)

    async def _do_something(self) -> None:
        lane = self.rng.choice(sorted(self.gates))
        what = self.rng.choices(
            ["open", "lock", "release", "fire", "second-measure"], [6, 2, 1, 0.3, 4]
        )[0]
        stands_s = self.rng.uniform(*STANDS_S)
        if what == "fire":
            self.gates[lane].press("fire")
        elif what == "second-measure":
            self._measure(lane)
        else:
            self._act(what, lane)
        if what in {"lock", "release", "fire"}:
            left_s = self.until_s - asyncio.get_running_loop().time()
            await asyncio.sleep(min(stands_s, left_s))
            for other in sorted(self.gates) if what == "fire" else [lane]:
                self._act("restore", other)

    def _measure(self, lane: str) -> None:
        visit = self.desk.referred(lane)
        if visit is not None:
            celsius = round(self.rng.uniform(36.0, 38.5), 1)
            self._act("second-measure", None, target=visit, celsius=celsius, method="ear")

    def _act(self, act: str, lane: str | None, **more: object) -> None:
        self._acts += 1
        by, role = self.rng.choice([("li", "guard"), ("wang", "guard"), ("chen", "admin")])
        self.desk.act(act, lane, f"act-{self._acts}", by=by, role=role, **more)
