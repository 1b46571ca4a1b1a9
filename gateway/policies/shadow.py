"""A policy on trial beside the one in force: asked about each visit, obeyed by nobody."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devices.moment import format_stamp
from edge_rules.decision import Policy
from edge_rules.facts import clean_facts
from edge_rules.judging import doubted
from edge_rules.policy.written_facts import read_facts
from gateway.ports import Clock, Event

JUDGED = "shadow-judged"
CHANGED = "shadow-changed"
FAILED = "failed"  # what a shadow decides whose rules raise
MOST_WAITING = 10_000  # visits that it still has to see
AT_ONCE = 16  # visits between two turns of the loop: some hundred microseconds
VISITS_KEPT = 20  # that it would have decided otherwise, to look at
TELL_S = 60.0


@dataclass(slots=True)
class Trial:
    """One shadow and what it would have changed."""

    policy: Policy
    by: str | None
    since_ms: int
    judged: int = 0
    skipped: int = 0  # visits that came faster than it could see them
    differences: Counter[tuple[str, str]] = field(default_factory=Counter)
    visits: list[dict[str, Any]] = field(default_factory=list)
    told: int = 0  # judged, when that was last put on record

    def compare(self, event: Event) -> None:
        """Ask about one decision on record; what stood above the policy stands above this one."""
        is_ = str(event["decision"])
        try:
            said = self.policy.decide(clean_facts(read_facts(event["facts"])))
            would = doubted(said, event["doubts"]).outcome.value
        except Exception:  # whatever is wrong with it, nobody at a gate may notice
            would = FAILED
        self.judged += 1
        if would != is_:
            self.differences[is_, would] += 1
            if len(self.visits) < VISITS_KEPT:
                kept = {"visit": event.get("visit"), "event": event["id"]}
                self.visits.append({**kept, "decision": is_, "shadow": would})

    @property
    def view(self) -> dict[str, Any]:
        """Lay it out as JSON."""
        return {
            "policy": self.policy.hash,
            "name": self.policy.name,
            "by": self.by,
            "since": format_stamp(self.since_ms),
            "judged": self.judged,
            "skipped": self.skipped,
            "differences": [
                {"decision": is_, "shadow": would, "count": count}
                for (is_, would), count in sorted(self.differences.items())
            ],
            "visits": list(self.visits),
        }


class Shadow:
    """Hears of every decision once it is on record and its command has left; never in a hurry."""

    def __init__(
        self,
        in_force: Callable[[], Policy],
        note: Callable[[str, Mapping[str, Any]], None],
        clock: Clock,
    ) -> None:
        self.trial: Trial | None = None
        self._in_force = in_force
        self._note = note
        self._clock = clock
        self._waiting: deque[Event] = deque()
        self._woken = asyncio.Event()

    def begin(self, policy: Policy, by: str | None, *, told: bool = True) -> None:
        """Try a policy from here on; `told`: this is news to the record."""
        self.end(by, told=False)
        self.trial = Trial(policy, by, self._clock.now().wall_ms)
        if told:
            self._note(CHANGED, {"policy": policy.hash, "name": policy.name, "by": by})

    def end(self, by: str | None, *, told: bool = True) -> None:
        """Try nothing any more."""
        self.tell()
        self._waiting.clear()
        if self.trial is not None and told:
            self._note(CHANGED, {"policy": None, "name": None, "by": by})
        self.trial = None

    def committed(self, events: Sequence[Event]) -> None:
        """Take a group of the record; called after the group's commands have left."""
        trial = self.trial
        if trial is None:
            return
        for event in events:
            if event["type"] == "passage-decided" and event.get("facts"):
                if len(self._waiting) < MOST_WAITING:
                    self._waiting.append(event)
                else:
                    trial.skipped += 1
        if self._waiting:
            self._woken.set()

    def look(self, most: int) -> bool:
        """Judge some of what waits; True while more waits."""
        for _ in range(min(most, len(self._waiting))):
            event = self._waiting.popleft()
            if self.trial is not None:
                self.trial.compare(event)
        return bool(self._waiting)

    def tell(self) -> None:
        """Put the counts on record, if there are new ones."""
        trial = self.trial
        if trial is None or trial.judged == trial.told:
            return
        trial.told = trial.judged
        self._note(JUDGED, {"in_force": self._in_force().hash, **trial.view})

    async def run(self) -> None:
        """Judge and tell for ever."""
        tell_s = TELL_S
        loop = asyncio.get_running_loop()
        due_s = loop.time() + tell_s
        while True:
            self._woken.clear()
            while self.look(AT_ONCE):  # noqa: ASYNC110 - it works, it does not wait
                await asyncio.sleep(0)
            if loop.time() >= due_s:
                due_s = loop.time() + tell_s
                self.tell()
            try:
                async with asyncio.timeout(max(0.0, due_s - loop.time())):
                    await self._woken.wait()
            except TimeoutError:
                continue
