"""Decisions on record explained by the policies that made them, as long as these are kept."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

from devices.errors import MenshenError, SetupError
from edge_rules.policy.explaining import Explainer
from gateway.policies.loading import load
from gateway.policies.shelf import Shelf
from gateway.policies.starting import loaded_again

READY = 3  # policies that stay ready to explain: the one in force, and one or two before it
MAX_WAITING = 16  # questions; each takes some milliseconds, the first about a policy more
MOST_RULES = 200  # told of one decision


class BusyError(MenshenError):
    """More explanations are asked for than are worth waiting for."""


class Explanations:
    """Explains beside the loop, one question at a time; `own` has texts that may not be kept."""

    def __init__(self, shelf: Shelf, worker: Executor, own: Mapping[str, str]) -> None:
        self._shelf = shelf
        self._worker = worker
        self._own = own
        self._ready: dict[str, Explainer] = {}
        self._waiting = 0

    async def explain(self, hash_: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        """Explain what a policy said of facts on record; None where the policy is gone."""
        if self._waiting >= MAX_WAITING:
            msg = "too many decisions are being explained: ask again in a moment"
            raise BusyError(msg)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._worker, self._explain, hash_, facts)
        finally:
            self._waiting -= 1

    def _explain(self, hash_: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        explainer = self._ready.pop(hash_, None) or self._made(hash_)
        if explainer is None:
            return None
        self._ready[hash_] = explainer  # the newest of all
        while len(self._ready) > READY:
            del self._ready[next(iter(self._ready))]
        return explainer.explain_rules(facts, MOST_RULES)

    def _made(self, hash_: str) -> Explainer | None:
        try:
            loaded = loaded_again(self._shelf, hash_)
        except SetupError:
            if hash_ not in self._own:
                return None
            loaded = load(self._own[hash_], hash_)
        return Explainer(loaded.policy, loaded.compiled)
