"""`menshen bench reload`: people's waits while the policy changes, and while it stays."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import track

from edge_rules.facts import clean_facts
from edge_rules.judging import doubted
from edge_rules.policy.written_facts import read_facts
from gateway.bench.figures import quantile, time_line
from gateway.bench.reload_site import BenchSite, bench_site
from gateway.policies.loading import Loaded
from gateway.ports import Event

VISITS_PER_S = 200
MEMORY = Path("/dev/shm")  # noqa: S108 - a disk without fsync: that is not what is measured here
SETTLE_S = 2.0  # until a record and a reload that are under way are done
WARM_S = 1.0
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """So many blocks of either kind, in turn; in those with reloads one every `every_s`."""

    rules: int = 12
    blocks: int = 10
    seconds: float = 20.0
    every_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the record says afterwards; `lost`, `strange` and `wrong` should be zero."""

    decided: int
    reloads: int
    unasked: int  # decided without any policy, as after a wait that was too long
    lost: int
    strange: int  # decided by neither policy
    wrong: int  # not what its policy says of its facts


def reload_lines(plan: Plan, *, folder: Path | None = None) -> Iterator[str]:
    """Measure, look through the record, and give one JSON line."""
    here = folder or (MEMORY if MEMORY.is_dir() else None)
    with TemporaryDirectory(prefix="menshen-bench-", dir=here) as name:
        yield asyncio.run(_measured(Path(name), plan))


async def _measured(folder: Path, plan: Plan) -> str:
    waits: dict[bool, list[float]] = {True: [], False: []}
    async with bench_site(folder, plan.rules) as site:
        random = Random(1)
        await site.until_gates_live()
        await _block(site, random, replace(plan, seconds=WARM_S), reloads=True)
        blocks = track(range(2 * plan.blocks), "blocks", console=Console(stderr=True))
        for at in blocks:
            reloads = at % 2 == 1
            waits[reloads].append(await _block(site, random, plan, reloads=reloads))
        await asyncio.sleep(SETTLE_S)
        found = await _look_through(site)
    with_ms, without_ms = median(waits[True]), median(waits[False])
    more: dict[str, Any] = {
        "rules": plan.rules, "quantile": 0.99, "differs_ms": round(with_ms - without_ms, 3),
        "visits": found.decided, "reloads": found.reloads, "unasked": found.unasked,
        "lost": found.lost, "strange": found.strange, "wrong": found.wrong,
    }  # fmt: skip
    return time_line("reload", with_ms * 1000, without_ms * 1000, **more)


async def _block(site: BenchSite, random: Random, plan: Plan, *, reloads: bool) -> float:
    """Let people come for a while; return the wait in ms that one in a hundred exceeds."""
    site.waits.ended_ms = []
    writer = asyncio.create_task(_edit(site, plan)) if reloads else None
    began_s = time.perf_counter()  # a loop's own time goes in milliseconds
    for number in range(round(plan.seconds * VISITS_PER_S)):
        # Each at its own time, whether the one before was served or not: a stall is felt by all.
        due_s = began_s + number / VISITS_PER_S
        if (ahead_s := due_s - time.perf_counter()) > 0:
            await asyncio.sleep(ahead_s)
        site.visit(random, max(due_s, began_s))
    if writer is not None:
        await writer
    return quantile(site.waits.ended_ms or [0.0], 0.99)


async def _edit(site: BenchSite, plan: Plan) -> None:
    """Write the other version into the policy's file, as an editor would."""
    texts = {version: loaded.text for version, loaded in site.versions.items()}
    for _ in range(max(1, int(plan.seconds / plan.every_s))):
        now = site.runtime.state.policies.own.policy.hash
        other = next(v for v, loaded in site.versions.items() if loaded.compiled.hash != now)
        site.path.write_text(texts[other], "utf-8")
        await asyncio.sleep(min(plan.every_s, plan.seconds))


async def _look_through(site: BenchSite) -> Found:
    """Judge every decision on record again by the policy that it names."""
    policies = {loaded.compiled.hash: loaded for loaded in site.versions.values()}
    decided = reloads = unasked = strange = wrong = 0
    after: int | None = 0
    while after is not None:
        events = await site.outbox.read(after, PAGE)
        after = events[-1]["seq"] if events else None
        reloads += sum(event["type"] == "policy-changed" for event in events)
        for event in events:
            if event["type"] == "passage-decided":
                decided += 1
                judged_by = policies.get(event["policy"])
                if judged_by is None:
                    strange += 1
                elif "facts" not in event:
                    unasked += 1
                elif not _holds(event, judged_by):
                    wrong += 1
    return Found(decided, reloads, unasked, site.shown - decided, strange, wrong)


def _holds(event: Event, policy: Loaded) -> bool:
    facts = clean_facts(read_facts(event["facts"]))
    decision = doubted(policy.compiled.decide(facts), event["doubts"])
    return (event["decision"], event["reasons"]) == (decision.outcome, list(decision.reasons))
