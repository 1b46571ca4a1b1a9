"""gateway.policies.explanations: by the policy that decided, as long as it is kept."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import load_policy
from gateway.policies.explanations import MAX_WAITING, MOST_RULES, READY, BusyError, Explanations
from gateway.policies.shelf import Shelf

FACTS = {"temperature": {"celsius": 38.1}, "access": {"occupancy": 7}}


def policy_text(limit: float, rules: int = 1) -> str:
    told = [
        f"  - {{id: r-{n}, when: temperature.celsius >= {limit} + {n}.0, then: refer, reason: hot}}"
        for n in range(rules)
    ]
    return "\n".join(["policy: p", "facts: checkpoint/1", "rules:", *told, "otherwise: refer", ""])


def hash_of(text: str) -> str:
    return compile_policy(load_policy(text, "p")).hash


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as worker:
        yield worker


async def test_the_policy_that_decided_explains_and_not_another(
    tmp_path: Path, worker: ThreadPoolExecutor
) -> None:
    shelf = Shelf(tmp_path)
    texts = [policy_text(limit) for limit in (37.3, 39.0)]
    for text in texts:
        shelf.keep(hash_of(text), text)
    explanations = Explanations(shelf, worker, {})
    for text, holds in zip(texts, (True, False), strict=True):
        told = await explanations.explain(hash_of(text), FACTS)
        assert told is not None
        assert [one["holds"] for one in told["conditions"]] == [holds]


async def test_a_policy_that_is_gone_or_changed_explains_nothing(
    tmp_path: Path, worker: ThreadPoolExecutor
) -> None:
    text = policy_text(37.3)
    shelf = Shelf(tmp_path)
    shelf.keep(hash_of(text), text)
    (tmp_path / "policies" / f"{hash_of(text)}.yaml").write_text(policy_text(39.0))
    explanations = Explanations(shelf, worker, {})
    assert await explanations.explain(hash_of(text), FACTS) is None
    assert await explanations.explain("f" * 32, FACTS) is None


async def test_the_site_s_own_policy_explains_where_nothing_could_be_kept(
    tmp_path: Path, worker: ThreadPoolExecutor
) -> None:
    text = policy_text(37.3)
    explanations = Explanations(Shelf(tmp_path / "nowhere"), worker, {hash_of(text): text})
    assert await explanations.explain(hash_of(text), FACTS) is not None


async def test_few_policies_stay_ready(tmp_path: Path, worker: ThreadPoolExecutor) -> None:
    shelf = Shelf(tmp_path)
    explanations = Explanations(shelf, worker, {})
    texts = [policy_text(36.0 + number) for number in range(READY + 2)]
    for text in texts:
        shelf.keep(hash_of(text), text)
        assert await explanations.explain(hash_of(text), FACTS) is not None
    assert list(explanations._ready) == [hash_of(text) for text in texts[-READY:]]


async def test_of_very_many_rules_those_that_fired_are_told(
    tmp_path: Path, worker: ThreadPoolExecutor
) -> None:
    rules = [
        f"  - {{id: r-{n}, when: access.occupancy > {n} - {MOST_RULES}, then: refer, reason: full}}"
        for n in range(3 * MOST_RULES)
    ]
    rules.reverse()
    text = "\n".join(["policy: p", "facts: checkpoint/1", "rules:", *rules, ""])
    shelf = Shelf(tmp_path)
    shelf.keep(hash_of(text), text)
    told = await Explanations(shelf, worker, {}).explain(
        hash_of(text), {"access": {"occupancy": 0}}
    )
    assert told is not None
    assert (len(told["asked"]), told["left_out"]) == (MOST_RULES, 2 * MOST_RULES)
    assert all(one["fires"] for one in told["asked"])


async def test_questions_do_not_pile_up(tmp_path: Path, worker: ThreadPoolExecutor) -> None:
    released = threading.Event()
    worker.submit(released.wait, 20)
    text = policy_text(37.3)
    explanations = Explanations(Shelf(tmp_path), worker, {hash_of(text): text})
    asked: list[asyncio.Task[Any]] = [
        asyncio.create_task(explanations.explain(hash_of(text), FACTS)) for _ in range(MAX_WAITING)
    ]
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="ask again"):
        await explanations.explain(hash_of(text), FACTS)
    released.set()
    assert all(await asyncio.gather(*asked))
    assert await explanations.explain(hash_of(text), FACTS) is not None
