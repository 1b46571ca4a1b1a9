"""The crash test itself: a site at work, its parts killed, the counting afterwards."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from devices.errors import MenshenError
from gateway.crashtest.children import (
    CrashTestError,
    GatewayProcess,
    Killable,
    free_port,
    mosquitto,
    victoria_metrics,
)
from gateway.crashtest.evidence import Evidence, ReadingKey, Run
from gateway.crashtest.generated_site import (
    OPEN_WITHIN_MS,
    PASS_WITHIN_MS,
    SITE,
    VISIT_WINDOW_MS,
    Ports,
    add_token,
    lanes_for,
    write_site,
)
from gateway.crashtest.plan import Kill, Part, plan_kills
from gateway.crashtest.record import Record
from gateway.crashtest.store_export import stored_points
from gateway.crashtest.street import Crowd, Street
from gateway.crashtest.verdict import Verdict, judge
from gateway.crashtest.witness import Witness
from gateway.forwarding.store_forwarder import COUNTED
from gateway.parts import STORE

LAST_VISITS_S = (VISIT_WINDOW_MS + PASS_WITHIN_MS + OPEN_WITHIN_MS) / 1000
STILL_S = 5.0  # nothing more comes: what is missing then was lost on the way
FORWARDED_WITHIN_S = 400.0  # sent again after 60 s, counted 60 s later, once more what differs
LOOK_EVERY_S = 0.25
CROWD_LEAVES_S = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the test is to do."""

    kills: int
    rate_per_s: float
    seed: int
    others: tuple[Part, ...] = ()


@dataclass(slots=True)
class Progress:
    """How far it is; whoever shows it may look at any time."""

    phase: str = "starting"
    kills: dict[Part, int] = field(default_factory=lambda: dict.fromkeys(Part, 0))
    recoveries_s: list[float] = field(default_factory=list)
    visits: int = 0
    acknowledged: int = 0
    openings: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it cost."""

    verdict: Verdict
    figures: dict[str, Any]

    @property
    def clean(self) -> bool:
        """Whether every promise held, and was put to the test."""
        return self.verdict.clean and self.verdict.openings > 0 and not self.figures["unclean_end"]


async def crash(
    asked: Asked, folder: Path, street: Street, progress: Progress | None = None
) -> Outcome:
    """Run the whole test in an empty folder; PartMissingError where a server is not here."""
    began_s = time.monotonic()
    progress = progress or Progress()
    try:
        async with _scene(asked, folder, street) as scene:
            kills = plan_kills(asked.kills, asked.others, Random(asked.seed))
            storm = _Storm(scene, progress)
            exit_code = await storm.run(asked, kills)
            progress.phase = "counting"
            await _collect(scene, storm.last_seq)
    except BaseExceptionGroup as group:  # the devices' tasks wrap what happens among them
        raise _plain(group) from group
    verdict = judge(scene.seen)
    return Outcome(verdict, _figures(asked, scene.seen, verdict, progress, exit_code, began_s))


def _plain(group: BaseExceptionGroup[BaseException]) -> BaseException:
    ours: BaseException | None = group.subgroup(MenshenError)
    while isinstance(ours, BaseExceptionGroup):
        ours = ours.exceptions[0]
    return ours or group


async def _collect(scene: "_Scene", last_seq: int) -> None:
    seen = scene.seen
    seen.events, points = scene.record.events(), list(scene.record.points())
    seen.points = frozenset(point for _, point in points)
    seen.due = frozenset(point for seq, point in points if seq <= last_seq)
    seen.stored = await stored_points(scene.store.port, len(seen.due))
    seen.sent, seen.opened = scene.crowd.sent, scene.crowd.opened


@dataclass(frozen=True, slots=True)
class _Scene:
    broker: Killable
    store: Killable
    gateway: GatewayProcess
    record: Record
    seen: Evidence
    crowd: Crowd


@asynccontextmanager
async def _scene(asked: Asked, folder: Path, street: Street) -> AsyncIterator[_Scene]:
    """Have everything but the gateway running while the block runs."""
    broker, store = mosquitto(folder), victoria_metrics(folder)
    data, token, page = folder / "data", secrets.token_urlsafe(24), free_port()
    lanes = lanes_for(asked.rate_per_s)
    seen, record = Evidence(OPEN_WITHIN_MS), Record(data)
    async with AsyncExitStack() as stack:
        for server in (broker, store):
            stack.push_async_callback(server.stop)
            await server.start()
        stack.callback(record.close)
        witness = Witness(broker.port, seen, record.is_commanded)
        port = await stack.enter_async_context(witness.listening())
        site = write_site(folder, street, lanes, Ports(port, store.port, page))
        add_token(data, token)
        gateway = GatewayProcess(site, page, token, folder / "gateway.log")
        stack.push_async_callback(gateway.kill)
        address = f"mqtt://127.0.0.1:{broker.port}"
        crowd = await stack.enter_async_context(street.crowd(address, SITE, lanes))
        yield _Scene(broker, store, gateway, record, seen, crowd)


class _Storm:
    """Kills by plan while people come; then lets everything come to rest."""

    def __init__(self, scene: _Scene, progress: Progress) -> None:
        self._scene = scene
        self._progress = progress
        self.last_seq = 0  # of the record, once nobody came any more
        self._killed_s: float | None = None  # the kill that the gateway has not recovered from

    async def run(self, asked: Asked, kills: Iterable[Kill]) -> int:
        """Go through all of it; return the gateway's exit code at its orderly end."""
        scene = self._scene
        await self._start_gateway()
        await self._recover()
        people = asyncio.ensure_future(scene.crowd.keep_coming(asked.rate_per_s))
        try:
            self._progress.phase = "killing"
            for kill in kills:
                await self._kill(kill)
            await self._recover()
        finally:
            people.cancel()
            await asyncio.wait({people}, timeout=CROWD_LEAVES_S)
        self._progress.phase = "the last visits end"
        await asyncio.sleep(LAST_VISITS_S)
        await self._until_all_is_taken()
        self._progress.phase = "the store catches up"
        self.last_seq = scene.record.last_seq()
        # A store that was killed has all only when what it acknowledged was counted back.
        cursor = STORE + COUNTED if Part.STORE in asked.others else STORE
        await self._until(lambda: scene.record.cursor(cursor) >= self.last_seq, FORWARDED_WITHIN_S)
        return await scene.gateway.stop()

    async def _kill(self, kill: Kill) -> None:
        if not kill.starting:
            await self._recover()
        await asyncio.sleep(kill.after_s)
        if Part.GATEWAY in kill.parts and self._killed_s is None:
            self._killed_s = time.monotonic()
        await asyncio.gather(*(self._part(part).kill() for part in kill.parts))
        for part in kill.parts:
            self._progress.kills[part] += 1
        await asyncio.sleep(kill.down_s)
        for part in (Part.BROKER, Part.STORE):
            if part in kill.parts:
                await self._part(part).start()
        if Part.GATEWAY in kill.parts:
            await self._start_gateway()
        self._count()

    async def _start_gateway(self) -> None:
        self._scene.seen.runs.append(Run(time.time_ns() // 1_000_000))
        await self._scene.gateway.start()

    async def _recover(self) -> None:
        """Wait until the gateway is at work; note how long that took since it was killed."""
        await self._scene.gateway.until_ready()
        if self._killed_s is not None:
            self._progress.recoveries_s.append(time.monotonic() - self._killed_s)
            self._killed_s = None

    def _part(self, part: Part) -> Killable | GatewayProcess:
        scene = self._scene
        if part is Part.GATEWAY:
            return scene.gateway
        return scene.store if part is Part.STORE else scene.broker

    def _count(self) -> None:
        scene, progress = self._scene, self._progress
        progress.visits = len(scene.crowd.sent) // 2  # a scan and a temperature each
        progress.acknowledged = len(scene.seen.acknowledged)
        progress.openings = len(scene.crowd.opened)

    async def _until_all_is_taken(self) -> None:
        """Wait for what the broker holds, as long as any of it still comes."""
        seen, before = self._scene.seen, -1
        while len(seen.acknowledged) > before:
            before = len(seen.acknowledged)
            await self._until(self._all_taken, STILL_S)

    def _all_taken(self) -> bool:
        self._count()
        waiting = {ReadingKey(s.device, s.id) for s in self._scene.crowd.sent if s.acknowledged}
        return waiting <= self._scene.seen.acknowledged

    async def _until(self, holds: Callable[[], bool], within_s: float) -> None:
        """Wait for it, but not for ever: what never comes is counted afterwards."""
        deadline_s = time.monotonic() + within_s
        while not holds() and time.monotonic() < deadline_s:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(LOOK_EVERY_S)


def _figures(
    asked: Asked,
    seen: Evidence,
    verdict: Verdict,
    progress: Progress,
    exit_code: int,
    began_s: float,
) -> dict[str, Any]:
    recoveries = progress.recoveries_s
    if not recoveries and asked.kills:
        msg = "the gateway was never killed: ask for more kills"
        raise CrashTestError(msg)
    return {
        **verdict.figures(),
        "kills": {part.value: count for part, count in progress.kills.items() if count},
        "recovery_s": {
            "median": round(median(recoveries), 2),
            "worst": round(max(recoveries), 2),
        },
        "visits": len(seen.sent) // 2,
        "readings_acknowledged": len(seen.acknowledged),
        "events": len(seen.events),
        "points": len(seen.points),
        "rate_per_s": asked.rate_per_s,
        "seed": asked.seed,
        "unclean_end": exit_code != 0,
        "duration_s": round(time.monotonic() - began_s, 1),
    }
