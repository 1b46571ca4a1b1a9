"""Brings policies into force: loads them beside the loop, keeps their text, offers them."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar

from devices.errors import MenshenError, SetupError
from devices.moment import format_stamp
from edge_rules.inputs import Input, PolicyOffered, PolicyRefused
from edge_rules.policies import Placed, Policies, Source
from edge_rules.policy.compiler import CompiledPolicy, compile_policy
from gateway.policies.explanations import Explanations
from gateway.policies.loading import Loaded, load
from gateway.policies.reading_child import ChildError, read_in_child
from gateway.policies.shadow import Shadow
from gateway.policies.shelf import Shelf
from gateway.policies.starting import loaded_again
from gateway.ports import Event, Offered

log = logging.getLogger(__name__)

RECORD_WAITS_S = 1.0
LONG_TEXT = 32 * 1024  # some hundred rules: ten milliseconds, less than a child takes to start

Result = TypeVar("Result")
Take = Callable[[Input, Callable[[], None] | None], None]


class NotKeptError(MenshenError):
    """The data folder takes no policy: without it a restart would not find it again."""


class PolicyKeeper:
    """Satisfies `gateway.ports.PolicyDesk`; one policy at a time, each in a worker's thread."""

    def __init__(
        self,
        policies: Callable[[], Policies],
        take: Take,
        shelf: Shelf,
        worker: Executor,
        shadow: Shadow,
        explanations: Explanations,
    ) -> None:
        self._policies = policies
        self._take = take
        self._shelf = shelf
        self._worker = worker
        self.shadow = shadow
        self._explanations = explanations
        self._one_at_a_time = asyncio.Lock()

    def start(
        self, file: CompiledPolicy, text: str, tried: Event | None, lost: Callable[[str], None]
    ) -> None:
        """Keep what the run begins with, and go on trying what was tried before it."""
        try:
            self._shelf.keep(file.hash, text, _hashes(self._policies()))
        except OSError as error:
            log.warning("%s", _unkept(error))
        if tried is not None and tried["policy"] is not None:
            try:
                compiled = loaded_again(self._shelf, tried["policy"]).compiled
                self.shadow.begin(compiled, tried["by"], told=False)
            except SetupError as error:
                lost(str(error.faults[0]))

    async def offer(self, text: str, source: Source, by: str | None, name: str) -> Offered:
        """Let a policy judge from the next visit on; SetupError with all its faults."""
        async with self._one_at_a_time:
            try:
                loaded = await self.load(text, name)
            except SetupError as error:
                self.refuse(error, source, by)
                raise
            compiled = loaded.compiled
            known = self._policies()
            if compiled.hash == known.own.policy.hash:
                self._take(PolicyOffered(compiled, source, by), None)
                return Offered(compiled.hash, compiled.name, "unchanged")
            await self._keep(loaded, needed=source is not Source.FILE)
            await self._recorded(PolicyOffered(compiled, source, by))
            judges = self._policies().current.policy.hash == compiled.hash
            return Offered(compiled.hash, compiled.name, "in-force" if judges else "waits")

    def refuse(self, error: SetupError, source: Source, by: str | None) -> None:
        """Leave what is in force, and say why on record and on the page."""
        fault = str(error.faults[0]) if error.faults else str(error)
        self._take(PolicyRefused(source, by, fault, len(error.faults)), None)

    async def try_in_shadow(self, text: str, by: str, name: str) -> Offered:
        """Try a policy on every visit without obeying it; SetupError with all its faults."""
        async with self._one_at_a_time:
            loaded = await self.load(text, name)
            await self._keep(loaded, needed=True)
            self.shadow.begin(loaded.compiled, by)
            return Offered(loaded.compiled.hash, loaded.compiled.name, "shadow")

    def end_shadow(self, by: str) -> bool:
        """Try nothing any more; False if nothing was tried."""
        if self.shadow.trial is None:
            return False
        self.shadow.end(by)
        return True

    async def explain(self, policy: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        """Explain what a policy, by its hash, said of facts on record; None where it is gone."""
        return await self._explanations.explain(policy, facts)

    async def load(self, text: str, name: str) -> Loaded:
        """Load a policy where it holds up nobody; SetupError with all its faults."""
        if len(text) > LONG_TEXT:
            try:
                policy = await read_in_child(text, name)
                return Loaded(policy, await self.beside(compile_policy, policy), text)
            except (ChildError, OSError) as error:
                log.warning("%s; it is read here", error)
        return await self.beside(load, text, name)

    async def beside(self, do: Callable[..., Result], *args: object) -> Result:
        """Do what takes long beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, do, *args)

    async def keep_order(self, loaded: Loaded) -> None:
        """Have an order's policy on disk before it is in force."""
        await self._keep(loaded, needed=True)

    def view(self) -> dict[str, Any]:
        """Describe what judges, what judged before, what is tried and what was refused."""
        policies = self._policies()
        orders = policies.orders
        refused = policies.refused
        return {
            **policies.current.told,
            "until": format_stamp(orders[-1].ends_ms) if orders else None,
            "previous": _brief(policies.before) if policies.before else None,
            "waits": _brief(policies.own) if orders else None,
            "orders": [
                {"order": each.id, "ends": format_stamp(each.ends_ms), **_brief(each.placed)}
                for each in orders
            ],
            "shadow": self.shadow.trial.view if self.shadow.trial else None,
            "refused": refused and {
                "source": refused.source.value, "by": refused.by, "fault": refused.fault,
                "faults": refused.faults, "at": format_stamp(refused.at_ms),
            },
        }  # fmt: skip

    async def _keep(self, loaded: Loaded, *, needed: bool) -> None:
        standing = _hashes(self._policies())
        if self.shadow.trial:
            standing.add(self.shadow.trial.policy.hash)
        try:
            await self.beside(self._shelf.keep, loaded.compiled.hash, loaded.text, standing)
        except OSError as error:
            if needed:
                raise NotKeptError(_unkept(error)) from error
            log.warning("%s", _unkept(error))

    async def _recorded(self, given: Input) -> None:
        recorded = asyncio.Event()
        self._take(given, recorded.set)
        with suppress(TimeoutError):
            async with asyncio.timeout(RECORD_WAITS_S):
                await recorded.wait()


def _unkept(error: OSError) -> str:
    why = error.strerror or str(error)
    return f"the data folder takes no policy ({why}): a restart would not find it again"


def _brief(placed: Placed) -> dict[str, Any]:
    return {"policy": placed.policy.hash, "name": placed.policy.name}


def _hashes(policies: Policies) -> set[str]:
    placed = [policies.own, policies.before, *(order.placed for order in policies.orders)]
    return {each.policy.hash for each in placed if each is not None}
